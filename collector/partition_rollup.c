/* SPDX-License-Identifier: Apache-2.0 */
/* partition_rollup.c -- the rollups that one day's index knows: found, entered, forgotten.
 *
 * A rollup is of all profiles of its series and window up to a row, so that what came later is
 * beside it. It goes in the same transaction as the first of its profiles, and what drops profiles
 * is counted, so that none is stored that was made of one that is gone.
 */
#include "collector/partition.h"

#include "collector/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROW_BITS = 36,
	ROWS_AT_ONCE = 8192, /* that are looked at before somebody else may read */
};

int64_t partition_length_ns(size_t level)
{
	static const int64_t minutes[PARTITION_LEVELS] = {5, 60};
	return minutes[level] * 60 * MOMENT_SECOND;
}

bool partition_prepare_rollups(struct partition *partition)
{
	sqlite3 *reader = partition->reader;
	partition->find_rollups =
		sql_prepare(reader, "SELECT id, start_ns, length_ns, first_row, first_ns, last_row,"
				    " first_arrival_ns, last_arrival_ns, profiles, segment, begin"
				    " FROM rollup WHERE series = ?1 AND start_ns BETWEEN ?2 AND ?3"
				    " AND length_ns <= ?4 ORDER BY start_ns, length_ns DESC");
	partition->find_records = sql_prepare(
		reader, "SELECT id, time_ns, arrived_ns, segment, compact, compact_begin"
			" FROM profile INDEXED BY profile_time"
			" WHERE series = ?1 AND time_ns BETWEEN ?2 AND ?3 AND id > ?4");
	partition->find_rollup = sql_prepare(
		reader,
		"SELECT 0, 0, r.segment, r.begin, r.first_arrival_ns, s.service, s.type, s.labels"
		" FROM rollup r JOIN series s ON s.id = r.series WHERE r.id = ?1");
	partition->find_rolled = sql_prepare(reader, "SELECT row FROM rolled WHERE length_ns = ?1");
	partition->find_unrolled =
		sql_prepare(reader, "SELECT id, series, time_ns, arrived_ns,"
				    " compact = 0 AND compact_begin = 0 FROM profile WHERE id > ?1"
				    " ORDER BY id LIMIT ?2");
	partition->find_owner = sql_prepare(
		reader, "SELECT service, type, labels, sample_types FROM series WHERE id = ?1");
	return partition->find_rollups && partition->find_records && partition->find_rollup &&
	       partition->find_rolled && partition->find_unrolled && partition->find_owner;
}

/* ---- the fewest records -------------------------------------------------------------------- */

struct cover {
	struct partition *partition;
	const struct retention *retention; /* NULL: all is kept */
	int64_t from_ns, to_ns;
	int64_t longest_ns;		 /* of the rollups that may be used */
	const struct store_query *query; /* whose asker may have gone; NULL: there is none */
	uint64_t *seen;			 /* profiles */
	int (*visit)(void *, const struct partition_record *);
	void *context;
};

static bool is_over(const struct cover *cover)
{
	return cover->query && partition_is_over(cover->query, ++*cover->seen);
}

static bool is_kept(const struct cover *cover, int64_t segment, int64_t arrived_ns)
{
	return !cover->retention ||
	       partition_is_kept(cover->partition, segment, arrived_ns, cover->retention);
}

/* The profiles of a series that came after a row. */
static int show_profiles(const struct cover *cover, int64_t series, int64_t from_ns, int64_t to_ns,
			 int64_t after_row)
{
	sqlite3_stmt *find = cover->partition->find_records;
	const int64_t numbers[] = {series, from_ns, to_ns, after_row};
	int got;
	sql_bind_numbers(find, 1, numbers, 4);
	while ((got = sql_step(find)) > 0) {
		struct partition_record record = {.row = sqlite3_column_int64(find, 0),
						  .time_ns = sqlite3_column_int64(find, 1),
						  .first_arrival_ns = sqlite3_column_int64(find, 2),
						  .upload = sqlite3_column_int64(find, 3),
						  .segment = sqlite3_column_int64(find, 4),
						  .begin = sqlite3_column_int64(find, 5),
						  .profiles = 1};
		record.last_row = record.row;
		record.last_arrival_ns = record.first_arrival_ns;
		if (!is_kept(cover, record.upload > 0 ? record.upload : record.segment,
			     record.first_arrival_ns))
			continue;
		int stop = is_over(cover) ? -ECANCELED : cover->visit(cover->context, &record);
		if (!stop)
			continue;
		sqlite3_reset(find);
		return stop;
	}
	return got;
}

