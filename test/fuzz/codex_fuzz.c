/* SPDX-License-Identifier: Apache-2.0 */
/* codex_fuzz.c -- any bytes as the file of a service's dictionary: it is refused and left as it is,
 * or loaded, its torn end cut off, and then it loads again as it was.
 */
#include "collector/codex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char root[64], name[CODEX_NAME_SIZE];
static int directory = -1;

static void expect(int truth)
{
	if (!truth)
		abort();
}

static void remove_root(void)
{
	unlinkat(directory, name, 0);
	rmdir(root);
}

static void choose_root(void)
{
	snprintf(root, sizeof root, "%s/conprof-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	expect(mkdtemp(root) != NULL);
	directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	codex_name(name, "shop");
	atexit(remove_root);
}

static size_t file_size(void)
{
	struct stat status;
	expect(!fstatat(directory, name, &status, 0));
	return (size_t)status.st_size;
}

static uint32_t count_all(const struct codex *codex)
{
	uint32_t count = 0;
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++)
		count += dictionary_count(codex->dictionary, kind);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct codex *codex;
	if (directory < 0)
		choose_root();
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	expect(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	int error = codex_open(&codex, directory, "shop", 1);
	if (error) {
		expect(error < 0 && file_size() == size);
		return 0;
	}
	uint32_t count = count_all(codex);
	size_t whole = file_size();
	expect(whole <= size && !codex_save(codex) && file_size() == whole);
	codex_release(codex);
	expect(!codex_open(&codex, directory, "shop", 2) && count_all(codex) == count);
	codex_release(codex);
	return 0;
}
