/* SPDX-License-Identifier: Apache-2.0 */
/* partition_find.c -- what one day's index knows, and the bodies it points to.
 *
 * A query first chooses series, by service, type and labels, then goes through the times of each.
 * Readers share one connection, which sees what is committed and never makes the writer wait.
 */
#include "collector/partition.h"

#include "collector/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READER_CACHE_KIB = 2048,
	LOOK_EVERY = 1024, /* rows, at whether somebody waits still */
};

struct series {
	int64_t id;
	char *service, *type, *labels, *sample_types;
};

struct series_list {
	struct series *at;
	size_t count, room;
};

int partition_open_reader(struct partition *partition)
{
	char path[4096];
	partition->read_ns = moment_now();
	if (partition->reader)
		return 0;
	snprintf(path, sizeof path, "%s/index.sqlite", partition->path);
	int error = sql_open(&partition->reader, path, 0, READER_CACHE_KIB);
	if (error)
		return error;
	partition->find_one = sql_prepare(
		partition->reader, "SELECT p.segment, p.begin, p.compact, p.compact_begin,"
				   " p.arrived_ns, s.service, s.type, s.labels FROM profile p"
				   " JOIN series s ON s.id = p.series WHERE p.id = ?1");
	partition->find_series = sql_prepare(
		partition->reader, "SELECT id, service, type, labels, sample_types FROM series"
				   " WHERE (?1 IS NULL OR service = ?1)"
				   " AND (?2 IS NULL OR type = ?2)");
	partition->find_profiles = sql_prepare(
		partition->reader, "SELECT id, time_ns, duration_ns, arrived_ns, size,"
				   " CASE WHEN segment > 0 THEN segment ELSE compact END, totals"
				   " FROM profile WHERE series = ?1 AND time_ns BETWEEN ?2 AND ?3");
	partition->find_oldest_raw =
		sql_prepare(partition->reader, "SELECT p.arrived_ns, s.service FROM profile p"
					       " JOIN series s ON s.id = p.series"
					       " WHERE p.compact = 0 AND p.compact_begin = 0"
					       " ORDER BY p.id LIMIT 1");
	partition->find_raw = sql_prepare(partition->reader,
					  "SELECT id, segment, begin, arrived_ns FROM profile"
					  " WHERE compact = 0 AND compact_begin = 0 AND series IN"
					  " (SELECT s.id FROM series s WHERE s.service = ?1)"
					  " ORDER BY id LIMIT ?2");
	if (partition->find_one && partition->find_series && partition->find_profiles &&
	    partition->find_oldest_raw && partition->find_raw &&
	    partition_prepare_rollups(partition))
		return 0;
	error = sql_error(partition->reader);
	sql_close(partition->reader);
	partition->reader = NULL;
	return error;
}

static void clear_list(struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->at[i].service);
		free(list->at[i].type);
		free(list->at[i].labels);
		free(list->at[i].sample_types);
	}
	free(list->at);
}

static int add_series(struct series_list *list, sqlite3_stmt *row)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct series *more = realloc(list->at, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		list->at = more;
		list->room = room;
	}
	struct series *series = &list->at[list->count++];
	*series = (struct series){sqlite3_column_int64(row, 0), strdup(sql_text(row, 1)),
				  strdup(sql_text(row, 2)), strdup(sql_text(row, 3)),
				  strdup(sql_text(row, 4))};
	return series->service && series->type && series->labels && series->sample_types ? 0
											 : -ENOMEM;
}

bool partition_is_over(const struct store_query *query, uint64_t seen)
{
	return seen % LOOK_EVERY == 0 && query->is_over && query->is_over(query->asker);
}

static int choose_series(struct partition *partition, const struct store_query *query,
			 struct series_list *list)
{
	sqlite3_stmt *find = partition->find_series;
	uint64_t seen = 0;
	int got;
	sql_bind_text(find, 1, query->service);
	sql_bind_text(find, 2, query->type);
	while ((got = sql_step(find)) > 0) {
		int meant = partition_is_over(query, ++seen)
				    ? -ECANCELED
				    : store_query_means(query, sql_text(find, 1), sql_text(find, 2),
							sql_text(find, 3));
		int error = meant > 0 ? add_series(list, find) : meant;
		if (!error)
			continue;
		sqlite3_reset(find);
		return error;
	}
	return got;
}

