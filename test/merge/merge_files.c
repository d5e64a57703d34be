/* SPDX-License-Identifier: Apache-2.0 */
/* merge_files.c -- merge_files [-t THREADS] OUT FILE...: merges profiles as conprofd does, so that
 * google/pprof can be asked whether it would have done the same. */
#include "collector/input.h"
#include "collector/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_MAX = 64 << 20,
};

static int get(void *data, size_t i, struct merge_profile *p, char error[MERGE_ERROR_SIZE])
{
	char **files = data;
	uint8_t *bytes;
	int result = input_read(files[i], FILE_MAX, &bytes, &p->size);
	if (result)
		snprintf(error, MERGE_ERROR_SIZE, "%s: %s", files[i], strerror(-result));
	else
		p->bytes = bytes;
	return result;
}

static void put(void *data, size_t i, struct merge_profile *p)
{
	(void)data;
	(void)i;
	free((void *)(uintptr_t)p->bytes);
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
	int c;
	while ((c = getopt(argc, argv, "t:")) != -1)
		options.threads = c == 't' ? (unsigned)strtoul(optarg, NULL, 10) : 1;
	if (argc - optind < 2)
		return 2;
	struct merge_source source = {argv + optind + 1, (size_t)(argc - optind - 1), get, put};
	if (merge_pprof(&source, &options, &bytes, &size, error)) {
		fprintf(stderr, "merge_files: %s\n", error);
		return 1;
	}
	int status = write_file(argv[optind], bytes, size);
	free(bytes);
	return status;
}
