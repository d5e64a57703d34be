/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c -- a directory that keeps parcels which no target took, across restarts.
 *
 * A file: "CPSPOOL1", u64 number of targets, their ids, little-endian, then the packed parcel. Its
 * name begins with the parcel's end in hex, so that the first name is the oldest parcel.
 */
#include "core/spool.h"

#include "transport/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char magic[8] = "CPSPOOL1";
static const char suffix[] = ".parcel";
static const char hidden_suffix[] = ".tmp";

enum {
	NAME_SIZE = 64,
	HEAD_SIZE = sizeof magic + 8,
	SCAN_MAX = 1 << 14, /* entries that one look at the directory reads */
	REMOVE_MAX = 64,    /* files that make room for one */
	TAKE_MAX = 64,	    /* files that are tried for one taken */
	STALE_S = 600,	    /* a hidden file this old has lost its writer */
	FILE_SIZE_MAX = PARCEL_PACKED_MAX + HEAD_SIZE + SPOOL_TARGETS_MAX * 8,
};

struct spool {
	int directory;
	uint64_t max_bytes;
	int taken_fd;	       /* its lock says that the file is ours; -1: none */
	char taken[NAME_SIZE]; /* the last one that was looked at: takes go on behind it */
};

struct census { /* what one look at the directory saw */
	uint64_t bytes;
	char oldest[NAME_SIZE]; /* the first name after the one that was asked for, or "" */
};

static int open_directory(const char *path)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags);
	if (fd < 0 && errno == ENOENT && (!mkdir(path, 0700) || errno == EEXIST))
		fd = open(path, flags);
	struct stat status;
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) || status.st_uid != geteuid() || status.st_mode & 077) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

struct spool *spool_open(const char *directory, uint64_t max_bytes)
{
	int fd = open_directory(directory);
	if (fd < 0)
		return NULL;
	struct spool *spool = calloc(1, sizeof *spool);
	if (!spool) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	spool->directory = fd;
	spool->max_bytes = max_bytes;
	spool->taken_fd = -1;
	return spool;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	spool_release(spool);
	close(spool->directory);
	free(spool);
}

static bool ends_with(const char *name, const char *end)
{
	size_t name_len = strlen(name);
	size_t end_len = strlen(end);
	return name_len >= end_len && !strcmp(name + name_len - end_len, end);
}

static void count_entry(const struct spool *spool, const char *name, const char *after,
			struct census *census)
{
	struct stat status;
	bool is_ours = ends_with(name, suffix);
	bool is_hidden = *name == '.' && ends_with(name, hidden_suffix);
	if (strlen(name) >= NAME_SIZE || (!is_ours && !is_hidden) ||
	    fstatat(spool->directory, name, &status, AT_SYMLINK_NOFOLLOW))
		return;
	if (is_hidden && status.st_mtime + STALE_S < time(NULL) &&
	    !unlinkat(spool->directory, name, 0))
		return;
	census->bytes += (uint64_t)status.st_size;
	if (is_ours && strcmp(name, after) > 0 &&
	    (!*census->oldest || strcmp(name, census->oldest) < 0))
		strcpy(census->oldest, name); /* its length was checked */
}

/* Others write here too, so that what there is must be looked at each time. */
static int look(const struct spool *spool, const char *after, struct census *census)
{
	memset(census, 0, sizeof *census);
	int fd = openat(spool->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return -error;
	}
	const struct dirent *entry;
	for (int seen = 0; seen < SCAN_MAX && (entry = readdir(entries)); seen++)
		count_entry(spool, entry->d_name, after, census);
	closedir(entries);
	return 0;
}

static int make_room(const struct spool *spool, uint64_t size, uint64_t *removed)
{
	struct census census;
	if (size > spool->max_bytes)
		return -EFBIG;
	for (int tries = 0; tries < REMOVE_MAX; tries++) {
		int error = look(spool, "", &census);
		if (error || census.bytes + size <= spool->max_bytes)
			return error;
		if (!*census.oldest || unlinkat(spool->directory, census.oldest, 0))
			return -ENOSPC;
		++*removed;
	}
	return -ENOSPC;
}

