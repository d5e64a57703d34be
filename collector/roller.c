/* SPDX-License-Identifier: Apache-2.0 */
/* roller.c -- profiles of a series that are near each other in time get one record for all.
 *
 * A rollup is made of the fewest records that there are of its window, an older rollup of it
 * included. Where they do not combine exactly, or one of them has no compact record, there is none,
 * and each is read for itself as before. Nothing is added to the dictionary, so that it is as
 * durable as the records were.
 */
#include "collector/roller.h"

#include "collector/docket.h"
#include "collector/moment.h"
#include "collector/rollup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOWS_MAX = 1024,    /* that one step looks at */
	MADE_MAX = 64,	       /* rollups that are stored at once */
	MADE_BYTES = 8 << 20,  /* more are stored before another one is made */
	RECORDS_MAX = 1 << 14, /* of one window */
	RECORDS_LEAST = 4,     /* fewer are not worth it */
	LATE_PART = 4,	       /* of a rollup's profiles: as many that came late are worth it */
	BODY_MAX = 16 << 20,   /* of a rollup */
};

struct roller {
	struct roller_options options;
	/* of this step */
	struct partition *partition;
	struct partition_window windows[WINDOWS_MAX];
	struct partition_rollup made[MADE_MAX];
	size_t made_count;
	uint64_t made_bytes;
	/* of this window */
	struct partition_record *records;
	size_t count, room;
};

struct roller *roller_create(const struct roller_options *options)
{
	struct roller *roller = calloc(1, sizeof *roller);
	if (roller)
		roller->options = *options;
	return roller;
}

void roller_destroy(struct roller *roller)
{
	if (roller)
		free(roller->records);
	free(roller);
}

/* ---- the records of a window --------------------------------------------------------------- */

