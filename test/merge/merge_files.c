/* SPDX-License-Identifier: Apache-2.0 */
/* merge_files.c -- merge_files [-r] [-t THREADS] OUT FILE...: merges profiles as conprofd does, so
 * that google/pprof can be asked whether it would have done the same.
 *
 * With -r each profile first becomes a record, all of one dictionary, which itself is written and
 * read again.
 */
#include "collector/dictionary_bytes.h"
#include "collector/input.h"
#include "collector/merge.h"
#include "collector/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_MAX = 64 << 20,
	DICTIONARY_MAX = 256 << 20,
	RATIO_MAX = 512,
	SEED = 5,
};

struct profiles {
	struct merge_profile *all;
	size_t count, uploaded, recorded;
	struct dictionary *dictionary;
	struct bytes pieces; /* of it */
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "merge_files: %s: %s\n", what, why);
	exit(1);
}

static int get(void *data, size_t i, struct merge_profile *p, char error[MERGE_ERROR_SIZE])
{
	struct profiles *profiles = data;
	(void)error;
	*p = profiles->all[i];
	return 0;
}

static void read_all(struct profiles *p, char **files)
{
	p->all = calloc(p->count + 1, sizeof(*p->all));
	for (size_t i = 0; p->all && i < p->count; i++) {
		uint8_t *bytes;
		int error = input_read(files[i], FILE_MAX, &bytes, &p->all[i].size);
		if (error)
			die(files[i], strerror(-error));
		p->all[i].bytes = bytes;
		p->uploaded += p->all[i].size;
	}
}

static void take_sheet(struct sheet *sheet, struct arena *arena, struct inflate *inflate,
		       const struct merge_profile *p, struct dictionary *d)
{
	struct view view;
	struct view_input input = {0};
	char error[VIEW_ERROR_SIZE] = "corrupt compression";
	const uint8_t *bytes;
	if (inflate_open(inflate, p->bytes, p->size, &bytes, &input.size))
		die("inflate", error);
	input.bytes = bytes;
	if (view_open(&view, arena, &input, error))
		die("view", error);
	if (sheet_take(sheet, arena, &view, d))
		die("sheet", "full");
}

/* Pieces as they would be appended to a file, one for each profile. */
static void record_all(struct profiles *p)
{
	struct arena arena = {0};
	struct inflate *inflate = inflate_create(FILE_MAX, RATIO_MAX);
	struct dictionary_mark mark = {0};
	p->dictionary = dictionary_create(DICTIONARY_MAX, SEED);
	for (size_t i = 0; i < p->count; i++) {
		struct sheet sheet;
		struct bytes record = {0};
		arena_clear(&arena);
		take_sheet(&sheet, &arena, inflate, &p->all[i], p->dictionary);
		if (record_encode(&sheet, &record, NULL) ||
		    dictionary_take(p->dictionary, &mark, &p->pieces))
			die("record", "out of memory");
		free((void *)(uintptr_t)p->all[i].bytes);
		p->all[i] = (struct merge_profile){.bytes = record.at, .size = record.size};
		p->recorded += record.size;
	}
	arena_free(&arena);
	inflate_destroy(inflate);
}

static void load_dictionary(struct profiles *p)
{
	struct dictionary_mark mark = {0};
	char error[DICTIONARY_ERROR_SIZE];
	size_t used;
	dictionary_destroy(p->dictionary);
	p->dictionary = dictionary_create(DICTIONARY_MAX, SEED + 1);
	if (dictionary_load(p->dictionary, &mark, &p->pieces, &used, error))
		die("dictionary", error);
	for (size_t i = 0; i < p->count; i++)
		p->all[i].dictionary = p->dictionary;
	fprintf(stderr, "%zu profiles: %zu bytes, %zu as records and %zu of dictionary\n", p->count,
		p->uploaded, p->recorded, p->pieces.size);
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *to = fopen(path, "we");
	bool good = to && fwrite(bytes, 1, size, to) == size;
	if (to && fclose(to))
		good = false;
	if (!good)
		perror(path);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct merge_options options = {.threads = 1};
	char error[MERGE_ERROR_SIZE];
	uint8_t *bytes;
	size_t size;
	bool as_records = false;
	for (int c; (c = getopt(argc, argv, "rt:")) != -1;) {
		if (c == 't')
			options.threads = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			as_records = true;
		else
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	struct profiles profiles = {.count = (size_t)(argc - optind - 1)};
	read_all(&profiles, argv + optind + 1);
	if (as_records) {
		record_all(&profiles);
		load_dictionary(&profiles);
	}
	struct merge_source source = {.data = &profiles, .count = profiles.count, .get = get};
	if (merge_pprof(&source, &options, &bytes, &size, error))
		die("merge", error);
	int status = write_file(argv[optind], bytes, size);
	free(bytes);
	for (size_t i = 0; i < profiles.count; i++)
		free((void *)(uintptr_t)profiles.all[i].bytes);
	free(profiles.all);
	dictionary_destroy(profiles.dictionary);
	bytes_free(&profiles.pieces);
	return status;
}
