/* SPDX-License-Identifier: Apache-2.0 */
/* options_fuzz.c -- any bytes as conprofd's config file, and its lines as words of the command
 * line: what comes of them is within the limits, or one line says what is wrong.
 */
#include "collector/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	WORDS_MAX = 16,
};

static void expect(int truth)
{
	if (!truth)
		abort();
}

static void read_words(int count, char **words)
{
	struct options options;
	char error[OPTIONS_ERROR_SIZE] = "";
	int status = options_read(&options, count, words, error);
	expect(!status == !*error && !strchr(error, '\n'));
	if (status)
		return;
	expect(options.threads >= 1 && options.threads <= 256);
	expect(options.connections >= 1 && options.connections <= 100000);
	expect(options.socket_mode <= 0777 && options.log_level >= 1 && options.log_level <= 4);
	expect(options.body_max >= 1024 && options.inflated_max >= 1024);
	expect(options.retention.rule_count <= RETENTION_RULES_MAX);
	expect(!*options.tls_key == !*options.tls_certificate);
	retention_rule(&options.retention, "shop", "cpu");
}

static void read_file(const uint8_t *bytes, size_t size)
{
	static int fd = -1;
	char path[64], program[] = "conprofd", word[] = "--config";
	char *words[] = {program, word, path, NULL};
	if (fd < 0)
		fd = memfd_create("options", MFD_CLOEXEC);
	expect(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	read_words(3, words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char program[] = "conprofd", *words[WORDS_MAX + 1] = {program}, *rest = NULL;
	int count = 1;
	read_file(bytes, size);
	char *text = strndup((const char *)bytes, size);
	expect(text != NULL);
	for (char *line = strtok_r(text, "\n", &rest); line && count < WORDS_MAX;
	     line = strtok_r(NULL, "\n", &rest))
		/* Not another file of this machine, or one that never ends. */
		if (strncmp(line, "--config", 8) != 0)
			words[count++] = line;
	read_words(count, words);
	free(text);
	return 0;
}
