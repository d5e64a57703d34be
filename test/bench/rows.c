/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c -- rows DIRECTORY COUNT FILE: a store with so many profiles, all of one small pprof.
 *
 * They are those of 20 services with 50 instances each, and of the 24 hours before the 21st of
 * November 2026, one after the other. Without compact records: a conprofd that runs on the
 * directory makes them.
 */
#include "collector/input.h"
#include "collector/local_store.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 512, SERVICES = 20, INSTANCES = 50 };

static const int64_t end_ns = 1795219200000000000;
static const int64_t day_ns = 86400000000000;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

struct group {
	struct store_batch batch;
	struct store_put puts[GROUP];
	char services[GROUP][32], labels[GROUP][64];
	bool is_done;
	int error;
};

static void end_group(struct store_batch *batch, int error)
{
	struct group *group = batch->context;
	pthread_mutex_lock(&lock);
	group->error = error;
	group->is_done = true;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
}

static void fill(struct group *group, size_t at, uint64_t number, uint64_t count,
		 const uint8_t *body, size_t size)
{
	struct store_put *put = &group->puts[at];
	int64_t time_ns =
		end_ns - day_ns + (int64_t)((double)number / (double)count * (double)day_ns);
	snprintf(group->services[at], sizeof(group->services[at]), "service-%u",
		 (unsigned)(number % SERVICES));
	snprintf(group->labels[at], sizeof(group->labels[at]), "instance=%u,region=%u",
		 (unsigned)(number / SERVICES % INSTANCES), (unsigned)(number % 3));
	*put = (struct store_put){.profile = {.service = group->services[at],
					      .type = "cpu",
					      .labels = group->labels[at],
					      .sample_types = "samples/count,cpu/nanoseconds",
					      .totals = {(int64_t)(number % 1000),
							 (int64_t)(number % 1000) * 10000000},
					      .total_count = 2,
					      .time_ns = time_ns,
					      .duration_ns = 10000000000,
					      .arrived_ns = time_ns,
					      .size = size},
				  .body = body};
	memcpy(put->profile.key, &number, sizeof(number));
}

static int put(struct store *store, struct group *group)
{
	group->is_done = false;
	int error = store->engine->put(store, &group->batch);
	pthread_mutex_lock(&lock);
	while (!error && !group->is_done)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	return error ? error : group->error;
}

static int put_all(struct store *store, struct group *group, uint64_t count, const char *file)
{
	uint8_t *body;
	size_t size;
	int error = input_read(file, 1 << 20, &body, &size);
	for (uint64_t i = 0; i < count && !error; i += GROUP) {
		group->batch = (struct store_batch){
			.puts = group->puts, .count = 0, .done = end_group, .context = group};
		for (uint64_t k = i; k < count && k < i + GROUP; k++)
			fill(group, group->batch.count++, k, count, body, size);
		error = put(store, group);
	}
	free(body);
	return error;
}

int main(int argc, char **argv)
{
	static struct group group;
	struct local_store_options options = {.queue_bytes = 64 << 20};
	struct store *store;
	if (argc != 4)
		return 2;
	options.directory = argv[1];
	int error = local_store_open(&options, &store);
	if (!error) {
		error = put_all(store, &group, strtoull(argv[2], NULL, 10), argv[3]);
		store->engine->close(store);
	}
	if (error)
		fprintf(stderr, "rows: %s\n", strerror(-error));
	return error != 0;
}
