/* SPDX-License-Identifier: Apache-2.0 */
/* local_store.c -- the store that needs nobody else: a directory, one partition per day.
 *
 * One thread makes compact records of what was uploaded, and rollups of many of those, and hands
 * them to the other. That one alone writes: it takes all batches that wait as one group, so that
 * under load one sync serves many uploads, and looks after retention in between. Everybody else
 * only reads. A profile goes to the day of its arrival, whatever time it speaks of: a day then ends
 * for good, and what somebody says about 1970 is kept as long as anything else.
 */
#include "collector/local_store.h"

#include "collector/compact_thread.h"
#include "collector/days.h"
#include "collector/journal.h"
#include "collector/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	GROUP_MAX = 512, /* profiles of one commit */
	SWEEP_MS = 10000,
	SEGMENT_SIZE_LEAST = 256 << 10, /* however small the limit of bytes */
	SEGMENTS_IN_LIMIT = 8,		/* so that dropping one is a small step */
};

/* Records that wait for the writer. */
struct handover {
	struct partition *partition;
	const struct partition_raw *raw;
	size_t count;
	const struct partition_rollups *rollups; /* NULL: raw */
	int error;
};

struct local_store {
	struct store store;
	char *directory;
	int lock_fd; /* whose lock says that the directory is ours */
	struct days days;
	unsigned sweep_ms;
	pthread_t thread;
	int put_error;			   /* of the last group; the writer's */
	struct compact_thread *compacting; /* NULL: none */
	uint64_t seed;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	struct retention retention;
	struct store_batch *first, **last;
	uint64_t queued_bytes, queue_max;
	bool closing;
	struct handover *handover;
	pthread_cond_t handed; /* it was stored, or there is none to wait for */
	_Atomic uint64_t commits, damaged;
};

static uint64_t bytes_of(const struct store_batch *batch)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < batch->count; i++)
		bytes += batch->puts[i].profile.size;
	return bytes;
}

static struct retention current_retention(struct local_store *local)
{
	pthread_mutex_lock(&local->lock);
	struct retention retention = local->retention;
	pthread_mutex_unlock(&local->lock);
	return retention;
}

/* ---- writing ------------------------------------------------------------------------------- */

static uint64_t segment_size(const struct retention *retention)
{
	uint64_t size = retention->max_bytes / SEGMENTS_IN_LIMIT;
	if (size == 0 || size > SEGMENT_SIZE)
		return SEGMENT_SIZE;
	return size > SEGMENT_SIZE_LEAST ? size : SEGMENT_SIZE_LEAST;
}

static int put_group(struct local_store *local, struct store_put **puts, size_t count)
{
	struct retention retention = current_retention(local);
	struct partition *today;
	struct partition_puts group = {.at = puts,
				       .count = count,
				       .retention = &retention,
				       .segment_size = segment_size(&retention)};
	int error = days_today(&local->days, moment_now(), &today, &group.older);
	if (error)
		return error;
	error = partition_put(today, &group);
	local->commits += !error;
	partition_release(group.older);
	partition_release(today);
	return error;
}

static int put_batches(struct local_store *local, struct store_batch *first, size_t count)
{
	struct store_put **puts = calloc(count + 1, sizeof(void *));
	size_t at = 0;
	if (!puts)
		return -ENOMEM;
	for (struct store_batch *batch = first; batch; batch = batch->next)
		for (size_t i = 0; i < batch->count; i++)
			puts[at++] = &batch->puts[i];
	int error = put_group(local, puts, at);
	free(puts);
	return error;
}

static void end_batch(struct local_store *local, struct store_batch *batch, int error)
{
	pthread_mutex_lock(&local->lock);
	local->queued_bytes -= bytes_of(batch);
	pthread_mutex_unlock(&local->lock);
	batch->done(batch, error);
}

/* Once when it begins to fail, and once when it works again. */
static void tell(struct local_store *local, int error)
{
	if (error && error != local->put_error)
		journal(JOURNAL_ERROR, "uploads cannot be stored now, and are refused: %s",
			strerror(-error));
	if (!error && local->put_error)
		journal(JOURNAL_INFO, "uploads are stored again");
	local->put_error = error;
}

/* All in one commit. If that fails for another reason than the disk, the one that is to blame
 * fails alone. */
static void commit(struct local_store *local, struct store_batch *first, size_t count)
{
	int error = put_batches(local, first, count);
	tell(local, error);
	bool one_by_one = error && error != -ENOSPC && first->next;
	while (first) {
		struct store_batch *next = first->next;
		first->next = NULL;
		end_batch(local, first,
			  one_by_one ? put_batches(local, first, first->count) : error);
		first = next;
	}
}

/* The batches of one group; NULL when nothing came in time. Called under lock. */
static struct store_batch *take_group(struct local_store *local, size_t *count)
{
	struct store_batch *first = local->first;
	struct store_batch **at = &local->first;
	*count = 0;
	while (*at && (*count == 0 || *count + (*at)->count <= GROUP_MAX)) {
		*count += (*at)->count;
		at = &(*at)->next;
	}
	if (!first)
		return NULL;
	local->first = *at;
	if (!local->first)
		local->last = &local->first;
	*at = NULL;
	return first;
}