bool partition_is_kept(struct partition *partition, int64_t number, int64_t arrived_ns,
		       const struct retention *retention)
{
	uint64_t keep_ms = 0;
	pthread_mutex_lock(&partition->lock);
	bool is_there = number > 0 && (uint64_t)number <= partition->segment_count &&
			partition->segments[number - 1].number;
	if (is_there)
		keep_ms = retention_keep_ms(retention, partition->segments[number - 1].rule);
	pthread_mutex_unlock(&partition->lock);
	return is_there &&
	       (keep_ms == 0 || (moment_now() - arrived_ns) / 1000000 <= (int64_t)keep_ms);
}

static void take_totals(struct store_profile *profile, sqlite3_stmt *row, int column)
{
	size_t size = (size_t)sqlite3_column_bytes(row, column);
	const void *bytes = sqlite3_column_blob(row, column);
	if (size > sizeof profile->totals)
		size = sizeof profile->totals;
	if (bytes)
		memcpy(profile->totals, bytes, size);
	profile->total_count = size / sizeof profile->totals[0];
}

static void take_profile(struct store_profile *profile, const struct partition *partition,
			 const struct series *series, sqlite3_stmt *row)
{
	*profile = (struct store_profile){
		.service = series->service,
		.type = series->type,
		.labels = series->labels,
		.sample_types = series->sample_types,
		.time_ns = sqlite3_column_int64(row, 1),
		.duration_ns = sqlite3_column_int64(row, 2),
		.arrived_ns = sqlite3_column_int64(row, 3),
		.size = (uint64_t)sqlite3_column_int64(row, 4),
	};
	snprintf(profile->id, sizeof profile->id, "%s-%08" PRIx64, partition->name,
		 (uint64_t)sqlite3_column_int64(row, 0));
	take_totals(profile, row, 6);
}

struct finding {
	struct partition *partition;
	const struct store_query *query;
	const struct retention *retention;
	int (*visit)(void *, const struct store_profile *);
	void *context;
};

static int find_in_series(const struct finding *finding, const struct series *series)
{
	sqlite3_stmt *find = finding->partition->find_profiles;
	const int64_t numbers[] = {series->id, finding->query->from_ns, finding->query->to_ns};
	uint64_t seen = 0;
	int got;
	sql_bind_numbers(find, 1, numbers, 3);
	while ((got = sql_step(find)) > 0) {
		struct store_profile profile;
		take_profile(&profile, finding->partition, series, find);
		if (!partition_is_kept(finding->partition, sqlite3_column_int64(find, 5),
				       profile.arrived_ns, finding->retention))
			continue;
		int stop = partition_is_over(finding->query, ++seen)
				   ? -ECANCELED
				   : finding->visit(finding->context, &profile);
		if (!stop)
			continue;
		sqlite3_reset(find);
		return stop;
	}
	return got;
}

/* Under reading, and with the reader open: a query of many series is interrupted by others, which
 * may have let it be closed. */
static int take_next(const struct finding *finding,
		     int (*take)(const struct finding *, const struct series *),
		     const struct series *series)
{
	struct partition *partition = finding->partition;
	pthread_mutex_lock(&partition->reading);
	int error = partition_open_reader(partition);
	if (!error)
		error = take(finding, series);
	pthread_mutex_unlock(&partition->reading);
	return error;
}

/* Takes each series that the query means, until one says something else than 0. */
static int walk_series(const struct finding *finding,
		       int (*take)(const struct finding *, const struct series *))
{
	struct partition *partition = finding->partition;
	struct series_list list = {0};
	pthread_mutex_lock(&partition->reading);
	int error = partition_open_reader(partition);
	if (!error)
		error = choose_series(partition, finding->query, &list);
	pthread_mutex_unlock(&partition->reading);
	for (size_t i = 0; i < list.count && !error; i++)
		error = partition_is_over(finding->query, i + 1)
				? -ECANCELED
				: take_next(finding, take, &list.at[i]);
	clear_list(&list);
	return error;
}

struct walk {
	int (*take)(void *, int64_t series);
	void *context;
};

static int take_id(const struct finding *finding, const struct series *series)
{
	const struct walk *walk = finding->context;
	return walk->take(walk->context, series->id);
}

int partition_walk_series(struct partition *partition, const struct store_query *query,
			  int (*take)(void *, int64_t series), void *context)
{
	struct walk walk = {take, context};
	const struct finding finding = {.partition = partition, .query = query, .context = &walk};
	return walk_series(&finding, take_id);
}

int partition_find(struct partition *partition, const struct store_query *query,
		   const struct retention *retention,
		   int (*visit)(void *, const struct store_profile *), void *context)
{
	const struct finding finding = {partition, query, retention, visit, context};
	return walk_series(&finding, find_in_series);
}

static int stop_at_first(void *context, const struct store_profile *profile)
{
	(void)profile;
	*(bool *)context = true;
	return 1;
}

