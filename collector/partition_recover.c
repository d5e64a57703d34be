/* SPDX-License-Identifier: Apache-2.0 */
/* partition_recover.c -- index and segments agree again after whatever ended the last writer.
 *
 * Three things can differ. A segment is longer than the index knows: whole records are taken in,
 * since their dockets say all, and the torn rest is cut off. It is shorter, or gone: what the index
 * says of the missing part is forgotten and counted. The index does not know it at all: the same as
 * the first. Rollups are no loss: those that it does not know are made again.
 */
#include "collector/partition.h"

#include "collector/docket.h"
#include "collector/journal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recovery {
	struct partition *partition;
	struct partition_segment *row; /* of the segment that is looked at */
	uint64_t added;
};

static int load_segments(struct partition *partition)
{
	sqlite3_stmt *rows =
		sql_prepare(partition->writer, "SELECT number, size, profiles, first_ns,"
					       " last_ns, kind, rule FROM segment");
	int got;
	if (!rows)
		return sql_error(partition->writer);
	while ((got = sql_step(rows)) > 0) {
		int64_t number = sqlite3_column_int64(rows, 0);
		struct partition_segment *row =
			number > 0 && number < UINT32_MAX
				? partition_segment(partition, (uint32_t)number)
				: NULL;
		if (!row) {
			got = -ENOMEM;
			break;
		}
		row->size = (uint64_t)sqlite3_column_int64(rows, 1);
		row->profiles = (uint64_t)sqlite3_column_int64(rows, 2);
		row->first_ns = sqlite3_column_int64(rows, 3);
		row->last_ns = sqlite3_column_int64(rows, 4);
		row->kind = sqlite3_column_int(rows, 5);
		if (row->kind < 0 || row->kind > PARTITION_SUM)
			row->kind = PARTITION_UPLOADED;
		snprintf(row->rule, sizeof row->rule, "%s", sql_text(rows, 6));
	}
	sqlite3_finalize(rows);
	return got;
}

/* Every segment file has a row, if only one that says nothing yet. */
static int find_files(struct partition *partition)
{
	DIR *entries = opendir(partition->path);
	const struct dirent *entry;
	int error = 0;
	if (!entries)
		return -errno;
	while (!error && (entry = readdir(entries))) {
		unsigned number;
		char name[SEGMENT_NAME_SIZE];
		if (sscanf(entry->d_name, "%6u.seg", &number) != 1 || number == 0)
			continue;
		segment_name(name, number);
		if (!strcmp(name, entry->d_name) && !partition_segment(partition, number))
			error = -ENOMEM;
	}
	closedir(entries);
	return error;
}

/* What the index says of this segment from a position on. */
static int forget_from(struct recovery *recovery, uint64_t from)
{
	struct partition *partition = recovery->partition;
	uint64_t gone;
	int error = partition_forget(partition, recovery->row, from, &gone);
	if (error)
		return error;
	partition->damaged += gone;
	recovery->row->profiles -= gone < recovery->row->profiles ? gone : recovery->row->profiles;
	journal(JOURNAL_ERROR, "%s/%06u.seg has lost its end: %" PRIu64 " profiles are gone",
		partition->path, (unsigned)recovery->row->number, gone);
	return 0;
}

/* 1 when it is new; 0 when it was repeated, unacknowledged, and is indexed elsewhere; -errno. */
static int add_row(struct recovery *recovery, const struct docket *docket,
		   const struct partition_place *place)
{
	int error = partition_index(recovery->partition, &docket->profile, place);
	return error == -EEXIST ? 0 : error ? error : 1;
}

static int add_upload(struct recovery *recovery, const struct docket *docket, uint64_t offset)
{
	bool is_opaque = *docket->profile.sample_types == '\0';
	const struct partition_place place = {.segment = recovery->row->number,
					      .begin = (int64_t)offset,
					      .compact = is_opaque ? -1 : 0,
					      .row = docket->row};
	recovery->row->kind = is_opaque ? PARTITION_OPAQUE : PARTITION_UPLOADED;
	return add_row(recovery, docket, &place);
}

static int add_compact(struct recovery *recovery, const struct docket *docket, uint64_t offset)
{
	struct partition *partition = recovery->partition;
	const struct partition_place place = {.compact = recovery->row->number,
					      .compact_begin = (int64_t)offset,
					      .row = docket->row};
	int64_t row = partition_find_key(partition, docket->profile.key);
	recovery->row->kind = PARTITION_COMPACT;
	if (row == 0)
		return add_row(recovery, docket, &place);
	if (row > 0)
		row = partition_set_compact(partition, row, place.compact, place.compact_begin);
	return row < 0 ? (int)row : 1;
}

static int add_record(void *context, uint64_t offset, const struct segment_record *record)
{
	struct recovery *recovery = context;
	struct docket docket;
	if (docket_unpack(&docket, record->docket, record->docket_size) ||
	    (docket.form == DOCKET_UPLOADED && docket.profile.size != record->body_size))
		return -EBADMSG;
	if (docket.form == DOCKET_SUM) {
		recovery->row->kind = PARTITION_SUM;
		return 0;
	}
	int added = docket.form == DOCKET_COMPACT ? add_compact(recovery, &docket, offset)
						  : add_upload(recovery, &docket, offset);
	if (added <= 0)
		return added;
	int64_t arrived_ns = docket.profile.arrived_ns;
	if (recovery->row->profiles++ == 0) {
		recovery->row->first_ns = arrived_ns;
		snprintf(recovery->row->rule, sizeof recovery->row->rule, "%s", docket.rule);
	}
	if (arrived_ns > recovery->row->last_ns)
		recovery->row->last_ns = arrived_ns;
	recovery->added++;
	return 0;
}

