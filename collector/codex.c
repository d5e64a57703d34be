/* SPDX-License-Identifier: Apache-2.0 */
/* codex.c -- the dictionary that the compact records of one service on one day refer to. */
#include "collector/codex.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAME_BYTES = 16,
	FILE_MAX = 256 << 20,
};

/* A service may be called anything, and a file may not. */
void codex_name(char name[CODEX_NAME_SIZE], const char *service)
{
	struct sha256_ctx sha;
	uint8_t digest[SHA256_DIGEST_SIZE];
	size_t len = 0;
	sha256_init(&sha);
	sha256_update(&sha, strlen(service), (const uint8_t *)service);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
	for (size_t i = 0; i < NAME_BYTES; i++)
		len += (size_t)snprintf(name + len, CODEX_NAME_SIZE - len, "%02x", digest[i]);
	snprintf(name + len, CODEX_NAME_SIZE - len, ".dict");
}

static int read_all(int fd, struct bytes *bytes)
{
	struct stat status;
	if (fstat(fd, &status))
		return -errno;
	if (status.st_size > FILE_MAX)
		return -EFBIG;
	if (!bytes_reserve(bytes, (size_t)status.st_size + 1))
		return -ENOMEM;
	while (bytes->size < (size_t)status.st_size) {
		ssize_t got = pread(fd, bytes->at + bytes->size,
				    (size_t)status.st_size - bytes->size, (off_t)bytes->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		bytes->size += (size_t)got;
	}
	return 0;
}

static int load(struct codex *codex, bool may_write)
{
	char error[DICTIONARY_ERROR_SIZE];
	struct bytes bytes = {0};
	size_t used = 0;
	int status = read_all(codex->fd, &bytes);
	if (!status)
		status = dictionary_load(codex->dictionary, &codex->mark, &bytes, &used, error);
	bytes_free(&bytes);
	codex->size = used;
	/* The end of a piece that was being written when the writer died. */
	if (status == -ENODATA)
		status = may_write && ftruncate(codex->fd, (off_t)used) ? -errno : 0;
	return status;
}

static int open_file(struct codex *codex, int directory, bool may_write)
{
	char name[CODEX_NAME_SIZE];
	codex_name(name, codex->service);
	codex->fd =
		openat(directory, name, (may_write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
	if (codex->fd < 0 && errno == ENOENT && may_write) {
		codex->fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (codex->fd >= 0 && fsync(directory))
			return -errno;
	}
	return codex->fd < 0 ? -errno : 0;
}

static void free_codex(struct codex *codex)
{
	if (codex->fd >= 0)
		close(codex->fd);
	dictionary_destroy(codex->dictionary);
	free(codex->service);
	free(codex);
}

struct codex_wanted {
	const char *service;
	uint64_t seed;
	bool may_write;
};

static int open_codex(struct codex **out, int directory, const struct codex_wanted *wanted)
{
	struct codex *codex = calloc(1, sizeof *codex);
	if (!codex)
		return -ENOMEM;
	codex->fd = -1;
	codex->references = 1;
	codex->service = strdup(wanted->service);
	codex->dictionary = dictionary_create(CODEX_MEMORY_MAX, wanted->seed);
	int error = codex->service && codex->dictionary ? 0 : -ENOMEM;
	if (!error)
		error = open_file(codex, directory, wanted->may_write);
	if (!error)
		error = load(codex, wanted->may_write);
	if (error)
		free_codex(codex);
	else
		*out = codex;
	return error;
}

int codex_open(struct codex **out, int directory, const char *service, uint64_t seed)
{
	return open_codex(out, directory, &(struct codex_wanted){service, seed, true});
}

int codex_read(struct codex **out, int directory, const char *service, uint64_t seed)
{
	return open_codex(out, directory, &(struct codex_wanted){service, seed, false});
}

void codex_release(struct codex *codex)
{
	if (codex && --codex->references == 0)
		free_codex(codex);
}

static int write_all(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t done = pwrite(fd, bytes, size, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		offset += (uint64_t)done;
		size -= (size_t)done;
	}
	return fdatasync(fd) ? -errno : 0;
}

int codex_save(struct codex *codex)
{
	struct dictionary_mark mark = codex->mark;
	struct bytes bytes = {0};
	int error = dictionary_take(codex->dictionary, &mark, &bytes);
	if (!error && bytes.size)
		error = write_all(codex->fd, bytes.at, bytes.size, codex->size);
	if (!error) {
		codex->mark = mark;
		codex->size += bytes.size;
	} else if (ftruncate(codex->fd, (off_t)codex->size)) {
		error = -errno; /* the next piece is written over what could not be cut off */
	}
	bytes_free(&bytes);
	return error;
}
