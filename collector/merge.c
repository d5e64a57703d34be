/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c -- many profiles become one.
 *
 * Each thread has a run of the profiles, in their order, and sums them up in a tally per
 * dictionary; pprofs in one of a dictionary of its own. At the end the tallies are merged one after
 * the other, which costs what is different in them and not how many they were of.
 */
#include "collector/merge.h"

#include "collector/inflate.h"
#include "collector/record.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RUN_LEAST = 8, /* profiles for which a thread is worth while */
};

struct run; /* the profiles of one thread */

struct job {
	const struct merge_source *source;
	struct merge_options options;
	atomic_size_t failed; /* the first profile known to have failed; later ones do not matter */
};

struct part {
	struct tally tally;
	size_t first; /* profile */
};

struct run {
	struct job *job;
	pthread_t thread;
	bool has_thread;
	size_t from, to;	    /* the profiles */
	struct dictionary *own;	    /* of the pprofs */
	struct table_budget budget; /* of the tallies */
	struct part *parts;
	size_t part_count;
	struct inflate *inflate, *records; /* of pprofs, and of records */
	struct arena arena;		   /* of the profile in hand */
	size_t at;			   /* it, and the one that failed */
	int error;
	char text[MERGE_ERROR_SIZE];
};

__attribute__((format(printf, 3, 4))) static int fail(struct run *r, int error, const char *format,
						      ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(r->text, sizeof(r->text), format, arguments);
	va_end(arguments);
	return r->error = error;
}

static int fail_plainly(struct run *r, int error)
{
	return fail(r, error, "%s",
		    error == -ENOSPC
			    ? "the merge needs more memory than it may have (--merge-memory)"
		    : error == -ENOMEM ? "out of memory"
				       : strerror(-error));
}

