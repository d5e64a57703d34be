/* SPDX-License-Identifier: Apache-2.0 */
/* storing.h -- a store in a temporary directory, and profiles to put into it and find again. */
#pragma once

#include "collector/journal.h"
#include "collector/local_store.h"
#include "collector/moment.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];
static struct store *store;
static struct local_store_options options;

static inline void open_store(void)
{
	options.directory = directory;
	options.queue_bytes = 1 << 20;
	int error = local_store_open(&options, &store);
	ck_assert_msg(!error, "the store does not open: %s", strerror(-error));
}

static inline void close_store(void)
{
	if (store)
		store->engine->close(store);
	store = NULL;
}

static inline void set_up(void)
{
	journal_set_level(JOURNAL_ERROR - 1);
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	memset(&options, 0, sizeof options);
	open_store();
}

static inline void tear_down(void)
{
	char command[100];
	close_store();
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

/* ---- putting ------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

struct waiting {
	struct store_batch batch;
	bool is_done;
	int error;
};

static inline void note_end(struct store_batch *batch, int error)
{
	struct waiting *waiting = batch->context;
	pthread_mutex_lock(&lock);
	waiting->error = error;
	waiting->is_done = true;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
}

static inline int put_all(struct store_put *puts, size_t count)
{
	struct waiting waiting = {.batch = {.puts = puts, .count = count, .done = note_end}};
	waiting.batch.context = &waiting;
	int error = store->engine->put(store, &waiting.batch);
	if (error)
		return error;
	pthread_mutex_lock(&lock);
	while (!waiting.is_done)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	return waiting.error;
}

/* A profile whose body is its number, repeated. */
static inline struct store_put make(uint32_t number, uint8_t *body, size_t size)
{
	struct store_put put = {
		.profile = {.service = "shop",
			    .type = number % 2 ? "cpu" : "heap",
			    .labels = number % 3 ? "host=a" : "host=b,zone=x",
			    .sample_types = "samples/count",
			    .totals = {number},
			    .total_count = 1,
			    .time_ns = number,
			    .arrived_ns = moment_now(),
			    .size = size},
		.body = body,
	};
	memcpy(put.profile.key, &number, sizeof number);
	memset(body, (int)(number & 0xff), size);
	return put;
}

static inline void put(uint32_t number, char id[STORE_ID_SIZE])
{
	uint8_t body[1000];
	struct store_put one = make(number, body, sizeof body);
	ck_assert_int_eq(put_all(&one, 1), 0);
	if (id)
		memcpy(id, one.profile.id, STORE_ID_SIZE);
}

/* ---- finding ------------------------------------------------------------------------------- */

struct found {
	size_t count;
	int64_t sum; /* of times */
	char id[STORE_ID_SIZE];
};

static inline int note_found(void *context, const struct store_profile *profile)
{
	struct found *found = context;
	found->count++;
	found->sum += profile->time_ns;
	ck_assert_str_eq(profile->service, "shop");
	ck_assert_uint_eq(profile->total_count, 1);
	ck_assert_int_eq(profile->totals[0], profile->time_ns);
	memcpy(found->id, profile->id, sizeof found->id);
	return 0;
}

static inline struct found find(const char *type, const char *labels_text, int64_t from, int64_t to)
{
	struct labels labels = {0};
	struct found found = {0};
	const struct store_query query = {
		.service = "shop", .type = type, .labels = &labels, .from_ns = from, .to_ns = to};
	ck_assert_int_eq(labels_parse(&labels, labels_text), 0);
	ck_assert_int_eq(store->engine->find(store, &query, note_found, &found), 0);
	labels_clear(&labels);
	return found;
}

static inline size_t count_all(void)
{
	return find(NULL, "", 0, INT64_MAX).count;
}

static inline int read_error(const char *id)
{
	struct store_body body;
	int error = store->engine->read(store, &(struct store_wanted){.id = id}, &body);
	if (!error)
		store->engine->release(store, &body);
	return error;
}

static inline void body_is(const char *id, uint32_t number, size_t wanted)
{
	struct store_body body;
	ck_assert_int_eq(store->engine->read(store, &(struct store_wanted){.id = id}, &body), 0);
	ck_assert_ptr_null(body.dictionary);
	ck_assert_uint_eq(body.size, wanted);
	for (size_t i = 0; i < body.size; i++)
		ck_assert_uint_eq(body.bytes[i], number & 0xff);
	store->engine->release(store, &body);
}

/* The path of the one file of the one partition whose name ends so. */
static inline void find_file(char path[512], const char *end)
{
	DIR *root = opendir(directory);
	const struct dirent *day;
	while ((day = readdir(root)) && strspn(day->d_name, "0123456789") != 8)
		;
	ck_assert_ptr_nonnull(day);
	snprintf(path, 512, "%s/%s/%s", directory, day->d_name, end);
	closedir(root);
}
