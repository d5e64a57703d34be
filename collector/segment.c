/* SPDX-License-Identifier: Apache-2.0 */
/* segment.c -- a file that only grows, of records: a docket and a body, with a CRC over both.
 *
 * The file begins with a magic of 8 bytes. A record: magic, CRC-32 of all that follows, size of
 * the docket, size of the body, 4 bytes each and little-endian, docket, body.
 */
#include "collector/segment.h"

#include "collector/docket.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const uint8_t file_magic[8] = "CPSEGM1\n";
static const uint8_t record_magic[4] = {0xc0, 0x9f, 'R', '1'};

enum {
	HEAD_SIZE = 16,
	CRC_FROM = 8, /* what the CRC covers begins here in the head */
};

static void put_number(uint8_t *to, uint32_t number)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static uint32_t get_number(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

uint64_t segment_begin(void)
{
	return sizeof file_magic;
}

void segment_name(char name[SEGMENT_NAME_SIZE], uint32_t number)
{
	snprintf(name, SEGMENT_NAME_SIZE, "%06u.seg", (unsigned)number);
}

uint64_t segment_record_size(const struct segment_record *record)
{
	return HEAD_SIZE + (uint64_t)record->docket_size + record->body_size;
}

static int write_all(int fd, struct iovec *pieces, int count, uint64_t offset)
{
	while (count > 0) {
		ssize_t done = pwritev(fd, pieces, count, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		offset += (uint64_t)done;
		while (count > 0 && (size_t)done >= pieces->iov_len) {
			done -= (ssize_t)pieces->iov_len;
			pieces++;
			count--;
		}
		if (count > 0) {
			pieces->iov_base = (uint8_t *)pieces->iov_base + done;
			pieces->iov_len -= (size_t)done;
		}
	}
	return 0;
}

/* size bytes; -EBADMSG when there are fewer. */
static int read_all(int fd, uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t got = pread(fd, bytes, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		bytes += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

int segment_create(struct segment *segment, int directory, uint32_t number)
{
	char name[SEGMENT_NAME_SIZE];
	struct iovec magic = {(void *)file_magic, sizeof file_magic};
	segment_name(name, number);
	int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int error = write_all(fd, &magic, 1, 0);
	if (!error && (fsync(fd) || fsync(directory)))
		error = -errno;
	if (error) {
		close(fd);
		unlinkat(directory, name, 0);
		return error;
	}
	*segment = (struct segment){fd, number, sizeof file_magic};
	return 0;
}

int segment_open(struct segment *segment, int directory, uint32_t number)
{
	char name[SEGMENT_NAME_SIZE];
	uint8_t magic[sizeof file_magic];
	struct stat status;
	segment_name(name, number);
	int fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = fstat(fd, &status) ? -errno : read_all(fd, magic, sizeof magic, 0);
	if (!error && memcmp(magic, file_magic, sizeof magic) != 0)
		error = -EBADMSG;
	if (error) {
		close(fd);
		return error;
	}
	*segment = (struct segment){fd, number, (uint64_t)status.st_size};
	return 0;
}

static uint32_t crc_of(const uint8_t head[HEAD_SIZE], const struct segment_record *record)
{
	uint32_t crc = libdeflate_crc32(0, head + CRC_FROM, HEAD_SIZE - CRC_FROM);
	crc = libdeflate_crc32(crc, record->docket, record->docket_size);
	return libdeflate_crc32(crc, record->body, record->body_size);
}

int segment_append(struct segment *segment, const struct segment_record *record, uint64_t *offset)
{
	uint8_t head[HEAD_SIZE];
	if (record->docket_size > DOCKET_MAX || record->body_size > SEGMENT_BODY_MAX)
		return -EFBIG;
	memcpy(head, record_magic, sizeof record_magic);
	put_number(head + 8, record->docket_size);
	put_number(head + 12, record->body_size);
	put_number(head + 4, crc_of(head, record));
	struct iovec pieces[] = {{head, sizeof head},
				 {(void *)record->docket, record->docket_size},
				 {(void *)record->body, record->body_size}};
	int error = write_all(segment->fd, pieces, 3, segment->size);
	if (error)
		return error;
	*offset = segment->size;
	segment->size += segment_record_size(record);
	return 0;
}

int segment_sync(struct segment *segment)
{
	return fdatasync(segment->fd) ? -errno : 0;
}

int segment_cut(struct segment *segment, uint64_t size)
{
	if (ftruncate(segment->fd, (off_t)size))
		return -errno;
	segment->size = size;
	return segment_sync(segment);
}

void segment_close(struct segment *segment)
{
	if (segment->fd >= 0)
		close(segment->fd);
	segment->fd = -1;
}

/* The sizes in a head, before anything is allocated for them. */
static int read_head(int fd, uint64_t offset, uint8_t head[HEAD_SIZE],
		     struct segment_record *record)
{
	struct stat status;
	int error = read_all(fd, head, HEAD_SIZE, offset);
	if (error)
		return error;
	record->docket_size = get_number(head + 8);
	record->body_size = get_number(head + 12);
	if (memcmp(head, record_magic, sizeof record_magic) != 0 ||
	    record->docket_size > DOCKET_MAX || record->body_size > SEGMENT_BODY_MAX)
		return -EBADMSG;
	if (fstat(fd, &status))
		return -errno;
	uint64_t size = (uint64_t)record->docket_size + record->body_size;
	return offset + HEAD_SIZE + size <= (uint64_t)status.st_size ? 0 : -EBADMSG;
}

int segment_read(int fd, uint64_t offset, struct segment_record *record, uint8_t **bytes)
{
	uint8_t head[HEAD_SIZE];
	int error = read_head(fd, offset, head, record);
	if (error)
		return error;
	size_t size = (size_t)record->docket_size + record->body_size;
	*bytes = malloc(size + 1);
	if (!*bytes)
		return -ENOMEM;
	error = read_all(fd, *bytes, size, offset + HEAD_SIZE);
	record->docket = *bytes;
	record->body = *bytes + record->docket_size;
	if (!error && get_number(head + 4) != crc_of(head, record))
		error = -EBADMSG;
	if (error)
		free(*bytes);
	return error;
}

int segment_scan(int fd, uint64_t from,
		 int (*visit)(void *, uint64_t offset, const struct segment_record *),
		 void *context, uint64_t *end)
{
	struct stat status;
	*end = from;
	if (fstat(fd, &status))
		return -errno;
	while (*end < (uint64_t)status.st_size) {
		struct segment_record record;
		uint8_t *bytes;
		int error = segment_read(fd, *end, &record, &bytes);
		if (error)
			return error;
		error = visit(context, *end, &record);
		free(bytes);
		if (error)
			return error;
		*end += segment_record_size(&record);
	}
	return 0;
}

/* The next place of the magic in a piece of the file, or its end. */
static uint64_t find_magic(int fd, uint64_t from, uint64_t size)
{
	uint8_t piece[64 << 10];
	while (from + HEAD_SIZE <= size) {
		size_t len = size - from < sizeof piece ? (size_t)(size - from) : sizeof piece;
		if (read_all(fd, piece, len, from))
			return size;
		const uint8_t *at = memmem(piece, len, record_magic, sizeof record_magic);
		if (at)
			return from + (uint64_t)(at - piece);
		from += len - sizeof record_magic + 1; /* it may stand across two pieces */
	}
	return size;
}

uint64_t segment_find(int fd, uint64_t from)
{
	struct stat status;
	if (fstat(fd, &status))
		return 0;
	uint64_t size = (uint64_t)status.st_size;
	while ((from = find_magic(fd, from, size)) < size) {
		struct segment_record record;
		uint8_t *bytes;
		if (!segment_read(fd, from, &record, &bytes)) {
			free(bytes);
			return from;
		}
		from++;
	}
	return 0;
}