static struct partition_record take_rollup(sqlite3_stmt *row)
{
	return (struct partition_record){.rollup = sqlite3_column_int64(row, 0),
					 .length_ns = sqlite3_column_int64(row, 2),
					 .row = sqlite3_column_int64(row, 3),
					 .time_ns = sqlite3_column_int64(row, 4),
					 .last_row = sqlite3_column_int64(row, 5),
					 .first_arrival_ns = sqlite3_column_int64(row, 6),
					 .last_arrival_ns = sqlite3_column_int64(row, 7),
					 .profiles = (uint64_t)sqlite3_column_int64(row, 8),
					 .segment = sqlite3_column_int64(row, 9),
					 .begin = sqlite3_column_int64(row, 10)};
}

/* A rollup, what stands before it, and what came too late for it. *at moves behind its window. */
static int show_rollup(const struct cover *cover, int64_t series, sqlite3_stmt *row, int64_t *at)
{
	int64_t start_ns = sqlite3_column_int64(row, 1);
	const struct partition_record record = take_rollup(row);
	int64_t last_ns = start_ns + (record.length_ns - 1);
	/* A longer one of the same time was there before it. */
	if (start_ns < *at || last_ns > cover->to_ns ||
	    !is_kept(cover, record.segment, record.first_arrival_ns))
		return 0;
	int stop = start_ns > *at ? show_profiles(cover, series, *at, start_ns - 1, 0) : 0;
	if (!stop)
		stop = cover->visit(cover->context, &record);
	if (!stop)
		stop = show_profiles(cover, series, start_ns, last_ns, record.last_row);
	*at = last_ns + 1;
	return stop;
}

/* The statement that is in the middle of the rollups makes that all see the same commit. */
static int cover_series(const struct cover *cover, int64_t series)
{
	sqlite3_stmt *rollups = cover->partition->find_rollups;
	const int64_t numbers[] = {series, cover->from_ns, cover->to_ns, cover->longest_ns};
	int64_t at = cover->from_ns;
	int got;
	sql_bind_numbers(rollups, 1, numbers, 4);
	while ((got = sql_step(rollups)) > 0) {
		int stop = show_rollup(cover, series, rollups, &at);
		if (!stop)
			continue;
		sqlite3_reset(rollups);
		return stop;
	}
	return got || at > cover->to_ns ? got : show_profiles(cover, series, at, cover->to_ns, 0);
}

struct covering {
	struct cover cover;
	int (*visit)(void *, const struct store_record *);
	void *context;
};

uint64_t partition_sequence(const struct partition *partition, int64_t row)
{
	return (strtoull(partition->name, NULL, 10) << ROW_BITS) + (uint64_t)row;
}

/* Ids begin with that of a profile, the first one, so that they have the order of profiles. */
static int show_record(void *context, const struct partition_record *record)
{
	const struct covering *covering = context;
	struct store_record shown = {
		.time_ns = record->time_ns,
		.sequence = partition_sequence(covering->cover.partition, record->row),
		.profiles = record->profiles,
		.is_sum = record->rollup != 0};
	int len = snprintf(shown.id, sizeof shown.id, "%s-%08" PRIx64,
			   covering->cover.partition->name, (uint64_t)record->row);
	if (shown.is_sum)
		snprintf(shown.id + len, sizeof shown.id - (size_t)len, "-%" PRIx64,
			 (uint64_t)record->rollup);
	return covering->visit(covering->context, &shown);
}

static int cover_one(void *context, int64_t series)
{
	const struct covering *covering = context;
	return cover_series(&covering->cover, series);
}

