/* SPDX-License-Identifier: Apache-2.0 */
/* partition_put.c -- profiles go to the disk, all of a group or none.
 *
 * Order: append the records, sync their segments, commit the index. When anything fails the index
 * rolls back, and what was appended is cut off.
 */
#include "collector/partition.h"

#include "collector/docket.h"
#include "collector/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What has changed in one segment since the last commit. */
struct change {
	struct segment *segment;
	struct partition_segment row; /* as it will be */
	uint64_t committed;	      /* its size before */
	bool is_new;
};

struct group {
	struct partition *partition;
	const struct partition_puts *puts; /* NULL for compact records */
	uint64_t segment_size;
	struct change changes[PARTITION_WRITING_MAX];
	size_t change_count;
	uint64_t added, compacted; /* profiles */
	int64_t last_row;	   /* before */
};

static void make_id(char id[STORE_ID_SIZE], const struct partition *partition, int64_t row)
{
	snprintf(id, STORE_ID_SIZE, "%s-%08" PRIx64, partition->name, (uint64_t)row);
}

int64_t partition_find_key(struct partition *partition, const uint8_t key[STORE_KEY_SIZE])
{
	sqlite3_stmt *statement = partition->statements[PARTITION_FIND_KEY];
	sqlite3_bind_blob(statement, 1, key, STORE_KEY_SIZE, SQLITE_STATIC);
	int found = sql_step(statement);
	int64_t row = found > 0 ? sqlite3_column_int64(statement, 0) : found;
	sqlite3_reset(statement);
	return row;
}

static int64_t find_series(struct partition *partition, const struct store_profile *profile)
{
	const char *const texts[] = {profile->service, profile->type, profile->labels,
				     profile->sample_types};
	sqlite3_stmt *find = partition->statements[PARTITION_FIND_SERIES];
	sqlite3_stmt *add = partition->statements[PARTITION_ADD_SERIES];
	for (int i = 0; i < 4; i++) {
		sql_bind_text(find, i + 1, texts[i]);
		sql_bind_text(add, i + 1, texts[i]);
	}
	int found = sql_step(find);
	int64_t series = found > 0 ? sqlite3_column_int64(find, 0) : found;
	sqlite3_reset(find);
	if (series)
		return series;
	int error = sql_step(add);
	return error ? error : sqlite3_last_insert_rowid(partition->writer);
}

int partition_index(struct partition *partition, const struct store_profile *profile,
		    const struct partition_place *place)
{
	int64_t series = find_series(partition, profile);
	if (series < 0)
		return (int)series;
	sqlite3_stmt *add = partition->statements[PARTITION_ADD_PROFILE];
	const int64_t numbers[] = {place->row,		series,
				   profile->time_ns,	profile->duration_ns,
				   profile->arrived_ns, (int64_t)profile->size,
				   place->segment,	place->begin,
				   place->compact,	place->compact_begin};
	const int count = sizeof(numbers) / sizeof(numbers[0]);
	sql_bind_numbers(add, 1, numbers, (size_t)count);
	sqlite3_bind_blob(add, count + 1, profile->key, STORE_KEY_SIZE, SQLITE_STATIC);
	sqlite3_bind_blob(add, count + 2, profile->totals,
			  (int)(profile->total_count * sizeof profile->totals[0]), SQLITE_STATIC);
	int error = sql_step(add);
	if (!error && place->row > partition->last_row)
		partition->last_row = place->row;
	return error;
}

int partition_set_compact(struct partition *partition, int64_t row, int64_t segment, int64_t begin)
{
	sqlite3_stmt *set = partition->statements[PARTITION_SET_COMPACT];
	const int64_t numbers[] = {row, segment, begin};
	sql_bind_numbers(set, 1, numbers, sizeof(numbers) / sizeof(numbers[0]));
	return sql_step(set);
}

int partition_set_segment(struct partition *partition, const struct partition_segment *row)
{
	sqlite3_stmt *statement = partition->statements[PARTITION_SET_SEGMENT];
	const int64_t numbers[] = {row->number,	  (int64_t)row->size, (int64_t)row->profiles,
				   row->first_ns, row->last_ns,	      row->kind};
	sql_bind_numbers(statement, 1, numbers, sizeof(numbers) / sizeof(numbers[0]));
	sql_bind_text(statement, 7, row->rule);
	return sql_step(statement);
}

static bool is_of(const struct partition_segment *row, const char *rule, enum partition_kind kind)
{
	return row->kind == (int)kind && !strcmp(row->rule, rule);
}

