/* SPDX-License-Identifier: Apache-2.0 */
/* compact_thread.c -- goes through the days, again and again, and has compact records made, and
 * rollups of them. */
#include "collector/compact_thread.h"

#include "collector/journal.h"
#include "collector/moment.h"
#include "collector/roller.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	COMPACT_MS = 1000, /* how long it waits for something to do */
	SETTLES = 4, /* times that uploads wait for more; a window waits so long for profiles */
};

struct compact_thread {
	struct compact_options options;
	struct compactor *compactor;
	struct roller *roller;
	pthread_t thread;
	pthread_mutex_t lock; /* for wake */
	pthread_cond_t wake;
	atomic_bool resting; /* it is to end */
};

static int compact_day(struct compact_thread *thread, struct partition *partition)
{
	int count = 1;
	while (count > 0 && !thread->resting) {
		int64_t before_ns = moment_now() - (int64_t)thread->options.compact_ms * 1000000;
		count = compactor_step(thread->compactor, partition, before_ns,
				       thread->options.commit, thread->options.context);
	}
	return count < 0 ? count : 0;
}

static int roll_day(struct compact_thread *thread, struct partition *partition)
{
	int went = 1;
	while (went > 0 && !thread->resting)
		went = roller_step(thread->roller, partition);
	return went < 0 ? went : 0;
}

/* Whether all that came on this day has waited long enough, even for a rollup. */
static bool is_settled(const struct compact_thread *thread, const struct partition *partition)
{
	char name[PARTITION_NAME_SIZE];
	int64_t settling_ns = (int64_t)thread->options.compact_ms * (SETTLES + 1) * 1000000;
	days_name(name, moment_now() - settling_ns);
	return strcmp(partition->name, name) < 0;
}

/* A day that is over changes by retention alone, and looking at it each time would keep its reader
 * open for ever. */
static bool is_done(const struct partition *partition)
{
	return partition->is_looked_through && partition->looked_profiles == partition->profiles &&
	       partition->looked_drops == partition->drops;
}

static int look_through(struct compact_thread *thread, struct partition *partition)
{
	uint64_t profiles = partition->profiles, drops = partition->drops;
	bool settled = is_settled(thread, partition);
	int status = compact_day(thread, partition);
	if (!status)
		status = roll_day(thread, partition);
	partition->is_looked_through = settled && !status && !thread->resting;
	partition->looked_profiles = profiles;
	partition->looked_drops = drops;
	return status;
}

/* What is wrong with one day is no reason to leave the others. Says so once when it fails, and once
 * when it works again. */
static void compact_all(struct compact_thread *thread, int *last_error)
{
	struct partition *partition = NULL;
	int error = 0;
	while ((partition = days_next(thread->options.days, partition))) {
		int status = is_done(partition) ? 0 : look_through(thread, partition);
		error = status ? status : error;
	}
	if (error && error != *last_error)
		journal(JOURNAL_WARNING, "compact records are not made now: %s", strerror(-error));
	if (!error && *last_error)
		journal(JOURNAL_INFO, "compact records are made again");
	*last_error = error;
}

static void *compact_for_ever(void *context)
{
	struct compact_thread *thread = context;
	bool resting = false;
	int last_error = 0;
	while (!resting) {
		compact_all(thread, &last_error);
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += COMPACT_MS / 1000;
		pthread_mutex_lock(&thread->lock);
		int error = 0;
		while (!thread->resting && !error)
			error = pthread_cond_timedwait(&thread->wake, &thread->lock, &until);
		resting = thread->resting;
		pthread_mutex_unlock(&thread->lock);
	}
	return NULL;
}

static void free_thread(struct compact_thread *thread)
{
	compactor_destroy(thread->compactor);
	roller_destroy(thread->roller);
	pthread_mutex_destroy(&thread->lock);
	pthread_cond_destroy(&thread->wake);
	free(thread);
}

static struct roller *create_roller(struct compact_thread *thread)
{
	const struct compact_options *options = &thread->options;
	const struct roller_options roller = {
		.seed = options->seed,
		.settle_ns = (int64_t)options->compact_ms * SETTLES * 1000000,
		.resting = &thread->resting,
		.commit = options->commit_rollups,
		.context = options->context,
	};
	return roller_create(&roller);
}

struct compact_thread *compact_thread_start(const struct compact_options *options)
{
	pthread_condattr_t attributes;
	struct compact_thread *thread = calloc(1, sizeof *thread);
	if (!thread)
		return NULL;
	thread->options = *options;
	thread->compactor = compactor_create(options->inflated_max, options->seed);
	thread->roller = create_roller(thread);
	pthread_mutex_init(&thread->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	int error = thread->compactor && thread->roller
			    ? pthread_create(&thread->thread, NULL, compact_for_ever, thread)
			    : ENOMEM;
	if (!error)
		return thread;
	free_thread(thread);
	errno = error;
	return NULL;
}

void compact_thread_stop(struct compact_thread *thread)
{
	if (!thread)
		return;
	pthread_mutex_lock(&thread->lock);
	thread->resting = true;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->lock);
	pthread_join(thread->thread, NULL);
	free_thread(thread);
}