int partition_cover(struct partition *partition, const struct store_query *query,
		    const struct retention *retention,
		    int (*visit)(void *, const struct store_record *), void *context)
{
	uint64_t seen = 0;
	struct covering covering = {
		.cover = {.partition = partition,
			  .retention = retention,
			  .from_ns = query->from_ns,
			  .to_ns = query->to_ns,
			  .longest_ns = INT64_MAX,
			  .query = query,
			  .seen = &seen,
			  .visit = show_record},
		.visit = visit,
		.context = context,
	};
	covering.cover.context = &covering;
	return partition_walk_series(partition, query, cover_one, &covering);
}

int partition_show_window(struct partition *partition, const struct partition_window *window,
			  int (*visit)(void *, const struct partition_record *), void *context)
{
	const struct cover cover = {.partition = partition,
				    .from_ns = window->start_ns,
				    .to_ns = window->start_ns + (window->length_ns - 1),
				    .longest_ns = window->length_ns,
				    .visit = visit,
				    .context = context};
	pthread_mutex_lock(&partition->reading);
	int error = partition_open_reader(partition);
	if (!error)
		error = cover_series(&cover, window->series);
	pthread_mutex_unlock(&partition->reading);
	return error;
}

/* ---- what there is to do ------------------------------------------------------------------- */

/* False when there is no room. Most profiles are of a window that is among the last ones. */
static bool add_window(struct partition_unrolled *search, const struct partition_window *window)
{
	for (size_t i = search->count; i-- > 0;)
		if (search->windows[i].series == window->series &&
		    search->windows[i].start_ns == window->start_ns)
			return true;
	if (search->count == search->room)
		return false;
	search->windows[search->count++] = *window;
	return true;
}

/* Whether the profile of this row can be passed by: what its window is missing will not be long. A
 * clock that is ahead is waited for no longer than the window is. */
static bool look_at(struct partition_unrolled *search, sqlite3_stmt *row)
{
	int64_t time_ns = sqlite3_column_int64(row, 2), arrived_ns = sqlite3_column_int64(row, 3);
	int64_t length_ns = partition_length_ns(search->level);
	if (time_ns <= 0 || time_ns > INT64_MAX - 2 * length_ns)
		return true;
	const struct partition_window window = {sqlite3_column_int64(row, 1),
						time_ns - time_ns % length_ns, length_ns};
	int64_t end_ns = window.start_ns + length_ns;
	if (end_ns < arrived_ns)
		end_ns = arrived_ns;
	if (end_ns > arrived_ns + length_ns)
		end_ns = arrived_ns + length_ns;
	bool waits_for_record = sqlite3_column_int(row, 4);
	return !waits_for_record && end_ns <= moment_now() - search->settle_ns &&
	       add_window(search, &window);
}

static int find_rolled(struct partition *partition, size_t level, int64_t *row)
{
	const int64_t length_ns = partition_length_ns(level);
	*row = partition->rolled[level];
	if (*row)
		return 0;
	sql_bind_numbers(partition->find_rolled, 1, &length_ns, 1);
	int got = sql_step(partition->find_rolled);
	*row = got > 0 ? sqlite3_column_int64(partition->find_rolled, 0) : 0;
	sqlite3_reset(partition->find_rolled);
	return got < 0 ? got : 0;
}

static int look_further(struct partition *partition, struct partition_unrolled *search)
{
	sqlite3_stmt *find = partition->find_unrolled;
	const int64_t numbers[] = {search->row, ROWS_AT_ONCE};
	int got;
	sql_bind_numbers(find, 1, numbers, 2);
	while ((got = sql_step(find)) > 0 && look_at(search, find))
		search->row = sqlite3_column_int64(find, 0);
	sqlite3_reset(find);
	return got < 0 ? got : 0;
}

void partition_set_rolled(struct partition *partition, size_t level, int64_t row)
{
	pthread_mutex_lock(&partition->reading);
	partition->rolled[level] = row;
	pthread_mutex_unlock(&partition->reading);
}

