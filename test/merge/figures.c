/* SPDX-License-Identifier: Apache-2.0 */
/* figures.c -- figures FILE...: what it costs to take profiles in, to keep and to merge them. */
#include "collector/dictionary_bytes.h"
#include "collector/input.h"
#include "collector/merge.h"
#include "collector/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zstd.h>

enum {
	FILE_MAX = 64 << 20,
	DICTIONARY_MAX = 256 << 20,
	RATIO_MAX = 512,
	ROUNDS = 5, /* the best of so many counts */
};

enum step {
	STEP_INFLATE,
	STEP_VIEW,
	STEP_SHEET,
	STEP_RECORD,
	STEPS,
};

static const char *const step_names[STEPS] = {"inflate", "read in place", "look up",
					      "make a record"};

struct profiles {
	struct merge_profile *pprofs, *records;
	size_t count, uploaded, raw, recorded;
	struct dictionary *dictionary;
	ZSTD_CCtx *zstd;
	struct bytes pieces;
	double seconds[STEPS];
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "figures: %s: %s\n", what, why);
	exit(1);
}

static double now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_all(struct profiles *p, char **files)
{
	p->pprofs = calloc(p->count, sizeof(*p->pprofs));
	p->records = calloc(p->count, sizeof(*p->records));
	for (size_t i = 0; i < p->count; i++) {
		uint8_t *bytes;
		if (input_read(files[i], FILE_MAX, &bytes, &p->pprofs[i].size))
			die(files[i], "cannot be read");
		p->pprofs[i].bytes = bytes;
		p->uploaded += p->pprofs[i].size;
	}
}

/* Adds the time since *from to a step. */
static void lap(struct profiles *p, enum step step, double *from)
{
	double time = now(CLOCK_PROCESS_CPUTIME_ID);
	p->seconds[step] += time - *from;
	*from = time;
}

static void take_in(struct profiles *p, size_t i, struct inflate *inflate, struct arena *arena)
{
	struct view view;
	struct sheet sheet;
	struct view_input input = {0};
	struct bytes record = {0};
	char error[VIEW_ERROR_SIZE];
	const uint8_t *raw;
	double time = now(CLOCK_PROCESS_CPUTIME_ID);
	if (inflate_open(inflate, p->pprofs[i].bytes, p->pprofs[i].size, &raw, &input.size))
		die("inflate", "corrupt");
	lap(p, STEP_INFLATE, &time);
	input.bytes = raw;
	p->raw += input.size;
	arena_clear(arena);
	if (view_open(&view, arena, &input, error))
		die("view", error);
	lap(p, STEP_VIEW, &time);
	if (sheet_take(&sheet, arena, &view, p->dictionary))
		die("sheet", "full");
	lap(p, STEP_SHEET, &time);
	if (record_encode(&sheet, &record, p->zstd))
		die("record", "out of memory");
	lap(p, STEP_RECORD, &time);
	p->records[i] = (struct merge_profile){
		.bytes = record.at, .size = record.size, .dictionary = p->dictionary};
	p->recorded += record.size;
}

/* Pieces of a dictionary as a group commit would write them. */
static void take_all_in(struct profiles *p, size_t group)
{
	struct inflate *inflate = inflate_create(FILE_MAX, RATIO_MAX);
	struct arena arena = {0};
	struct dictionary_mark mark = {0};
	p->dictionary = dictionary_create(DICTIONARY_MAX, 1);
	p->zstd = ZSTD_createCCtx();
	for (size_t i = 0; i < p->count; i++) {
		take_in(p, i, inflate, &arena);
		if (i % group == group - 1 || i == p->count - 1)
			dictionary_take(p->dictionary, &mark, &p->pieces);
	}
	arena_free(&arena);
	inflate_destroy(inflate);
}

static void print_in(const struct profiles *p)
{
	double count = (double)p->count, kept = (double)(p->recorded + p->pieces.size);
	printf("profiles                  %zu of %.0f bytes, %.0f inflated\n", p->count,
	       (double)p->uploaded / count, (double)p->raw / count);
	for (size_t i = 0; i < STEPS; i++)
		printf("%-25s %.3f ms of CPU time each\n", step_names[i],
		       p->seconds[i] * 1e3 / count);
	printf("records                   %.0f bytes each\n", (double)p->recorded / count);
	printf("dictionary                %.0f bytes each, %u stacks\n",
	       (double)p->pieces.size / count, dictionary_count(p->dictionary, DICTIONARY_STACKS));
	printf("kept of what was uploaded 1/%.1f\n", (double)p->uploaded / kept);
}

static int get(void *data, size_t i, struct merge_profile *p, char error[MERGE_ERROR_SIZE])
{
	(void)error;
	*p = ((struct merge_profile *)data)[i];
	return 0;
}

static void merge(const struct profiles *p, struct merge_profile *all, const char *what,
		  unsigned threads)
{
	struct merge_source source = {.data = all, .count = p->count, .get = get};
	struct merge_options options = {.threads = threads, .memory = 1 << 30};
	char error[MERGE_ERROR_SIZE];
	double best = 1e9, best_cpu = 1e9;
	size_t size = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t *bytes;
		double begin = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		if (merge_pprof(&source, &options, &bytes, &size, error))
			die("merge", error);
		double seconds = now(CLOCK_MONOTONIC) - begin;
		best = seconds < best ? seconds : best;
		cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		best_cpu = cpu < best_cpu ? cpu : best_cpu;
		free(bytes);
	}
	printf("merge %zu %-8s %u thread%s %.1f ms, %.1f ms of CPU time, a pprof of %zu bytes\n",
	       p->count, what, threads, threads == 1 ? " " : "s", best * 1e3, best_cpu * 1e3, size);
}

int main(int argc, char **argv)
{
	struct profiles p = {.count = (size_t)(argc - 1)};
	struct rusage usage;
	if (argc < 2)
		return 2;
	read_all(&p, argv + 1);
	take_all_in(&p, 32);
	print_in(&p);
	for (unsigned threads = 1; threads <= 2; threads++)
		merge(&p, p.records, "records", threads);
	for (unsigned threads = 1; threads <= 2; threads++)
		merge(&p, p.pprofs, "pprofs", threads);
	getrusage(RUSAGE_SELF, &usage);
	printf("most memory               %ld KiB, all profiles among it\n", usage.ru_maxrss);
	return 0;
}
