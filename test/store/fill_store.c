/* SPDX-License-Identifier: Apache-2.0 */
/* fill_store.c -- a data directory as large and as old as it is to be, for tests of scale.
 *
 *     fill_store DIRECTORY DAYS PROFILES BYTES     so many days, the last one yesterday, each with
 * so many profiles of so many bytes
 *
 * Bodies are noise under a type of their own, so that nothing is to be compacted; the index is that
 * of 20 services with 50 hosts each, a profile of each every few seconds.
 */
#include "collector/labels.h"
#include "collector/moment.h"
#include "collector/partition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	GROUP = 512,
	SERVICES = 20,
	HOSTS = 50,
	DAY_S = 86400,
};

struct filling {
	const char *root;
	long profiles, bytes;
	uint8_t *noise; /* twice as long as a body */
	int64_t day_ns;
};

static void fail(const char *what, int error)
{
	fprintf(stderr, "fill_store: %s: %s\n", what, strerror(-error));
	exit(1);
}

static void make(const struct filling *filling, long number, struct store_put *put, char *service,
		 char *labels)
{
	int64_t time_ns =
		filling->day_ns + number * (DAY_S * MOMENT_SECOND / (filling->profiles + 1));
	snprintf(service, 32, "service%ld", number % SERVICES);
	snprintf(labels, 32, "host=h%ld", number / SERVICES % HOSTS);
	*put = (struct store_put){
		.profile = {.service = service,
			    .type = "cpu",
			    .labels = labels,
			    .sample_types = "",
			    .totals = {number % 1000},
			    .total_count = 1,
			    .time_ns = time_ns,
			    .duration_ns = MOMENT_SECOND,
			    .arrived_ns = time_ns,
			    .size = (uint64_t)filling->bytes},
		.body = filling->noise + number % filling->bytes,
	};
	memcpy(put->profile.key, &time_ns, sizeof time_ns);
}

static void fill_group(struct filling *filling, struct partition *partition, long from, long count)
{
	static const struct retention retention = {0};
	struct store_put puts[GROUP], *at[GROUP];
	char services[GROUP][32], labels[GROUP][32];
	for (long i = 0; i < count; i++) {
		make(filling, from + i, &puts[i], services[i], labels[i]);
		at[i] = &puts[i];
	}
	const struct partition_puts group = {
		.at = at,
		.count = (size_t)count,
		.retention = &retention,
		.segment_size = SEGMENT_SIZE,
	};
	int error = partition_put(partition, &group);
	if (error)
		fail(filling->root, error);
}

static void fill_day(struct filling *filling)
{
	char name[PARTITION_NAME_SIZE];
	time_t seconds = (time_t)(filling->day_ns / MOMENT_SECOND);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(name, sizeof name, "%Y%m%d", &tm);
	struct partition *partition = partition_open(filling->root, name);
	if (!partition)
		fail(name, -errno);
	for (long from = 0; from < filling->profiles; from += GROUP) {
		long left = filling->profiles - from;
		fill_group(filling, partition, from, left < GROUP ? left : GROUP);
	}
	partition_release(partition);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("Usage: fill_store DIRECTORY DAYS PROFILES BYTES\n", stderr);
		return 2;
	}
	struct filling filling = {argv[1], atol(argv[3]), atol(argv[4]), NULL, 0};
	int64_t today = moment_now() / (DAY_S * MOMENT_SECOND);
	filling.noise = malloc(2 * (size_t)filling.bytes);
	if (!filling.noise)
		fail("noise", -ENOMEM);
	for (long i = 0; i < 2 * filling.bytes; i++)
		filling.noise[i] = (uint8_t)rand();
	if (mkdir(filling.root, 0700) && errno != EEXIST)
		fail(filling.root, -errno);
	for (long days = atol(argv[2]); days > 0; days--) {
		filling.day_ns = (today - days) * DAY_S * MOMENT_SECOND;
		fill_day(&filling);
	}
	free(filling.noise);
	return 0;
}