/* The segment that is being written under this rule, or a free place for one. */
static struct segment *find_writing(struct partition *partition, const char *rule,
				    enum partition_kind kind)
{
	struct segment *free_place = NULL;
	for (size_t i = 0; i < PARTITION_WRITING_MAX; i++) {
		struct segment *segment = &partition->writing[i];
		if (segment->fd < 0)
			free_place = free_place ? free_place : segment;
		else if (is_of(&partition->segments[segment->number - 1], rule, kind))
			return segment;
	}
	return free_place;
}

static struct change *change_of(struct group *group, const char *rule, enum partition_kind kind)
{
	for (size_t i = 0; i < group->change_count; i++)
		if (is_of(&group->changes[i].row, rule, kind))
			return &group->changes[i];
	return NULL;
}

/* A segment to append to under this rule; it is part of the group from here on. */
static struct change *begin_change(struct group *group, const char *rule, enum partition_kind kind,
				   int *error)
{
	struct partition *partition = group->partition;
	struct segment *segment = find_writing(partition, rule, kind);
	if (segment && segment->fd >= 0 && segment->size >= group->segment_size)
		segment_close(segment);
	*error = 0;
	if (!segment)
		*error = -EMFILE; /* the rules were changed often in one day */
	bool is_new = segment && segment->fd < 0;
	if (is_new)
		*error = segment_create(segment, partition->directory,
					(uint32_t)partition->segment_count + 1);
	if (*error)
		return NULL;
	pthread_mutex_lock(&partition->lock);
	struct partition_segment *row = partition_segment(partition, segment->number);
	if (row && is_new) {
		snprintf(row->rule, sizeof row->rule, "%s", rule);
		row->kind = (int)kind;
	}
	pthread_mutex_unlock(&partition->lock);
	struct change *change = &group->changes[group->change_count++];
	*change = (struct change){.segment = segment, .committed = segment->size, .is_new = is_new};
	if (row)
		change->row = *row;
	else
		*error = -ENOMEM;
	return *error ? NULL : change;
}

static struct change *find_change(struct group *group, const char *rule, enum partition_kind kind,
				  int *error)
{
	struct change *change = change_of(group, rule, kind);
	*error = 0;
	return change ? change : begin_change(group, rule, kind, error);
}

static int append(struct change *change, const struct store_put *put, struct partition_place *place)
{
	const struct docket docket = {put->profile, place->row, change->row.rule, DOCKET_UPLOADED};
	uint64_t offset;
	size_t size;
	uint8_t *bytes = docket_pack(&docket, &size);
	if (!bytes)
		return -ENOMEM;
	const struct segment_record record = {bytes, put->body, (uint32_t)size,
					      (uint32_t)put->profile.size};
	int error = segment_append(change->segment, &record, &offset);
	free(bytes);
	place->segment = change->segment->number;
	place->begin = (int64_t)offset;
	return error;
}

static void note(struct change *change, int64_t arrived_ns)
{
	if (change->row.profiles++ == 0 || arrived_ns < change->row.first_ns)
		change->row.first_ns = arrived_ns;
	if (arrived_ns > change->row.last_ns)
		change->row.last_ns = arrived_ns;
	change->row.size = change->segment->size;
}

/* Whether it is there already; 1, 0 or -errno. */
static int is_known(struct group *group, struct store_put *put)
{
	struct partition *const places[] = {group->partition, group->puts->older};
	for (size_t i = 0; i < 2; i++) {
		int64_t row = places[i] ? partition_find_key(places[i], put->profile.key) : 0;
		if (row < 0)
			return (int)row;
		if (row == 0)
			continue;
		make_id(put->profile.id, places[i], row);
		put->is_known = true;
		return 1;
	}
	return 0;
}

static int put_one(struct group *group, struct store_put *put)
{
	put->is_known = false;
	int error = is_known(group, put);
	if (error)
		return error < 0 ? error : 0;
	const struct store_profile *profile = &put->profile;
	bool is_opaque = *profile->sample_types == '\0';
	const char *rule = retention_rule(group->puts->retention, profile->service, profile->type);
	struct change *change =
		find_change(group, rule, is_opaque ? PARTITION_OPAQUE : PARTITION_UPLOADED, &error);
	if (!change)
		return error;
	struct partition_place place = {.compact = is_opaque ? -1 : 0,
					.row = group->partition->last_row + 1};
	error = append(change, put, &place);
	if (!error)
		error = partition_index(group->partition, profile, &place);
	if (error)
		return error;
	make_id(put->profile.id, group->partition, place.row);
	note(change, profile->arrived_ns);
	group->added++;
	return 0;
}

