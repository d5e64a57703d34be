/* SPDX-License-Identifier: Apache-2.0 */
/* tokens_fuzz.c -- any bytes as the file of tokens, and its lines as what clients say who they are:
 * nobody is let in by them, as the file only has hashes.
 */
#include "collector/guard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect(int truth)
{
	if (!truth)
		abort();
}

static struct guard *load(const uint8_t *bytes, size_t size, char error[GUARD_ERROR_SIZE])
{
	static int fd = -1;
	char path[64];
	if (fd < 0)
		fd = memfd_create("tokens", MFD_CLOEXEC);
	expect(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return guard_load(path, error);
}

static void knock(const struct guard *guard, const char *line)
{
	const enum guard_scope scopes[] = {GUARD_NONE, GUARD_INGEST, GUARD_QUERY};
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		expect(guard_check(guard, line, "", scopes[i]) == GUARD_UNKNOWN);
		expect(guard_check(guard, "", line, scopes[i]) == GUARD_UNKNOWN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char error[GUARD_ERROR_SIZE] = "";
	struct guard *guard = load(bytes, size, error);
	expect(!guard == !!*error && !strchr(error, '\n'));
	char *text = strndup((const char *)bytes, size), *rest = NULL;
	expect(text != NULL);
	guard_scopes(text);
	for (char *line = guard ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		knock(guard, line);
	free(text);
	guard_destroy(guard);
	return 0;
}