static void wait_for_work(struct local_store *local, int64_t until_ns)
{
	struct timespec until = {.tv_sec = until_ns / MOMENT_SECOND,
				 .tv_nsec = until_ns % MOMENT_SECOND};
	int error = 0;
	while (!local->first && !local->handover && !local->closing && !error)
		error = pthread_cond_timedwait(&local->wake, &local->lock, &until);
}

/* Stores what the compactor has handed over, if there is something. */
static void take_handover(struct local_store *local)
{
	struct retention retention = current_retention(local);
	pthread_mutex_lock(&local->lock);
	struct handover *handover = local->handover;
	pthread_mutex_unlock(&local->lock);
	if (!handover)
		return;
	uint64_t size = segment_size(&retention);
	int error = handover->rollups
			    ? partition_put_rollups(handover->partition, handover->rollups, size)
			    : partition_put_compact(handover->partition, handover->raw,
						    handover->count, size);
	pthread_mutex_lock(&local->lock);
	handover->error = error;
	local->handover = NULL;
	pthread_cond_broadcast(&local->handed);
	pthread_mutex_unlock(&local->lock);
}

static void *write_for_ever(void *context)
{
	struct local_store *local = context;
	int64_t next_sweep = moment_monotonic();
	bool closing = false;
	struct store_batch *group;
	do {
		size_t count;
		if (moment_monotonic() >= next_sweep) {
			struct retention retention = current_retention(local);
			bool more = days_sweep(&local->days, &retention, moment_now());
			/* Uploads do not wait for all of a long sweep. */
			next_sweep = moment_monotonic() +
				     (more ? 0 : (int64_t)local->sweep_ms * 1000000);
		}
		pthread_mutex_lock(&local->lock);
		wait_for_work(local, next_sweep);
		group = take_group(local, &count);
		closing = local->closing;
		pthread_mutex_unlock(&local->lock);
		if (group)
			commit(local, group, count);
		take_handover(local);
	} while (group || !closing);
	return NULL;
}

/* ---- compact records ----------------------------------------------------------------------- */

static int hand_over(struct local_store *local, struct handover *handover)
{
	pthread_mutex_lock(&local->lock);
	local->handover = handover;
	pthread_cond_signal(&local->wake);
	while (local->handover)
		pthread_cond_wait(&local->handed, &local->lock);
	pthread_mutex_unlock(&local->lock);
	return handover->error;
}

static int hand_records(void *context, struct partition *partition, const struct partition_raw *raw,
			size_t count)
{
	struct handover handover = {.partition = partition, .raw = raw, .count = count};
	return hand_over(context, &handover);
}

static int hand_rollups(void *context, struct partition *partition,
			const struct partition_rollups *rollups)
{
	struct handover handover = {.partition = partition, .rollups = rollups};
	return hand_over(context, &handover);
}

