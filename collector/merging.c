/* SPDX-License-Identifier: Apache-2.0 */
/* merging.c -- the profiles of a selection are read from the store and merged. */
#include "collector/merging.h"

#include "collector/collector.h"
#include "collector/figures.h"
#include "collector/moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const struct merging *merging;
	struct store *store;
	struct store_body **bodies; /* what of each is held still; NULL: nothing */
	atomic_bool cancel;
	atomic_bool is_late;
};

int64_t merging_deadline(const struct collector *collector)
{
	return moment_monotonic() + (int64_t)collector->options->merge_deadline_ms * 1000000;
}

static void look_around(struct reading *reading)
{
	struct exchange *exchange = reading->merging->exchange;
	if (moment_monotonic() > reading->merging->deadline_ns)
		reading->is_late = true;
	if (reading->is_late || (exchange->is_gone && exchange->is_gone(exchange)))
		reading->cancel = true;
}

static void release_body(struct reading *reading, size_t i)
{
	if (!reading->bodies[i])
		return;
	reading->store->engine->release(reading->store, reading->bodies[i]);
	free(reading->bodies[i]);
	reading->bodies[i] = NULL;
}

/* What is damaged is our affair, and not what somebody has asked for. */
static int refuse(int error, const struct selected *selected, char why[MERGE_ERROR_SIZE])
{
	const char *id = selected->id;
	if (error == -ENOENT && !selected->is_sum) /* retention was faster */
		return 0;
	if (error == -ENOENT)
		error = -ESTALE;
	snprintf(why, MERGE_ERROR_SIZE, "profile %s cannot be read", id);
	return error == -EBADMSG ? -EIO : error;
}

/* May be asked for one profile more than once, but not by two threads. */
static int get(void *data, size_t i, struct merge_profile *profile, char why[MERGE_ERROR_SIZE])
{
	struct reading *reading = data;
	struct store *store = reading->store;
	const struct selected *selected = &reading->merging->selection->at[i];
	struct store_body *body = malloc(sizeof *body);
	memset(profile, 0, sizeof *profile);
	if (!body)
		return -ENOMEM;
	const struct store_wanted wanted = {selected->id,
					    exchange_tenant(reading->merging->exchange),
					    selected->is_sum ? STORE_SUM : STORE_COMPACT};
	look_around(reading);
	int error = store->engine->read(store, &wanted, body);
	if (error) {
		free(body);
		return refuse(error, selected, why);
	}
	*profile = (struct merge_profile){
		.bytes = body->bytes,
		.size = body->size,
		.dictionary = body->dictionary,
		.order = {.time_ns = selected->sequence ? selected->time_ns : 0,
			  .sequence = selected->sequence}};
	release_body(reading, i);
	reading->bodies[i] = body;
	return 0;
}

/* The dictionary of a record stays until the merge ends. */
static void put(void *data, size_t i, struct merge_profile *profile)
{
	struct reading *reading = data;
	struct store_body *body = reading->bodies[i];
	(void)profile;
	if (!body)
		return;
	free(body->bytes);
	body->bytes = NULL;
}

/* ---- whole merges -------------------------------------------------------------------------- */

static int begin(struct reading *reading, const struct merging *merging, char why[MERGE_ERROR_SIZE])
{
	*reading =
		(struct reading){.merging = merging, .store = merging->exchange->collector->store};
	reading->bodies = calloc(merging->selection->count, sizeof(void *));
	if (reading->bodies)
		return 0;
	snprintf(why, MERGE_ERROR_SIZE, "out of memory");
	return -ENOMEM;
}

static int end(struct reading *reading, int error, char why[MERGE_ERROR_SIZE])
{
	const struct collector *collector = reading->merging->exchange->collector;
	for (size_t i = 0; i < reading->merging->selection->count; i++)
		release_body(reading, i);
	free(reading->bodies);
	if (error != -ECANCELED || !reading->is_late)
		return error;
	figure_add(FIGURE_merges_late, 1);
	snprintf(why, MERGE_ERROR_SIZE,
		 "it takes more than %g s (--merge-deadline): choose less time, labels or a limit",
		 (double)collector->options->merge_deadline_ms / 1e3);
	return -ETIMEDOUT;
}

