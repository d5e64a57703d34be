/* SPDX-License-Identifier: Apache-2.0 */
/* file.c -- a parcel as files of a directory. */
#include "transport/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SERVICE_SIZE = 101, /* of the service in a file name */
	NAME_SIZE = 192,
	SCAN_MAX = 1 << 17,	/* entries of a directory that are looked at */
	COLLISIONS_MAX = 1024,	/* numbers tried, when others take them before us */
	NUMBER_MAX = 999999999, /* where a file's number starts again */
	RENAME_ONLY_NEW = 1,	/* the kernel's RENAME_NOREPLACE; musl 1.2.3 has no header for it */
};

struct place { /* one parcel on its way into a directory */
	int directory;
	const struct parcel *parcel;
	char service[SERVICE_SIZE];
	char hidden[NAME_SIZE];
};

/* A file name of letters that every tool takes: no slash, no control character, no leading dot. */
static void clean_service(char to[SERVICE_SIZE], const char *service)
{
	size_t used = 0;
	for (; *service && used + 1 < SERVICE_SIZE; service++) {
		unsigned char c = (unsigned char)*service;
		bool is_bad = c <= ' ' || c == 0x7f || c == '/' || (c == '.' && !used);
		to[used++] = (char)(is_bad ? '_' : c);
	}
	/* Cut inside a UTF-8 sequence: its first bytes go as well. */
	if (((unsigned char)*service & 0xc0) == 0x80)
		while (used && ((unsigned char)to[--used] & 0xc0) == 0x80)
			;
	to[used] = 0;
	if (!used)
		memcpy(to, "_", 2);
}

static int open_directory(const char *path)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags);
	if (fd < 0 && errno == ENOENT && (!mkdir(path, 0700) || errno == EEXIST))
		fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

/* The number in a name of ours, -1 when it is none: PREFIX TYPE-NUMBER.pb.gz. */
static long number_in(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *dash = strrchr(name, '-');
	if (strncmp(name, prefix, len) != 0 || !dash || dash < name + len)
		return -1;
	size_t digits = strspn(dash + 1, "0123456789");
	if (!digits || digits > 9 || strcmp(dash + 1 + digits, ".pb.gz") != 0)
		return -1;
	return strtol(dash + 1, NULL, 10);
}

/* One past the greatest number that a former process of this name and pid has used: in a container
 * every process is number 1. */
static uint32_t find_next(const struct place *place)
{
	char prefix[NAME_SIZE];
	long greatest = -1;
	int fd = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	snprintf(prefix, sizeof prefix, "%s-%" PRIu32 "-", place->service, place->parcel->pid);
	const struct dirent *entry;
	for (int seen = 0; seen < SCAN_MAX && (entry = readdir(entries)); seen++) {
		long number = number_in(entry->d_name, prefix);
		greatest = number > greatest ? number : greatest;
	}
	closedir(entries);
	return greatest < NUMBER_MAX ? (uint32_t)(greatest + 1) : 0;
}

int file_write_all(int fd, const void *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		bytes = (const char *)bytes + written;
		size -= (size_t)written;
	}
	return 0;
}

static int write_hidden(const struct place *place, const struct parcel_profile *profile)
{
	int fd = openat(place->directory, place->hidden,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int error = file_write_all(fd, profile->bytes, profile->size);
	/* Some file systems tell of a full disk only here. */
	if (close(fd) && !error && errno != EINTR)
		error = -errno;
	if (error)
		unlinkat(place->directory, place->hidden, 0);
	return error;
}

/* Gives the hidden file its name, unless anything at all has it. */
static int publish(const struct place *place, const char *name)
{
	int directory = place->directory;
	if (!syscall(SYS_renameat2, directory, place->hidden, directory, name, RENAME_ONLY_NEW))
		return 0;
	/* Old kernels, and file systems such as NFS. */
	if (errno != ENOSYS && errno != EINVAL)
		return -errno;
	if (linkat(directory, place->hidden, directory, name, 0))
		return -errno;
	unlinkat(directory, place->hidden, 0);
	return 0;
}

static void name_profile(char name[NAME_SIZE], const struct place *place, size_t index,
			 uint32_t number)
{
	snprintf(name, NAME_SIZE, "%s-%" PRIu32 "-%s-%06" PRIu32 ".pb.gz", place->service,
		 place->parcel->pid, place->parcel->profiles[index].type, number);
}

static int put_profile(const struct place *place, size_t index, uint32_t number)
{
	char name[NAME_SIZE];
	int error = write_hidden(place, &place->parcel->profiles[index]);
	if (error)
		return error == -EEXIST ? -EAGAIN : error;
	name_profile(name, place, index, number);
	error = publish(place, name);
	if (error)
		unlinkat(place->directory, place->hidden, 0);
	return error;
}

/* All profiles under one number, or none: what was written before a failure goes again. */
static int put_all(const struct place *place, uint32_t number)
{
	char name[NAME_SIZE];
	int error = 0;
	size_t done = 0;
	while (done < place->parcel->profile_count && !(error = put_profile(place, done, number)))
		done++;
	while (error && done-- > 0) {
		name_profile(name, place, done, number);
		unlinkat(place->directory, name, 0);
	}
	return error;
}

int file_put(struct file_writer *writer, const char *directory, const struct parcel *parcel,
	     uint64_t random)
{
	struct place place = {.directory = open_directory(directory), .parcel = parcel};
	if (place.directory < 0)
		return place.directory;
	clean_service(place.service, parcel->service);
	snprintf(place.hidden, sizeof place.hidden, ".%s-%" PRIu32 "-%016" PRIx64 ".tmp",
		 place.service, parcel->pid, random);
	if (!writer->pid || writer->pid != parcel->pid)
		writer->next = find_next(&place);
	writer->pid = parcel->pid;
	int error = -EEXIST;
	for (int tries = 0; error == -EEXIST && tries < COLLISIONS_MAX; tries++) {
		error = put_all(&place, writer->next);
		if (!error || error == -EEXIST)
			writer->next = writer->next < NUMBER_MAX ? writer->next + 1 : 0;
	}
	close(place.directory);
	return error;
}
