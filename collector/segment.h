/* SPDX-License-Identifier: Apache-2.0 */
/* segment.h -- a file that only grows, of records: a docket and a body, with a CRC over both.
 *
 * Who writes keeps the order: append, sync, and only then tell anyone of the record. What lies
 * behind the last record that anyone was told of may be torn, and is cut off.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	SEGMENT_SIZE = 64 << 20,      /* no record begins behind it */
	SEGMENT_BODY_MAX = 256 << 20, /* of one record */
	SEGMENT_NAME_SIZE = 16,
};

struct segment {
	int fd;
	uint32_t number;
	uint64_t size;
};

struct segment_record {
	const uint8_t *docket, *body;
	uint32_t docket_size, body_size;
};

/* [any]    The name of the file: "000001.seg". */
void segment_name(char name[SEGMENT_NAME_SIZE], uint32_t number);
/* [any]    Makes the file, which must not be there, and its name durable. 0, -errno. */
int segment_create(struct segment *, int directory, uint32_t number);
/* [any]    Opens it to be written. 0, -errno; -EBADMSG when it is no segment. */
int segment_open(struct segment *, int directory, uint32_t number);
/* [any]    Appends a record, not yet durable; *offset is where it begins. 0, -errno: then the
 *          file may have grown, and segment_cut takes that back. */
int segment_append(struct segment *, const struct segment_record *, uint64_t *offset);
/* [any]    What was appended becomes durable. 0, -errno. */
int segment_sync(struct segment *);
/* [any]    Everything from size on goes. 0, -errno. */
int segment_cut(struct segment *, uint64_t size);
/* [any]    Closes it; fd -1 is fine. */
void segment_close(struct segment *);
/* [any]    Reads the record at offset. *bytes, from malloc, the caller's, is what the record
 *          points into. 0, -EBADMSG when it is damaged or there is none, -errno. */
int segment_read(int fd, uint64_t offset, struct segment_record *, uint8_t **bytes);
/* [any]    Shows the whole records from an offset on, until one is not whole or visit does not
 *          return 0. *end is where the last one that visit took ended. 0, visit's answer,
 *          -EBADMSG when there is more behind *end, -errno. */
int segment_scan(int fd, uint64_t from,
		 int (*visit)(void *, uint64_t offset, const struct segment_record *),
		 void *context, uint64_t *end);
/* [any]    The first place from an offset on at which there is a whole record, behind one that is
 *          damaged; 0 when there is none. */
uint64_t segment_find(int fd, uint64_t from);
/* [any]    Where the first record of every segment begins. */
uint64_t segment_begin(void);
/* [any]    The bytes that a record takes in its segment. */
uint64_t segment_record_size(const struct segment_record *);