static struct merge_options options_of(struct reading *reading)
{
	const struct collector *collector = reading->merging->exchange->collector;
	return (struct merge_options){
		.threads = (unsigned)collector->options->threads,
		.memory = reading->merging->memory,
		.inflated = (size_t)collector->options->inflated_max,
		.seed = collector->seed,
		.cancel = &reading->cancel,
	};
}

struct output {
	struct merged **merged; /* NULL: a pprof */
	uint8_t **bytes;
	size_t *size;
};

static int merge_once(const struct merging *merging, const struct output *output,
		      char why[MERGE_ERROR_SIZE])
{
	struct reading reading;
	const struct merge_source source = {&reading, merging->selection->count, get, put};
	int error = begin(&reading, merging, why);
	if (error)
		return error;
	const struct merge_options options = options_of(&reading);
	error = output->merged ? merge_run(&source, &options, output->merged, why)
			       : merge_pprof(&source, &options, output->bytes, output->size, why);
	return end(&reading, error, why);
}

/* ---- sums ---------------------------------------------------------------------------------- */

/* Whether single profiles may do better. */
static bool is_for_sums(const struct selection *selection, int error)
{
	return selection->has_sums && error && error != -ECANCELED && error != -ETIMEDOUT &&
	       error != -ENOMEM && error != -ENOSPC;
}

static int select_again(const struct merging *merging, struct selection *selection, bool by_sums,
			char why[MERGE_ERROR_SIZE])
{
	struct store *store = merging->exchange->collector->store;
	const struct store_query *query = merging->selection->query;
	int error = by_sums ? selection_cover(selection, store, query)
			    : selection_find(selection, store, query);
	if (!selection->too_many) {
		snprintf(why, MERGE_ERROR_SIZE, "%s", strerror(-error));
		return error;
	}
	snprintf(why, MERGE_ERROR_SIZE,
		 "more than %zu profiles (--merge-max) that have to be read one by one: choose "
		 "less time or labels",
		 selection->most);
	return -EINVAL;
}

/* A sum is a way to read less, and no other answer: one that was replaced meanwhile is looked for
 * again, and when it is damaged, or the profiles do not agree, they are read one by one. */
static int merge(const struct merging *merging, const struct output *output,
		 char why[MERGE_ERROR_SIZE])
{
	int error = merge_once(merging, output, why);
	bool has_failed = is_for_sums(merging->selection, error);
	bool by_sums = error == -ESTALE;
	while (has_failed) {
		struct selection selection = {.most = merging->selection->most};
		const struct merging again = {merging->exchange, &selection, merging->memory,
					      merging->deadline_ns};
		error = select_again(merging, &selection, by_sums, why);
		if (!error)
			error = merge_once(&again, output, why);
		has_failed = is_for_sums(&selection, error);
		by_sums = false;
		selection_clear(&selection);
	}
	if (error)
		return error;
	figure_add(FIGURE_merges, 1);
	figure_add(FIGURE_merged_profiles, merging->selection->profiles);
	figure_add(FIGURE_merged_records, merging->selection->count);
	return 0;
}

int merging_run(const struct merging *merging, struct merged **merged, char why[MERGE_ERROR_SIZE])
{
	return merge(merging, &(struct output){.merged = merged}, why);
}

int merging_pprof(const struct merging *merging, uint8_t **bytes, size_t *size,
		  char why[MERGE_ERROR_SIZE])
{
	return merge(merging, &(struct output){.bytes = bytes, .size = size}, why);
}

void merging_refuse(struct exchange *exchange, int error, const char *why)
{
	switch (-error) {
	case ENODATA:
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
		break;
	case EBADMSG: /* what was stored as it is, and is no pprof */
	case EINVAL:
	case EFBIG:
	case ENOSPC:
	case ETIMEDOUT: /* again it would take as long */
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE, "cannot merge: %s", why);
		break;
	case ENOMEM:
		exchange_fail(exchange, error);
		break;
	default:
		exchange_refuse(exchange, EXCHANGE_FAILED, "cannot merge: %s", why);
	}
}