static int show_series(const struct finding *finding, const struct series *series)
{
	const struct store_profile profile = {.service = series->service,
					      .type = series->type,
					      .labels = series->labels,
					      .sample_types = series->sample_types};
	bool is_there = false;
	struct finding probe = *finding;
	probe.visit = stop_at_first;
	probe.context = &is_there;
	int error = find_in_series(&probe, series);
	if (error < 0)
		return error;
	return is_there ? finding->visit(finding->context, &profile) : 0;
}

int partition_series(struct partition *partition, const struct store_query *query,
		     const struct retention *retention,
		     int (*visit)(void *, const struct store_profile *), void *context)
{
	const struct finding finding = {partition, query, retention, visit, context};
	return walk_series(&finding, show_series);
}

/* ---- bodies -------------------------------------------------------------------------------- */

struct placed {
	struct partition_place place;
	int64_t arrived_ns;
	char service[STORE_TEXT_MAX];
};

/* Somebody else's is not there. statement: of the readers, which may have to be opened first. */
static int find_place(struct partition *partition, sqlite3_stmt *const *statement, int64_t row,
		      const struct tenant *tenant, struct placed *placed)
{
	const struct store_query whose = {.tenant = tenant};
	pthread_mutex_lock(&partition->reading);
	int got = partition_open_reader(partition);
	if (!got) {
		sqlite3_stmt *find = *statement;
		sql_bind_numbers(find, 1, &row, 1);
		got = sql_step(find);
		bool is_there =
			got > 0 && store_query_means(&whose, sql_text(find, 5), sql_text(find, 6),
						     sql_text(find, 7)) > 0;
		if (is_there) {
			placed->place = (struct partition_place){
				.segment = sqlite3_column_int64(find, 0),
				.begin = sqlite3_column_int64(find, 1),
				.compact = sqlite3_column_int64(find, 2),
				.compact_begin = sqlite3_column_int64(find, 3)};
			placed->arrived_ns = sqlite3_column_int64(find, 4);
			snprintf(placed->service, sizeof placed->service, "%s", sql_text(find, 5));
		}
		if (got > 0)
			sqlite3_reset(find);
		if (got >= 0 && !is_there)
			got = -ENOENT;
	}
	pthread_mutex_unlock(&partition->reading);
	return got < 0 ? got : 0;
}

int partition_read_record(struct partition *partition, int64_t segment, int64_t begin,
			  struct segment_record *record, uint8_t **bytes)
{
	char name[SEGMENT_NAME_SIZE];
	segment_name(name, (uint32_t)segment);
	int fd = openat(partition->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno; /* -ENOENT: retention was faster */
	int error = segment_read(fd, (uint64_t)begin, record, bytes);
	close(fd);
	return error;
}

static int read_body(struct partition *partition, int64_t segment, int64_t begin,
		     struct partition_body *body)
{
	struct segment_record record = {.body = (const uint8_t *)""};
	int error = partition_read_record(partition, segment, begin, &record, &body->bytes);
	if (error)
		return error;
	body->size = record.body_size;
	memmove(body->bytes, record.body, record.body_size);
	return 0;
}

static int read_compact(struct partition *partition, const struct placed *placed,
			struct partition_body *body)
{
	int error = partition_codex(partition, placed->service, body->seed, &body->codex);
	if (error)
		return error;
	body->form = STORE_COMPACT;
	error = read_body(partition, placed->place.compact, placed->place.compact_begin, body);
	if (error)
		codex_release(body->codex);
	return error;
}

int partition_read_sum(struct partition *partition, int64_t rollup, struct partition_body *body)
{
	struct placed placed = {0};
	int error = find_place(partition, &partition->find_rollup, rollup, body->tenant, &placed);
	if (error)
		return error;
	return read_compact(partition, &placed, body);
}

int partition_read(struct partition *partition, int64_t row, const struct retention *retention,
		   struct partition_body *body)
{
	struct placed placed = {0};
	int error = find_place(partition, &partition->find_one, row, body->tenant, &placed);
	if (error)
		return error;
	const struct partition_place *place = &placed.place;
	bool has_upload = place->segment > 0;
	if (!partition_is_kept(partition, has_upload ? place->segment : place->compact,
			       placed.arrived_ns, retention))
		return -ENOENT;
	body->codex = NULL;
	if (place->compact > 0 && (!has_upload || body->form == STORE_COMPACT)) {
		error = read_compact(partition, &placed, body);
		/* A record that cannot be read is no loss as long as there is the upload. */
		if (!error || !has_upload)
			return error;
	}
	body->form = STORE_UPLOADED;
	body->codex = NULL;
	return read_body(partition, place->segment, place->begin, body);
}