/* The end of the last whole record that begins before the end of a file that is too short. */
static int shorten(struct recovery *recovery, struct segment *segment, uint64_t *from)
{
	static const char upload[] = "SELECT begin FROM profile WHERE segment = ?1"
				     " AND begin < ?2 ORDER BY begin DESC LIMIT 1";
	static const char *const finds[] = {
		[PARTITION_UPLOADED] = upload,
		[PARTITION_OPAQUE] = upload,
		[PARTITION_COMPACT] = "SELECT compact_begin FROM profile WHERE compact = ?1"
				      " AND compact_begin < ?2 ORDER BY compact_begin DESC LIMIT 1",
		[PARTITION_SUM] = "SELECT begin FROM rollup WHERE segment = ?1"
				  " AND begin < ?2 ORDER BY begin DESC LIMIT 1",
	};
	sqlite3_stmt *last = sql_prepare(recovery->partition->writer, finds[recovery->row->kind]);
	const int64_t numbers[] = {segment->number, (int64_t)segment->size};
	struct segment_record record;
	uint8_t *bytes;
	if (!last)
		return sql_error(recovery->partition->writer);
	sql_bind_numbers(last, 1, numbers, 2);
	int got = sql_step(last);
	*from = got > 0 ? (uint64_t)sqlite3_column_int64(last, 0) : segment_begin();
	sqlite3_finalize(last);
	if (got < 0)
		return got;
	/* That one may be the torn one. Its own size is in the record, not in the index. */
	if (got > 0 && !segment_read(segment->fd, *from, &record, &bytes)) {
		*from += segment_record_size(&record);
		free(bytes);
	}
	return forget_from(recovery, *from);
}

/* From a place on. What is damaged in the middle of what the index does not know costs only itself;
 * what is behind the last whole record is torn, and goes. */
static int take_in(struct recovery *recovery, struct segment *segment, uint64_t from)
{
	uint64_t end = from;
	int error = segment_scan(segment->fd, from, add_record, recovery, &end);
	while (error == -EBADMSG && (from = segment_find(segment->fd, end + 1))) {
		recovery->partition->damaged++;
		journal(JOURNAL_ERROR, "%s/%06u.seg: %" PRIu64 " bytes are damaged",
			recovery->partition->path, (unsigned)recovery->row->number, from - end);
		error = segment_scan(segment->fd, from, add_record, recovery, &end);
	}
	if (error == -EBADMSG)
		error = segment_cut(segment, end);
	recovery->row->size = end;
	return error;
}

static int reconcile(struct recovery *recovery, struct segment *segment)
{
	uint64_t from = recovery->row->size ? recovery->row->size : segment_begin();
	int error = 0;
	if (recovery->row->size == segment->size)
		return 0;
	if (segment->size < from)
		error = shorten(recovery, segment, &from);
	if (!error)
		error = take_in(recovery, segment, from);
	return error ? error : partition_set_segment(recovery->partition, recovery->row);
}

static int forget_segment(struct recovery *recovery)
{
	int error = recovery->row->profiles ? forget_from(recovery, 0) : 0;
	char text[80];
	snprintf(text, sizeof text, "DELETE FROM segment WHERE number = %u",
		 (unsigned)recovery->row->number);
	if (!error)
		error = sql_run(recovery->partition->writer, text);
	recovery->row->number = 0;
	return error;
}

/* Its first bytes are not those of a segment: no record is found in it again, but people may. */
static int put_aside(struct recovery *recovery)
{
	char name[SEGMENT_NAME_SIZE];
	char aside[SEGMENT_NAME_SIZE + 16];
	int directory = recovery->partition->directory;
	segment_name(name, recovery->row->number);
	snprintf(aside, sizeof aside, "%s.damaged", name);
	if (renameat(directory, name, directory, aside))
		return -errno;
	journal(JOURNAL_ERROR, "%s/%s is no segment any more; it is %s now",
		recovery->partition->path, name, aside);
	return forget_segment(recovery);
}

static int remove_empty(struct recovery *recovery)
{
	char name[SEGMENT_NAME_SIZE];
	segment_name(name, recovery->row->number);
	unlinkat(recovery->partition->directory, name, 0);
	return forget_segment(recovery);
}

static int recover_segment(struct recovery *recovery)
{
	struct segment segment;
	int error = segment_open(&segment, recovery->partition->directory, recovery->row->number);
	if (error == -ENOENT)
		return forget_segment(recovery);
	if (error == -EBADMSG)
		return put_aside(recovery);
	if (error)
		return error;
	error = reconcile(recovery, &segment);
	segment_close(&segment);
	return error || recovery->row->profiles ? error : remove_empty(recovery);
}

int partition_recover(struct partition *partition)
{
	struct recovery recovery = {.partition = partition};
	int error = load_segments(partition);
	if (!error)
		error = find_files(partition);
	if (!error)
		error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < partition->segment_count && !error; i++) {
		recovery.row = &partition->segments[i];
		if (recovery.row->number)
			error = recover_segment(&recovery);
	}
	if (!error)
		error = sql_run(partition->writer, "COMMIT");
	else if (!sqlite3_get_autocommit(partition->writer))
		sql_run(partition->writer, "ROLLBACK");
	if (recovery.added)
		journal(JOURNAL_INFO, "%s: %" PRIu64 " profiles taken into the index",
			partition->path, recovery.added);
	return error;
}