static int finish(struct group *group)
{
	int error = 0;
	for (size_t i = 0; i < group->change_count && !error; i++) {
		error = segment_sync(group->changes[i].segment);
		if (!error)
			error = partition_set_segment(group->partition, &group->changes[i].row);
	}
	return error ? error : sql_run(group->partition->writer, "COMMIT");
}

static void take_back(struct group *group)
{
	struct partition *partition = group->partition;
	char name[SEGMENT_NAME_SIZE];
	if (!sqlite3_get_autocommit(partition->writer))
		sql_run(partition->writer, "ROLLBACK");
	for (size_t i = 0; i < group->change_count; i++) {
		struct change *change = &group->changes[i];
		uint32_t number = change->segment->number;
		if (!change->is_new && !segment_cut(change->segment, change->committed))
			continue;
		/* Nothing may be appended behind what could not be cut off. */
		segment_close(change->segment);
		if (!change->is_new)
			continue;
		segment_name(name, number);
		unlinkat(partition->directory, name, 0);
		pthread_mutex_lock(&partition->lock);
		partition->segments[number - 1].number = 0;
		pthread_mutex_unlock(&partition->lock);
	}
}

/* Only now do readers learn of the records. */
static void show(struct group *group)
{
	struct partition *partition = group->partition;
	pthread_mutex_lock(&partition->lock);
	for (size_t i = 0; i < group->change_count; i++) {
		const struct partition_segment *row = &group->changes[i].row;
		partition->segments[row->number - 1] = *row;
	}
	pthread_mutex_unlock(&partition->lock);
}

/* Commits, or takes all back. */
static int end_group(struct group *group, int error)
{
	if (!error)
		error = finish(group);
	if (error) {
		take_back(group);
		group->partition->last_row = group->last_row;
		return error;
	}
	show(group);
	group->partition->profiles += group->added;
	group->partition->compact_profiles += group->compacted;
	return 0;
}

int partition_put(struct partition *partition, const struct partition_puts *puts)
{
	struct group group = {.partition = partition,
			      .puts = puts,
			      .segment_size = puts->segment_size,
			      .last_row = partition->last_row};
	int error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < puts->count && !error; i++)
		error = put_one(&group, puts->at[i]);
	return end_group(&group, error);
}

static int compact_one(struct group *group, const struct partition_raw *raw)
{
	uint64_t offset;
	int error;
	if (!raw->record.body)
		return partition_set_compact(group->partition, raw->row, -1, 0);
	struct change *change = find_change(group, raw->rule, PARTITION_COMPACT, &error);
	if (!change)
		return error;
	error = segment_append(change->segment, &raw->record, &offset);
	if (error)
		return error;
	note(change, raw->arrived_ns);
	group->compacted++;
	return partition_set_compact(group->partition, raw->row, change->segment->number,
				     (int64_t)offset);
}

static int put_rollup(struct group *group, const struct partition_rollup *rollup)
{
	uint64_t offset;
	int error;
	struct change *change = find_change(group, rollup->rule, PARTITION_SUM, &error);
	if (!error)
		error = segment_append(change->segment, &rollup->record, &offset);
	if (error)
		return error;
	/* It is of no use any more as soon as the first of its profiles has gone. */
	note(change, rollup->sum.first_arrival_ns);
	return partition_index_rollup(group->partition, rollup, change->segment->number,
				      (int64_t)offset);
}

int partition_put_rollups(struct partition *partition, const struct partition_rollups *rollups,
			  uint64_t segment_size)
{
	struct group group = {.partition = partition,
			      .segment_size = segment_size,
			      .last_row = partition->last_row};
	sqlite3_stmt *rolled = partition->statements[PARTITION_SET_ROLLED];
	const int64_t numbers[] = {partition_length_ns(rollups->level), rollups->rolled_row};
	if (rollups->drops != partition->drops)
		return -ESTALE;
	int error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < rollups->count && !error; i++)
		error = put_rollup(&group, &rollups->at[i]);
	sql_bind_numbers(rolled, 1, numbers, 2);
	if (!error && rollups->is_complete)
		error = sql_step(rolled);
	error = end_group(&group, error);
	return error ? error : partition_count_rollups(partition);
}

int partition_put_compact(struct partition *partition, const struct partition_raw *raw,
			  size_t count, uint64_t segment_size)
{
	struct group group = {.partition = partition,
			      .segment_size = segment_size,
			      .last_row = partition->last_row};
	int error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < count && !error; i++)
		error = compact_one(&group, &raw[i]);
	return end_group(&group, error);
}
