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

struct body {
	uint8_t *bytes;
	size_t size;
	uint64_t count; /* how many profiles there will be */
};

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

static void fill(struct group *group, uint64_t number, const struct body *body)
{
	size_t at = group->batch.count++;
	struct store_put *put = &group->puts[at];
	int64_t time_ns =
		end_ns - day_ns + (int64_t)((double)number / (double)body->count * (double)day_ns);
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
					      .size = body->size},
				  .body = body->bytes};
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

static int put_all(struct store *store, struct group *group, const struct body *body)
{
	int error = 0;
	for (uint64_t i = 0; i < body->count && !error; i += GROUP) {
		group->batch = (struct store_batch){
			.puts = group->puts, .done = end_group, .context = group};
		for (uint64_t k = i; k < body->count && k < i + GROUP; k++)
			fill(group, k, body);
		error = put(store, group);
	}
	return error;
}

int main(int argc, char **argv)
{
	static struct group group;
	struct local_store_options options = {.queue_bytes = 64 << 20};
	struct store *store;
	if (argc != 4)
		return 2;
	struct body body = {.count = strtoull(argv[2], NULL, 10)};
	options.directory = argv[1];
	int error = input_read(argv[3], 1 << 20, &body.bytes, &body.size);
	if (!error)
		error = local_store_open(&options, &store);
	if (!error) {
		error = put_all(store, &group, &body);
		store->engine->close(store);
	}
	free(body.bytes);
	if (error)
		fprintf(stderr, "rows: %s\n", strerror(-error));
	return error != 0;
}