static void put_number(uint8_t *to, uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static uint64_t get_number(const uint8_t *from)
{
	uint64_t number = 0;
	for (size_t i = 8; i-- > 0;)
		number = number << 8 | from[i];
	return number;
}

static size_t make_head(uint8_t head[HEAD_SIZE + SPOOL_TARGETS_MAX * 8],
			const struct spool_item *item)
{
	memcpy(head, magic, sizeof magic);
	put_number(head + sizeof magic, item->target_count);
	for (size_t i = 0; i < item->target_count; i++)
		put_number(head + HEAD_SIZE + 8 * i, item->targets[i]);
	return HEAD_SIZE + 8 * item->target_count;
}

static int write_hidden(const struct spool *spool, const char *hidden,
			const struct spool_item *item, const uint8_t *packed, size_t size)
{
	uint8_t head[HEAD_SIZE + SPOOL_TARGETS_MAX * 8];
	size_t head_size = make_head(head, item);
	int fd = openat(spool->directory, hidden,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int error = file_write_all(fd, head, head_size);
	if (!error)
		error = file_write_all(fd, packed, size);
	if (close(fd) && !error && errno != EINTR)
		error = -errno;
	return error;
}

int spool_put(struct spool *spool, const struct spool_item *item, uint64_t random,
	      uint64_t *removed)
{
	char hidden[NAME_SIZE];
	char name[NAME_SIZE];
	size_t size;
	if (item->target_count > SPOOL_TARGETS_MAX)
		return -EINVAL;
	uint8_t *packed = parcel_pack(item->parcel, &size);
	if (!packed)
		return -errno;
	/* random makes the name unlike any other's, so that rename replaces nothing. */
	snprintf(name, sizeof name, "%016" PRIx64 "-%016" PRIx64 "%s", item->parcel->end_ns, random,
		 suffix);
	snprintf(hidden, sizeof hidden, ".%016" PRIx64 "%s", random, hidden_suffix);
	int error = make_room(spool, size + HEAD_SIZE + 8 * item->target_count, removed);
	if (!error) {
		error = write_hidden(spool, hidden, item, packed, size);
		if (!error && renameat(spool->directory, hidden, spool->directory, name))
			error = -errno;
		if (error && error != -EEXIST)
			unlinkat(spool->directory, hidden, 0);
	}
	free(packed);
	return error;
}

/* The bytes of a whole regular file, from malloc; NULL and errno, EBADMSG when it cannot be one of
 * ours. */
static uint8_t *read_file(int fd, size_t *size)
{
	struct stat status;
	if (fstat(fd, &status))
		return NULL;
	/* No link left: another process has delivered it while we waited for nothing. */
	if (!S_ISREG(status.st_mode) || !status.st_nlink || status.st_size > FILE_SIZE_MAX) {
		errno = status.st_nlink ? EBADMSG : ENOENT;
		return NULL;
	}
	uint8_t *bytes = malloc((size_t)status.st_size + 1);
	if (!bytes)
		return NULL;
	*size = 0;
	ssize_t got = 1;
	while (*size < (size_t)status.st_size && got > 0) {
		got = pread(fd, bytes + *size, (size_t)status.st_size - *size, (off_t)*size);
		*size += got > 0 ? (size_t)got : 0;
	}
	if (got < 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static int parse(struct spool_item *item, const uint8_t *bytes, size_t size)
{
	uint64_t count = size >= HEAD_SIZE ? get_number(bytes + sizeof magic) : UINT64_MAX;
	if (count > SPOOL_TARGETS_MAX || memcmp(bytes, magic, sizeof magic) != 0 ||
	    size < HEAD_SIZE + 8 * count)
		return -EBADMSG;
	item->target_count = (size_t)count;
	for (size_t i = 0; i < item->target_count; i++)
		item->targets[i] = get_number(bytes + HEAD_SIZE + 8 * i);
	item->parcel = parcel_unpack(bytes + HEAD_SIZE + 8 * count, size - HEAD_SIZE - 8 * count);
	return item->parcel ? 0 : -errno;
}

/* O_NONBLOCK, because a FIFO of this name must not hold us. */
static int take_file(struct spool *spool, const char *name, struct spool_item *item)
{
	int fd = openat(spool->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
	size_t size = 0;
	uint8_t *bytes = NULL;
	int error = 0;
	if (flock(fd, LOCK_EX | LOCK_NB) || !(bytes = read_file(fd, &size)))
		error = -errno;
	if (!error)
		error = parse(item, bytes, size);
	free(bytes);
	if (error) {
		close(fd);
		return error;
	}
	spool->taken_fd = fd;
	return 0;
}

int spool_take(struct spool *spool, struct spool_item *item, uint64_t *removed)
{
	struct census census;
	if (spool->taken_fd >= 0)
		return -EBUSY;
	memset(item, 0, sizeof *item);
	for (int tries = 0; tries < TAKE_MAX; tries++) {
		int error = look(spool, spool->taken, &census);
		if (!error && !*census.oldest)
			error = -ENOENT;
		memcpy(spool->taken, census.oldest, sizeof spool->taken);
		if (error)
			return error;
		error = take_file(spool, census.oldest, item);
		if (!error || error == -ENOMEM)
			return error;
		if (error == -EBADMSG && !unlinkat(spool->directory, census.oldest, 0))
			++*removed;
	}
	return -ENOENT;
}

void spool_remove(struct spool *spool)
{
	if (spool->taken_fd >= 0)
		unlinkat(spool->directory, spool->taken, 0);
	spool_release(spool);
}

void spool_release(struct spool *spool)
{
	if (spool->taken_fd >= 0)
		close(spool->taken_fd);
	spool->taken_fd = -1;
}