int partition_find_unrolled(struct partition *partition, struct partition_unrolled *search)
{
	int64_t before = 0;
	search->count = 0;
	pthread_mutex_lock(&partition->reading);
	int error = partition_open_reader(partition);
	if (!error)
		error = find_rolled(partition, search->level, &before);
	search->row = before;
	if (!error)
		error = look_further(partition, search);
	pthread_mutex_unlock(&partition->reading);
	return error ? error : search->row > before ? 0 : -ENODATA;
}

int partition_series_of(struct partition *partition, int64_t series, struct store_profile *profile,
			char **texts)
{
	const char **const parts[] = {&profile->service, &profile->type, &profile->labels,
				      &profile->sample_types};
	const int count = sizeof(parts) / sizeof(parts[0]);
	size_t size = 0;
	*texts = NULL;
	pthread_mutex_lock(&partition->reading);
	int got = partition_open_reader(partition);
	sqlite3_stmt *find = partition->find_owner;
	if (!got) {
		sql_bind_numbers(find, 1, &series, 1);
		got = sql_step(find);
	}
	for (int i = 0; got > 0 && i < count; i++)
		size += strlen(sql_text(find, i)) + 1;
	char *at = *texts = got > 0 ? malloc(size) : NULL;
	for (int i = 0; at && i < count; i++) {
		*parts[i] = at;
		at = stpcpy(at, sql_text(find, i)) + 1;
	}
	if (got > 0)
		sqlite3_reset(find);
	pthread_mutex_unlock(&partition->reading);
	return got < 0 ? got : got == 0 ? -ENOENT : *texts ? 0 : -ENOMEM;
}

/* ---- the writer ---------------------------------------------------------------------------- */

int partition_count_rollups(struct partition *partition)
{
	sqlite3_stmt *count = sql_prepare(partition->writer, "SELECT count(*) FROM rollup");
	int got = count ? sql_step(count) : sql_error(partition->writer);
	if (got > 0)
		partition->rollups = (uint64_t)sqlite3_column_int64(count, 0);
	sqlite3_finalize(count);
	return got < 0 ? got : 0;
}

int partition_index_rollup(struct partition *partition, const struct partition_rollup *rollup,
			   int64_t segment, int64_t begin)
{
	sqlite3_stmt *add = partition->statements[PARTITION_ADD_ROLLUP];
	const struct partition_record *sum = &rollup->sum;
	const int64_t numbers[] = {rollup->window.series,
				   rollup->window.start_ns,
				   rollup->window.length_ns,
				   sum->row,
				   sum->time_ns,
				   sum->last_row,
				   sum->first_arrival_ns,
				   sum->last_arrival_ns,
				   (int64_t)sum->profiles,
				   segment,
				   begin};
	sql_bind_numbers(add, 1, numbers, sizeof(numbers) / sizeof(numbers[0]));
	return sql_step(add);
}

/* The arrivals leave few rollups whose windows have to be gone through. */
static const char forget_sums[] =
	"DELETE FROM rollup WHERE first_arrival_ns <= %" PRId64 " AND last_arrival_ns >= %" PRId64
	" AND EXISTS(SELECT 1 FROM profile p INDEXED BY profile_time"
	" WHERE p.series = rollup.series AND p.time_ns >= rollup.start_ns"
	" AND p.time_ns < rollup.start_ns + rollup.length_ns AND p.id <= rollup.last_row"
	" AND p.compact = %u AND p.compact_begin >= %" PRIu64 ")";

int partition_forget_rollups(struct partition *partition, const struct partition_segment *segment,
			     uint64_t from)
{
	char text[512];
	if (segment->kind == PARTITION_COMPACT)
		snprintf(text, sizeof text, forget_sums, segment->last_ns, segment->first_ns,
			 (unsigned)segment->number, from);
	else if (segment->kind == PARTITION_SUM)
		snprintf(text, sizeof text,
			 "DELETE FROM rollup WHERE segment = %u AND begin >= %" PRIu64,
			 (unsigned)segment->number, from);
	else
		return 0; /* no rollup is of what has no compact record */
	return sql_run(partition->writer, text);
}