static int local_put(struct store *store, struct store_batch *batch)
{
	struct local_store *local = (struct local_store *)store;
	uint64_t bytes = bytes_of(batch);
	pthread_mutex_lock(&local->lock);
	int error = local->closing ? -ESHUTDOWN : 0;
	/* A single batch always fits. */
	if (!error && local->queued_bytes && local->queued_bytes + bytes > local->queue_max)
		error = -EBUSY;
	if (!error) {
		batch->next = NULL;
		*local->last = batch;
		local->last = &batch->next;
		local->queued_bytes += bytes;
		pthread_cond_signal(&local->wake);
	}
	pthread_mutex_unlock(&local->lock);
	return error;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef int looker(struct partition *, const struct store_query *, const struct retention *,
		   int (*visit)(void *, const struct store_profile *), void *context);

/* In every day, until one says something else than 0. */
static int look_in_days(struct local_store *local, const struct store_query *query, looker *look,
			int (*visit)(void *, const struct store_profile *), void *context)
{
	struct retention retention = current_retention(local);
	struct partition *partition = NULL;
	int error = 0;
	while (!error && (partition = days_next(&local->days, partition)))
		error = look(partition, query, &retention, visit, context);
	partition_release(error ? partition : NULL);
	return error;
}

static int local_find(struct store *store, const struct store_query *query,
		      int (*visit)(void *, const struct store_profile *), void *context)
{
	return look_in_days((struct local_store *)store, query, partition_find, visit, context);
}

static int local_cover(struct store *store, const struct store_query *query,
		       int (*visit)(void *, const struct store_record *), void *context)
{
	struct local_store *local = (struct local_store *)store;
	struct retention retention = current_retention(local);
	struct partition *partition = NULL;
	int error = 0;
	while (!error && (partition = days_next(&local->days, partition)))
		error = partition_cover(partition, query, &retention, visit, context);
	partition_release(error ? partition : NULL);
	return error;
}

static int local_series(struct store *store, const struct store_query *query,
			int (*visit)(void *, const struct store_profile *), void *context)
{
	return look_in_days((struct local_store *)store, query, partition_series, visit, context);
}

static int local_read(struct store *store, const struct store_wanted *wanted,
		      struct store_body *body)
{
	struct local_store *local = (struct local_store *)store;
	struct retention retention = current_retention(local);
	struct partition_body found = {
		.form = wanted->form, .seed = local->seed, .tenant = wanted->tenant};
	int64_t row;
	bool is_sum = wanted->form == STORE_SUM;
	struct partition *partition = is_sum ? days_of_sum(&local->days, wanted->id, &row)
					     : days_of_id(&local->days, wanted->id, &row);
	if (!partition)
		return -ENOENT;
	int error = is_sum ? partition_read_sum(partition, row, &found)
			   : partition_read(partition, row, &retention, &found);
	partition_release(partition);
	if (error) {
		local->damaged += error == -EBADMSG;
		return error;
	}
	*body = (struct store_body){found.bytes, found.size,
				    found.codex ? found.codex->dictionary : NULL, found.codex};
	return 0;
}

static void local_release(struct store *store, struct store_body *body)
{
	(void)store;
	free(body->bytes);
	codex_release(body->held);
	body->bytes = NULL;
	body->held = NULL;
}

static void local_figures(struct store *store, struct store_figures *figures)
{
	struct local_store *local = (struct local_store *)store;
	memset(figures, 0, sizeof *figures);
	days_figures(&local->days, figures);
	figures->commits = local->commits;
	figures->damaged += local->damaged;
	pthread_mutex_lock(&local->lock);
	figures->queued_bytes = local->queued_bytes;
	pthread_mutex_unlock(&local->lock);
}

static void local_days(struct store *store, void (*visit)(void *, const struct store_day *),
		       void *context)
{
	days_show(&((struct local_store *)store)->days, visit, context);
}

/* ---- opening and closing ------------------------------------------------------------------- */

static void free_store(struct local_store *local)
{
	days_close(&local->days);
	if (local->lock_fd >= 0)
		close(local->lock_fd);
	pthread_mutex_destroy(&local->lock);
	pthread_cond_destroy(&local->wake);
	pthread_cond_destroy(&local->handed);
	free(local->directory);
	free(local);
}

/* The compactor first: it waits for the writer. */
static void local_close(struct store *store)
{
	struct local_store *local = (struct local_store *)store;
	compact_thread_stop(local->compacting);
	pthread_mutex_lock(&local->lock);
	local->closing = true;
	pthread_cond_signal(&local->wake);
	pthread_mutex_unlock(&local->lock);
	pthread_join(local->thread, NULL);
	free_store(local);
}

static const struct store_engine local_engine = {
	.put = local_put,
	.find = local_find,
	.cover = local_cover,
	.series = local_series,
	.read = local_read,
	.release = local_release,
	.figures = local_figures,
	.days = local_days,
	.close = local_close,
};

static void init_waiting(struct local_store *local)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&local->wake, &attributes);
	pthread_cond_init(&local->handed, &attributes);
	pthread_condattr_destroy(&attributes);
}

static int start_compacting(struct local_store *local, const struct local_store_options *options)
{
	const struct compact_options compact = {
		.days = &local->days,
		.inflated_max = options->inflated_max,
		.seed = options->seed,
		.compact_ms = options->compact_ms,
		.commit = hand_records,
		.commit_rollups = hand_rollups,
		.context = local,
	};
	local->compacting = compact_thread_start(&compact);
	return local->compacting ? 0 : -errno;
}

int local_store_open(const struct local_store_options *options, struct store **store)
{
	struct local_store *local = calloc(1, sizeof *local);
	if (!local)
		return -ENOMEM;
	local->store.engine = &local_engine;
	local->lock_fd = -1;
	local->last = &local->first;
	local->retention = options->retention;
	local->queue_max = options->queue_bytes;
	local->seed = options->seed;
	local->sweep_ms = options->sweep_ms ? options->sweep_ms : SWEEP_MS;
	pthread_mutex_init(&local->lock, NULL);
	init_waiting(local);
	local->directory = strdup(options->directory);
	local->lock_fd = local->directory ? days_lock(local->directory) : -ENOMEM;
	int error = local->lock_fd < 0 ? local->lock_fd : 0;
	if (!error)
		error = days_open(&local->days, local->directory);
	if (!error)
		error = -pthread_create(&local->thread, NULL, write_for_ever, local);
	if (error) {
		free_store(local);
		return error;
	}
	error = options->inflated_max ? start_compacting(local, options) : 0;
	if (error)
		local_close(&local->store);
	else
		*store = &local->store;
	return error;
}

void local_store_set_retention(struct store *store, const struct retention *retention)
{
	struct local_store *local = (struct local_store *)store;
	pthread_mutex_lock(&local->lock);
	local->retention = *retention;
	pthread_mutex_unlock(&local->lock);
}
