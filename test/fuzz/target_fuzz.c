/* SPDX-License-Identifier: Apache-2.0 */
/* target_fuzz.c -- any text as CONPROF_URL: what comes out is safe to put into a request. */
#include "transport/target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	if (len == size)
		abort();
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			abort();
}

static void check_target(const struct target *target)
{
	check_text(target->name, sizeof target->name);
	check_text(target->url, sizeof target->url);
	check_text(target->path, sizeof target->path);
	check_text(target->user, sizeof target->user);
	check_text(target->password, sizeof target->password);
	if (strchr(target->url, ' ') || strchr(target->user, ':') ||
	    !*target->user != !*target->password)
		abort();
	if (target->kind == TARGET_AGENT && strlen(target->path) > TARGET_SOCKET_PATH_MAX)
		abort();
	if (target->kind == TARGET_AGENT && strncmp(target->url, "http", 4) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	char *text = malloc(size + 1);
	memcpy(text, bytes, size);
	size_t count = target_parse_list(targets, text, size, &error);
	if (count > TARGET_COUNT_MAX || (!count && !error))
		abort();
	for (size_t i = 0; i < count; i++)
		check_target(&targets[i]);
	free(text);
	return 0;
}
