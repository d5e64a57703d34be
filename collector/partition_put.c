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
	const struct partition_puts *puts;
	struct change changes[PARTITION_WRITING_MAX];
	size_t change_count;
};

static void make_id(char id[STORE_ID_SIZE], const struct partition *partition, int64_t row)
{
	snprintf(id, STORE_ID_SIZE, "%s-%08" PRIx64, partition->name, (uint64_t)row);
}

/* The row of a profile with this key: 0 when there is none, -errno. */
static int64_t find_key(struct partition *partition, const uint8_t key[STORE_KEY_SIZE])
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

int64_t partition_index(struct partition *partition, const struct store_profile *profile,
			uint32_t segment, uint64_t offset)
{
	int64_t series = find_series(partition, profile);
	if (series < 0)
		return series;
	sqlite3_stmt *add = partition->statements[PARTITION_ADD_PROFILE];
	const int64_t numbers[] = {series,
				   profile->time_ns,
				   profile->duration_ns,
				   profile->arrived_ns,
				   (int64_t)profile->size,
				   segment,
				   (int64_t)offset};
	sql_bind_numbers(add, 1, numbers, sizeof(numbers) / sizeof(numbers[0]));
	sqlite3_bind_blob(add, 8, profile->key, STORE_KEY_SIZE, SQLITE_STATIC);
	sqlite3_bind_blob(add, 9, profile->totals,
			  (int)(profile->total_count * sizeof profile->totals[0]), SQLITE_STATIC);
	int error = sql_step(add);
	return error ? error : sqlite3_last_insert_rowid(partition->writer);
}

int partition_set_segment(struct partition *partition, const struct partition_segment *row)
{
	sqlite3_stmt *statement = partition->statements[PARTITION_SET_SEGMENT];
	const int64_t numbers[] = {row->number, (int64_t)row->size, (int64_t)row->profiles,
				   row->first_ns, row->last_ns};
	sql_bind_numbers(statement, 1, numbers, sizeof(numbers) / sizeof(numbers[0]));
	sql_bind_text(statement, 6, row->rule);
	return sql_step(statement);
}

/* The segment that is being written under this rule, or a free place for one. */
static struct segment *find_writing(struct partition *partition, const char *rule)
{
	struct segment *free_place = NULL;
	for (size_t i = 0; i < PARTITION_WRITING_MAX; i++) {
		struct segment *segment = &partition->writing[i];
		if (segment->fd < 0)
			free_place = free_place ? free_place : segment;
		else if (!strcmp(partition->segments[segment->number - 1].rule, rule))
			return segment;
	}
	return free_place;
}

static struct change *change_of(struct group *group, const char *rule)
{
	for (size_t i = 0; i < group->change_count; i++)
		if (!strcmp(group->changes[i].row.rule, rule))
			return &group->changes[i];
	return NULL;
}

/* A segment to append to under this rule; it is part of the group from here on. */
static struct change *begin_change(struct group *group, const char *rule, int *error)
{
	struct partition *partition = group->partition;
	struct segment *segment = find_writing(partition, rule);
	if (segment && segment->fd >= 0 && segment->size >= group->puts->segment_size)
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
	if (row && is_new)
		snprintf(row->rule, sizeof row->rule, "%s", rule);
	pthread_mutex_unlock(&partition->lock);
	struct change *change = &group->changes[group->change_count++];
	*change = (struct change){.segment = segment, .committed = segment->size, .is_new = is_new};
	if (row)
		change->row = *row;
	else
		*error = -ENOMEM;
	return *error ? NULL : change;
}

static int append(struct change *change, const struct store_put *put, uint64_t *offset)
{
	size_t size;
	uint8_t *docket = docket_pack(&put->profile, change->row.rule, &size);
	if (!docket)
		return -ENOMEM;
	struct segment_record record = {docket, put->body, (uint32_t)size,
					(uint32_t)put->profile.size};
	int error = segment_append(change->segment, &record, offset);
	free(docket);
	return error;
}

static void note(struct change *change, const struct store_profile *profile)
{
	if (change->row.profiles++ == 0)
		change->row.first_ns = profile->arrived_ns;
	if (profile->arrived_ns > change->row.last_ns)
		change->row.last_ns = profile->arrived_ns;
	change->row.size = change->segment->size;
}

/* Whether it is there already; 1, 0 or -errno. */
static int is_known(struct group *group, struct store_put *put)
{
	struct partition *const places[] = {group->partition, group->puts->older};
	for (size_t i = 0; i < 2; i++) {
		int64_t row = places[i] ? find_key(places[i], put->profile.key) : 0;
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
	uint64_t offset;
	put->is_known = false;
	int error = is_known(group, put);
	if (error)
		return error < 0 ? error : 0;
	const char *rule =
		retention_rule(group->puts->retention, put->profile.service, put->profile.type);
	struct change *change = change_of(group, rule);
	if (!change)
		change = begin_change(group, rule, &error);
	if (!change)
		return error;
	error = append(change, put, &offset);
	if (error)
		return error;
	int64_t row =
		partition_index(group->partition, &put->profile, change->segment->number, offset);
	if (row < 0)
		return (int)row;
	make_id(put->profile.id, group->partition, row);
	note(change, &put->profile);
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

int partition_put(struct partition *partition, const struct partition_puts *puts)
{
	struct group group = {.partition = partition, .puts = puts};
	int error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < puts->count && !error; i++)
		error = put_one(&group, puts->at[i]);
	if (!error)
		error = finish(&group);
	if (error)
		take_back(&group);
	else
		show(&group);
	return error;
}