static int add_part(struct run *r, const struct dictionary *dictionary)
{
	struct part *parts = realloc(r->parts, (r->part_count + 1) * sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	r->parts = parts;
	struct part *part = &parts[r->part_count];
	part->first = r->at;
	if (!tally_open(&part->tally, dictionary, &r->budget, r->job->options.seed))
		return r->budget.is_full ? -ENOSPC : -ENOMEM;
	r->part_count++;
	return 0;
}

/* The tally of a dictionary: mostly the last one. */
static struct tally *find_tally(struct run *r, const struct dictionary *dictionary)
{
	for (size_t i = r->part_count; i-- > 0;)
		if (r->parts[i].tally.dictionary == dictionary)
			return &r->parts[i].tally;
	int error = add_part(r, dictionary);
	if (!error)
		return &r->parts[r->part_count - 1].tally;
	fail_plainly(r, error);
	return NULL;
}

static int add_sheet(struct run *r, const struct merge_profile *p,
		     const struct dictionary *dictionary, struct sheet *sheet)
{
	struct tally *tally = find_tally(r, dictionary);
	char text[TALLY_ERROR_SIZE] = "";
	if (!tally)
		return r->error;
	sheet->order = p->order;
	if (!p->order.sequence)
		sheet->order.sequence = r->at + 1;
	int error = tally_add(tally, sheet, text);
	return error == -EINVAL ? fail(r, error, "%s", text) : error ? fail_plainly(r, error) : 0;
}

static int open_view(struct run *r, const struct merge_profile *p, struct view *view)
{
	const struct merge_options *o = &r->job->options;
	char text[VIEW_ERROR_SIZE] = "";
	struct view_input input = {.limits = o->limits};
	const uint8_t *bytes;
	if (!r->inflate)
		r->inflate = inflate_create(o->inflated, INFLATE_ANY);
	if (!r->inflate)
		return fail_plainly(r, -ENOMEM);
	int error = inflate_open(r->inflate, p->bytes, p->size, &bytes, &input.size);
	if (error == -EFBIG)
		return fail(r, error,
			    "inflates to more than is allowed (--inflated-max), or than %d times "
			    "its size",
			    INFLATE_ANY);
	if (error)
		return fail(r, error, "%s",
			    error == -EBADMSG ? "corrupt or cut compression" : "out of memory");
	input.bytes = bytes;
	error = view_open(view, &r->arena, &input, text);
	return error ? fail(r, error, "%s", text) : 0;
}

static int add_pprof(struct run *r, const struct merge_profile *p)
{
	struct view view;
	struct sheet sheet;
	if (!r->own)
		r->own = dictionary_create(r->budget.left / 2, r->job->options.seed);
	if (!r->own)
		return fail_plainly(r, -ENOMEM);
	if (open_view(r, p, &view))
		return r->error;
	r->arena.max += r->job->options.limits->memory; /* as much again, for the sheet */
	int error = sheet_take(&sheet, &r->arena, &view, r->own);
	return error ? fail_plainly(r, error) : add_sheet(r, p, r->own, &sheet);
}

/* Records are our own: what they inflate to is limited, but not by a ratio. */
static int add_record(struct run *r, const struct merge_profile *p)
{
	char text[RECORD_ERROR_SIZE] = "";
	struct sheet sheet;
	if (!r->records)
		r->records = inflate_create(RECORD_BODY_MAX, UINT_MAX);
	if (!r->records)
		return fail_plainly(r, -ENOMEM);
	struct record_input input = {p->bytes, p->size, p->dictionary, r->records};
	r->arena.max = r->job->options.limits->memory;
	int error = record_decode(&sheet, &r->arena, &input, text);
	if (error)
		return fail(r, error == -EBADMSG ? -EIO : error, "%s", text);
	return add_sheet(r, p, p->dictionary, &sheet);
}

static int add_profile(struct run *r, const struct merge_profile *p)
{
	if (!p->size)
		return 0;
	arena_clear(&r->arena);
	return p->dictionary ? add_record(r, p) : add_pprof(r, p);
}

static int add_next(struct run *r)
{
	const struct merge_source *source = r->job->source;
	const atomic_bool *cancel = r->job->options.cancel;
	struct merge_profile profile = {0};
	char text[MERGE_ERROR_SIZE] = "";
	if (cancel && atomic_load_explicit(cancel, memory_order_relaxed))
		return fail(r, -ECANCELED, "cancelled");
	int error = source->get(source->data, r->at, &profile, text);
	if (error)
		return fail(r, error, "%s", *text ? text : strerror(-error));
	add_profile(r, &profile);
	if (source->put)
		source->put(source->data, r->at, &profile);
	return r->error;
}

/* Tells the threads that have later profiles. */
static void tell_failure(struct run *r)
{
	size_t known = atomic_load(&r->job->failed);
	while (r->at < known && !atomic_compare_exchange_weak(&r->job->failed, &known, r->at))
		continue;
}

static void *run_all(void *data)
{
	struct run *r = data;
	for (r->at = r->from; r->at < r->to && r->at < atomic_load(&r->job->failed); r->at++) {
		if (add_next(r)) {
			tell_failure(r);
			break;
		}
	}
	arena_free(&r->arena);
	inflate_destroy(r->inflate);
	inflate_destroy(r->records);
	return NULL;
}

static void run_close(struct run *r)
{
	for (size_t i = 0; i < r->part_count; i++)
		tally_close(&r->parts[i].tally);
	free(r->parts);
	dictionary_destroy(r->own);
}

/* Adds what a run has found; the first failure in the order of the profiles is the one told. */
static int add_run(struct merged *merged, struct run *r)
{
	char text[TALLY_ERROR_SIZE] = "";
	for (size_t i = 0; i < r->part_count; i++) {
		int error = merged_add(merged, &r->parts[i].tally, text);
		if (error)
			r->at = r->parts[i].first;
		if (error == -EINVAL)
			return fail(r, error, "%s", text);
		if (error)
			return fail_plainly(r, error);
	}
	return r->error;
}

static int add_runs(struct merged *merged, struct run *runs, unsigned count,
		    char error[MERGE_ERROR_SIZE])
{
	for (unsigned i = 0; i < count; i++) {
		struct run *r = &runs[i];
		if (!add_run(merged, r))
			continue;
		if (r->error == -ENOSPC || r->error == -ENOMEM || r->error == -ECANCELED)
			snprintf(error, MERGE_ERROR_SIZE, "%s", r->text);
		else
			snprintf(error, MERGE_ERROR_SIZE, "profile %zu: %.600s", r->at + 1,
				 r->text);
		return r->error;
	}
	if (merged->has_sums && merged->is_odd) {
		snprintf(error, MERGE_ERROR_SIZE, "profiles without a time stand between sums");
		return -EAGAIN;
	}
	if (merged->tally_count)
		return 0;
	snprintf(error, MERGE_ERROR_SIZE, "no profiles to merge");
	return -ENODATA;
}

/* The first run is this thread's, and so is every other for which there is no thread. */
static void run_threads(struct run *runs, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		runs[i].has_thread = !pthread_create(&runs[i].thread, NULL, run_all, &runs[i]);
	for (unsigned i = 0; i < count; i++)
		if (!runs[i].has_thread)
			run_all(&runs[i]);
	for (unsigned i = 1; i < count; i++)
		if (runs[i].has_thread)
			pthread_join(runs[i].thread, NULL);
}

static unsigned thread_count(const struct job *job)
{
	size_t useful = job->source->count / RUN_LEAST, threads = job->options.threads;
	if (threads > MERGE_THREADS_MAX)
		threads = MERGE_THREADS_MAX;
	if (threads > useful)
		threads = useful;
	return threads ? (unsigned)threads : 1;
}

static void set_defaults(struct merge_options *o)
{
	o->memory = o->memory ? o->memory : MERGE_MEMORY;
	o->inflated = o->inflated ? o->inflated : MERGE_INFLATED;
	o->limits = o->limits ? o->limits : &view_limits;
}

/* Half of the memory is for what the threads sum up, half for the profile that it becomes. */
static int merge_all(struct job *job, struct merged *merged, char error[MERGE_ERROR_SIZE])
{
	unsigned count = thread_count(job);
	struct run *runs = calloc(count, sizeof(*runs));
	if (!runs) {
		snprintf(error, MERGE_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	for (unsigned i = 0; i < count; i++)
		runs[i] = (struct run){.job = job,
				       .from = job->source->count * i / count,
				       .to = job->source->count * (i + 1) / count,
				       .budget.left = job->options.memory / 2 / count,
				       .arena.max = job->options.limits->memory};
	run_threads(runs, count);
	int result = add_runs(merged, runs, count, error);
	for (unsigned i = 0; i < count; i++)
		run_close(&runs[i]);
	free(runs);
	return result;
}

int merge_run(const struct merge_source *source, const struct merge_options *options,
	      struct merged **merged, char error[MERGE_ERROR_SIZE])
{
	struct job job = {.source = source, .options = *options};
	set_defaults(&job.options);
	atomic_init(&job.failed, SIZE_MAX);
	*merged = merged_create(job.options.memory / 2, job.options.seed);
	if (!*merged) {
		snprintf(error, MERGE_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	int result = merge_all(&job, *merged, error);
	if (result) {
		merged_destroy(*merged);
		*merged = NULL;
	}
	return result;
}

/* The fast path: 1 when there is a single pprof, which is valid and now in *bytes. */
static int take_single(struct run *r, uint8_t **bytes, size_t *size)
{
	const struct merge_source *source = r->job->source;
	struct merge_profile p = {0};
	struct view view;
	int result = source->get(source->data, 0, &p, r->text);
	if (result)
		return result;
	if (!p.dictionary && p.size) {
		result = open_view(r, &p, &view);
		*bytes = result ? NULL : malloc(p.size);
		*size = p.size;
		if (*bytes)
			memcpy(*bytes, p.bytes, p.size);
		if (!result)
			result = *bytes ? 1 : fail_plainly(r, -ENOMEM);
	}
	if (source->put)
		source->put(source->data, 0, &p);
	return result;
}

static int merge_single(const struct merge_source *source, const struct merge_options *options,
			uint8_t **bytes, size_t *size, char error[MERGE_ERROR_SIZE])
{
	struct job job = {.source = source, .options = *options};
	set_defaults(&job.options);
	struct run run = {.job = &job, .arena.max = job.options.limits->memory};
	int result = take_single(&run, bytes, size);
	if (result < 0)
		snprintf(error, MERGE_ERROR_SIZE, "profile 1: %.600s",
			 *run.text ? run.text : strerror(-result));
	arena_free(&run.arena);
	inflate_destroy(run.inflate);
	return result;
}

int merge_pprof(const struct merge_source *source, const struct merge_options *options,
		uint8_t **bytes, size_t *size, char error[MERGE_ERROR_SIZE])
{
	struct merged *merged;
	int result = source->count == 1 ? merge_single(source, options, bytes, size, error) : 0;
	if (result)
		return result < 0 ? result : 0;
	result = merge_run(source, options, &merged, error);
	if (result)
		return result;
	result = merged_encode(merged, options->memory ? options->memory : MERGE_MEMORY, bytes,
			       size);
	if (result)
		snprintf(error, MERGE_ERROR_SIZE, "%s",
			 result == -EFBIG ? "the merged profile is too large (--merge-memory)"
					  : "out of memory");
	merged_destroy(merged);
	return result;
}