static int take_record(void *context, const struct partition_record *record)
{
	struct roller *roller = context;
	if (record->segment <= 0)
		return -ENODATA;
	if (roller->count == RECORDS_MAX)
		return -EFBIG;
	if (roller->count == roller->room) {
		size_t room = roller->room ? 2 * roller->room : 64;
		struct partition_record *more = realloc(roller->records, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		roller->records = more;
		roller->room = room;
	}
	roller->records[roller->count++] = *record;
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct partition_record *one = a, *two = b;
	if (one->time_ns != two->time_ns)
		return one->time_ns < two->time_ns ? -1 : 1;
	return (one->row > two->row) - (one->row < two->row);
}

/* Fewer reads for a merge have to be worth a read here, and bytes on the disk. */
static bool is_worth_it(const struct roller *roller, const struct partition_window *window)
{
	const struct partition_record *older = NULL;
	for (size_t i = 0; i < roller->count && !older; i++)
		if (roller->records[i].length_ns == window->length_ns)
			older = &roller->records[i];
	return roller->count >= RECORDS_LEAST + (older ? older->profiles / LATE_PART : 0);
}

static struct partition_record sum_of(const struct roller *roller)
{
	struct partition_record sum = roller->records[0];
	for (size_t i = 1; i < roller->count; i++) {
		const struct partition_record *next = &roller->records[i];
		sum.profiles += next->profiles;
		if (next->last_row > sum.last_row)
			sum.last_row = next->last_row;
		if (next->first_arrival_ns < sum.first_arrival_ns)
			sum.first_arrival_ns = next->first_arrival_ns;
		if (next->last_arrival_ns > sum.last_arrival_ns)
			sum.last_arrival_ns = next->last_arrival_ns;
	}
	return sum;
}

/* All are kept equally long, or a rollup could not be. */
static int find_rule(const struct roller *roller, char rule[RETENTION_PATTERN_SIZE])
{
	struct partition *partition = roller->partition;
	int error = 0;
	pthread_mutex_lock(&partition->lock);
	for (size_t i = 0; i < roller->count && !error; i++) {
		size_t number = (size_t)roller->records[i].segment;
		const struct partition_segment *segment = number <= partition->segment_count
								  ? &partition->segments[number - 1]
								  : NULL;
		if (!segment || !segment->number)
			error = -ENOENT;
		else if (i == 0)
			snprintf(rule, RETENTION_PATTERN_SIZE, "%s", segment->rule);
		else if (strcmp(rule, segment->rule) != 0)
			error = -EINVAL;
	}
	pthread_mutex_unlock(&partition->lock);
	return error;
}

/* ---- one rollup ---------------------------------------------------------------------------- */

static int add_record(const struct roller *roller, struct rollup *rollup,
		      const struct partition_record *from)
{
	const struct sheet_order order = {.time_ns = from->time_ns,
					  .sequence =
						  partition_sequence(roller->partition, from->row)};
	struct segment_record record;
	uint8_t *bytes;
	if (*roller->options.resting)
		return -ECANCELED;
	int error = partition_read_record(roller->partition, from->segment, from->begin, &record,
					  &bytes);
	if (error)
		return error;
	error = rollup_add(rollup, record.body, record.body_size, &order);
	free(bytes);
	return error;
}

static int sum_up(const struct roller *roller, const struct dictionary *dictionary,
		  struct bytes *bytes)
{
	struct rollup rollup;
	int error = rollup_open(&rollup, dictionary, roller->options.seed);
	for (size_t i = 0; i < roller->count && !error; i++)
		error = add_record(roller, &rollup, &roller->records[i]);
	if (!error)
		error = rollup_encode(&rollup, bytes);
	rollup_close(&rollup);
	return error;
}

static int make_body(const struct roller *roller, const char *service,
		     struct segment_record *record)
{
	struct bytes bytes = {.max = BODY_MAX};
	struct codex *codex;
	int error = partition_codex(roller->partition, service, roller->options.seed, &codex);
	if (error)
		return error;
	error = sum_up(roller, codex->dictionary, &bytes);
	codex_release(codex);
	if (error) {
		bytes_free(&bytes);
		return error;
	}
	record->body = bytes.at;
	record->body_size = (uint32_t)bytes.size;
	return 0;
}

static int make_docket(struct partition_rollup *rollup, struct docket *docket)
{
	size_t size;
	docket->form = DOCKET_SUM;
	docket->row = rollup->sum.row;
	docket->rule = rollup->rule;
	docket->profile.time_ns = rollup->sum.time_ns;
	docket->profile.arrived_ns = rollup->sum.first_arrival_ns;
	rollup->record.docket = docket_pack(docket, &size);
	rollup->record.docket_size = (uint32_t)size;
	return rollup->record.docket ? 0 : -ENOMEM;
}

static void clear_rollup(struct partition_rollup *rollup)
{
	free((void *)rollup->record.docket);
	free((void *)rollup->record.body);
}

static int make_rollup(struct roller *roller, const struct partition_window *window)
{
	struct partition_rollup *rollup = &roller->made[roller->made_count];
	struct docket docket = {0};
	char *texts;
	*rollup = (struct partition_rollup){.window = *window};
	qsort(roller->records, roller->count, sizeof *roller->records, by_order);
	rollup->sum = sum_of(roller);
	int error = find_rule(roller, rollup->rule);
	if (error)
		return error;
	error = partition_series_of(roller->partition, window->series, &docket.profile, &texts);
	if (!error)
		error = make_body(roller, docket.profile.service, &rollup->record);
	if (!error)
		error = make_docket(rollup, &docket);
	free(texts);
	if (error) {
		clear_rollup(rollup);
		return error;
	}
	roller->made_bytes += rollup->record.body_size;
	roller->made_count++;
	return 0;
}

/* Whether it may succeed the next time: then the step is taken back. Otherwise this window goes
 * without, as one does that is damaged or too large, or whose profiles do not combine. */
static bool is_passing(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -EIO ||
	       error == -ECANCELED;
}

static int roll_window(struct roller *roller, const struct partition_window *window)
{
	roller->count = 0;
	int error = partition_show_window(roller->partition, window, take_record, roller);
	if (!error && is_worth_it(roller, window))
		error = make_rollup(roller, window);
	return is_passing(error) ? error : 0;
}

/* ---- a step -------------------------------------------------------------------------------- */

static void clear_made(struct roller *roller)
{
	for (size_t i = 0; i < roller->made_count; i++)
		clear_rollup(&roller->made[i]);
	roller->made_count = 0;
	roller->made_bytes = 0;
}

/* Hands over what has been made. How far the partition has been looked through is told with the
 * last ones; when there are none it is no loss to look again after the next start. */
static int hand_over(struct roller *roller, struct partition_rollups *rollups)
{
	rollups->at = roller->made;
	rollups->count = roller->made_count;
	if (!roller->made_count)
		return 0;
	int error = roller->options.commit(roller->options.context, roller->partition, rollups);
	clear_made(roller);
	return error;
}

static int roll_level(struct roller *roller, size_t level)
{
	struct partition *partition = roller->partition;
	struct partition_rollups rollups = {.level = level, .drops = partition->drops};
	struct partition_unrolled search = {.level = level,
					    .settle_ns = roller->options.settle_ns,
					    .windows = roller->windows,
					    .room = WINDOWS_MAX};
	int error = partition_find_unrolled(partition, &search);
	if (error)
		return error == -ENODATA ? 0 : error;
	for (size_t i = 0; i < search.count && !error; i++) {
		if (roller->made_count == MADE_MAX || roller->made_bytes > MADE_BYTES)
			error = hand_over(roller, &rollups);
		if (!error)
			error = roll_window(roller, &search.windows[i]);
	}
	rollups.is_complete = true;
	rollups.rolled_row = search.row;
	if (!error)
		error = hand_over(roller, &rollups);
	if (!error)
		partition_set_rolled(partition, level, search.row);
	clear_made(roller);
	/* What was dropped meanwhile is left out the next time. */
	return error == -ECANCELED || error == -ESTALE ? 0 : error ? error : 1;
}

int roller_step(struct roller *roller, struct partition *partition)
{
	int went = 0;
	roller->partition = partition;
	for (size_t level = 0; level < PARTITION_LEVELS; level++) {
		int got = roll_level(roller, level);
		if (got < 0)
			return got;
		went |= got;
	}
	return went;
}
