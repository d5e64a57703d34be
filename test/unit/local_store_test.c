/* SPDX-License-Identifier: Apache-2.0 */
/* local_store_test.c -- what was acknowledged is there, whatever happened meanwhile. */
#include "collector/local_store.h"
#include "collector/journal.h"
#include "collector/moment.h"
#include "test/unit/suite.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static struct store *store;
static struct local_store_options options;

static void open_store(void)
{
	options.directory = directory;
	options.queue_bytes = 1 << 20;
	int error = local_store_open(&options, &store);
	ck_assert_msg(!error, "the store does not open: %s", strerror(-error));
}

static void close_store(void)
{
	if (store)
		store->engine->close(store);
	store = NULL;
}

static void set_up(void)
{
	journal_set_level(JOURNAL_ERROR - 1);
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	memset(&options, 0, sizeof options);
	open_store();
}

static void tear_down(void)
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

static void note_end(struct store_batch *batch, int error)
{
	struct waiting *waiting = batch->context;
	pthread_mutex_lock(&lock);
	waiting->error = error;
	waiting->is_done = true;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
}

static int put_all(struct store_put *puts, size_t count)
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
static struct store_put make(uint32_t number, uint8_t *body, size_t size)
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

static void put(uint32_t number, char id[STORE_ID_SIZE])
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

static int note_found(void *context, const struct store_profile *profile)
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

static struct found find(const char *type, const char *labels_text, int64_t from, int64_t to)
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

static size_t count_all(void)
{
	return find(NULL, "", 0, INT64_MAX).count;
}

static int read_error(const char *id)
{
	struct store_body body;
	int error = store->engine->read(store, id, STORE_UPLOADED, &body);
	if (!error)
		store->engine->release(store, &body);
	return error;
}

static void body_is(const char *id, uint32_t number, size_t wanted)
{
	struct store_body body;
	ck_assert_int_eq(store->engine->read(store, id, STORE_UPLOADED, &body), 0);
	ck_assert_ptr_null(body.dictionary);
	ck_assert_uint_eq(body.size, wanted);
	for (size_t i = 0; i < body.size; i++)
		ck_assert_uint_eq(body.bytes[i], number & 0xff);
	store->engine->release(store, &body);
}

START_TEST(profiles_are_found_by_all_that_is_known_of_them)
{
	for (uint32_t i = 1; i <= 12; i++)
		put(i, NULL);
	ck_assert_uint_eq(count_all(), 12);
	ck_assert_int_eq(find("cpu", "", 0, INT64_MAX).sum, 1 + 3 + 5 + 7 + 9 + 11);
	ck_assert_int_eq(find(NULL, "zone=x", 0, INT64_MAX).sum, 3 + 6 + 9 + 12);
	ck_assert_int_eq(find("cpu", "host=b", 3, 9).sum, 3 + 9);
	ck_assert_uint_eq(find("cpu", "host=c", 0, INT64_MAX).count, 0);
	ck_assert_uint_eq(find("wall", "", 0, INT64_MAX).count, 0);
}
END_TEST

START_TEST(bodies_come_back_after_a_restart)
{
	char ids[20][STORE_ID_SIZE];
	for (uint32_t i = 0; i < 20; i++)
		put(i + 1, ids[i]);
	close_store();
	open_store();
	for (uint32_t i = 0; i < 20; i++)
		body_is(ids[i], i + 1, 1000);
	put(21, ids[0]);
	body_is(ids[0], 21, 1000);
	ck_assert_uint_eq(count_all(), 21);
}
END_TEST

START_TEST(an_id_that_nobody_has_is_not_found)
{
	static const char *const ids[] = {"",
					  "x",
					  "20000101-00000001",
					  "20000101",
					  "../../../etc/passwd",
					  "20000101-zz",
					  "20000101-ffffffffffffffffff"};
	char id[STORE_ID_SIZE];
	put(1, id);
	id[strlen(id) - 1] = '2';
	ck_assert_int_eq(read_error(id), -ENOENT);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ck_assert_int_eq(read_error(ids[i]), -ENOENT);
}
END_TEST

START_TEST(a_repeated_upload_is_stored_once)
{
	char first[STORE_ID_SIZE];
	uint8_t body[2][100];
	put(7, first);
	struct store_put twice[] = {make(7, body[0], 100), make(8, body[1], 100)};
	struct store_put again[] = {make(9, body[0], 100), make(9, body[0], 100)};
	ck_assert_int_eq(put_all(twice, 2), 0);
	ck_assert(twice[0].is_known);
	ck_assert_str_eq(twice[0].profile.id, first);
	ck_assert(!twice[1].is_known);
	ck_assert_int_eq(put_all(again, 2), 0);
	ck_assert(!again[0].is_known && again[1].is_known);
	ck_assert_str_eq(again[0].profile.id, again[1].profile.id);
	ck_assert_uint_eq(count_all(), 3);
	close_store();
	open_store();
	struct store_put later = make(7, body[0], 100);
	ck_assert_int_eq(put_all(&later, 1), 0);
	ck_assert(later.is_known);
}
END_TEST

START_TEST(a_directory_has_one_writer)
{
	struct store *other;
	ck_assert_int_eq(local_store_open(&options, &other), -EWOULDBLOCK);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	static uint8_t body[1 << 19];
	struct store_put puts[8];
	struct waiting waiting[8] = {0};
	size_t refused = 0;
	for (uint32_t i = 0; i < 8; i++) {
		puts[i] = make(i + 1, body, sizeof body);
		waiting[i].batch = (struct store_batch){
			.puts = &puts[i], .count = 1, .done = note_end, .context = &waiting[i]};
	}
	for (size_t i = 0; i < 8; i++) {
		int error = store->engine->put(store, &waiting[i].batch);
		ck_assert(!error || error == -EBUSY);
		waiting[i].is_done = error;
		refused += error == -EBUSY;
	}
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < 8; i++)
		while (!waiting[i].is_done)
			pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	ck_assert_uint_eq(count_all(), 8 - refused);
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------- */

/* The path of the one file of the one partition whose name ends so. */
static void find_file(char path[512], const char *end)
{
	DIR *root = opendir(directory);
	const struct dirent *day;
	while ((day = readdir(root)) && strspn(day->d_name, "0123456789") != 8)
		;
	ck_assert_ptr_nonnull(day);
	snprintf(path, 512, "%s/%s/%s", directory, day->d_name, end);
	closedir(root);
}

/* With two rules, so that the order in the segments is not that of the coming. */
START_TEST(a_lost_index_is_made_again)
{
	char ids[10][STORE_ID_SIZE], path[512];
	const char *bad;
	close_store();
	ck_assert_int_eq(retention_parse_rules(&options.retention, "heap=1d", &bad), 0);
	open_store();
	for (uint32_t i = 0; i < 10; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "index.sqlite");
	ck_assert_int_eq(unlink(path), 0);
	open_store();
	for (uint32_t i = 0; i < 10; i++)
		body_is(ids[i], i + 1, 1000);
	ck_assert_int_eq(find("cpu", "zone=x", 0, INT64_MAX).sum, 3 + 9);
	put(11, ids[0]);
	body_is(ids[0], 11, 1000);
	ck_assert_uint_eq(count_all(), 11);
}
END_TEST

START_TEST(a_damaged_index_is_made_again)
{
	char id[STORE_ID_SIZE], path[512];
	put(5, id);
	close_store();
	find_file(path, "index.sqlite");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "this is no database any more", 28, 0), 28);
	close(fd);
	open_store();
	body_is(id, 5, 1000);
}
END_TEST

START_TEST(a_damaged_record_costs_only_itself_when_the_index_is_lost_too)
{
	char ids[5][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	for (uint32_t i = 0; i < 5; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "index.sqlite");
	ck_assert_int_eq(unlink(path), 0);
	find_file(path, "000001.seg");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "x", 1, 1900), 1); /* in the second one */
	close(fd);
	open_store();
	ck_assert_int_eq(read_error(ids[1]), -ENOENT);
	for (uint32_t i = 0; i < 5; i++)
		if (i != 1)
			body_is(ids[i], i + 1, 1000);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.profiles, 4);
	ck_assert_uint_eq(figures.damaged, 1);
}
END_TEST

START_TEST(a_torn_tail_is_cut_and_whole_records_are_kept)
{
	char id[STORE_ID_SIZE], path[512];
	struct stat before, after;
	put(1, id);
	close_store();
	find_file(path, "000001.seg");
	ck_assert_int_eq(stat(path, &before), 0);
	int fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_eq(write(fd, "\xc0\x9fR1 half a record", 18), 18);
	close(fd);
	open_store();
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	body_is(id, 1, 1000);
	ck_assert_uint_eq(count_all(), 1);
}
END_TEST

START_TEST(what_a_short_segment_has_lost_is_forgotten_and_counted)
{
	char ids[3][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	struct stat status;
	for (uint32_t i = 0; i < 3; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "000001.seg");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(truncate(path, status.st_size - 1), 0);
	open_store();
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.damaged, 1);
	ck_assert_uint_eq(figures.profiles, 2);
	ck_assert_uint_eq(count_all(), 2);
	body_is(ids[1], 2, 1000);
	ck_assert_int_eq(read_error(ids[2]), -ENOENT);
}
END_TEST

START_TEST(a_damaged_record_is_refused_and_counted)
{
	char ids[2][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	put(1, ids[0]);
	put(2, ids[1]);
	find_file(path, "000001.seg");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "x", 1, 600), 1);
	close(fd);
	ck_assert_int_eq(read_error(ids[0]), -EBADMSG);
	body_is(ids[1], 2, 1000);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.damaged, 1);
}
END_TEST

/* ---- a killed writer ----------------------------------------------------------------------- */

/* In a process of its own: stores for ever, and writes each number once it is acknowledged. */
static void store_until_killed(int acknowledged)
{
	store = NULL;
	open_store();
	for (uint32_t number = 1;; number++) {
		uint8_t body[3000];
		struct store_put one = make(number, body, sizeof body);
		if (put_all(&one, 1) || write(acknowledged, &number, sizeof number) < 0)
			_exit(1);
	}
}

START_TEST(what_was_acknowledged_survives_kill_9)
{
	uint32_t number, last = 0;
	int ends[2];
	close_store();
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		store_until_killed(ends[1]);
	close(ends[1]);
	while (last < 40 + 17 * (uint32_t)_i &&
	       read(ends[0], &number, sizeof number) == sizeof number)
		last = number;
	kill(child, SIGKILL);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		last = number;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	open_store();
	struct found found = find(NULL, "", 1, last);
	ck_assert_uint_eq(found.count, last);
	ck_assert_uint_le(count_all(), last + 1); /* stored, but not yet acknowledged */
	struct found newest = find(NULL, "", last, last);
	body_is(newest.id, last, 3000);
}
END_TEST

/* ---- retention ----------------------------------------------------------------------------- */

static uint64_t dropped(void)
{
	struct store_figures figures;
	store->engine->figures(store, &figures);
	return figures.dropped_profiles;
}

START_TEST(what_is_too_old_is_not_seen_and_then_gone)
{
	char id[STORE_ID_SIZE], path[512];
	close_store();
	options.sweep_ms = 20;
	ck_assert_ptr_eq(strcpy(path, "cpu=1ms"), path);
	const char *bad;
	ck_assert_int_eq(retention_parse_rules(&options.retention, path, &bad), 0);
	open_store();
	put(1, id);
	put(2, NULL);
	while (!dropped())
		usleep(5000);
	ck_assert_int_eq(read_error(id), -ENOENT);
	ck_assert_uint_eq(count_all(), 1);
	ck_assert_uint_eq(find("heap", "", 0, INT64_MAX).count, 1);
	find_file(path, "000001.seg");
	ck_assert_int_eq(access(path, F_OK), -1);
	find_file(path, "000002.seg");
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(the_oldest_goes_when_there_is_too_much)
{
	static uint8_t body[100000];
	struct store_figures figures;
	close_store();
	options.sweep_ms = 10;
	options.retention.max_bytes = 2 << 20;
	open_store();
	for (uint32_t i = 1; i <= 60; i++) {
		struct store_put one = make(i, body, sizeof body);
		ck_assert_int_eq(put_all(&one, 1), 0);
	}
	do {
		usleep(10000);
		store->engine->figures(store, &figures);
	} while (figures.bytes > options.retention.max_bytes);
	ck_assert_uint_gt(figures.profiles, 5);
	ck_assert_uint_eq(figures.profiles + figures.dropped_profiles, 60);
	ck_assert_uint_eq(count_all(), figures.profiles);
	struct found newest = find(NULL, "", 60, 60);
	ck_assert_uint_eq(newest.count, 1);
	body_is(newest.id, 60, sizeof body);
	ck_assert_uint_eq(find(NULL, "", 1, 1).count, 0);
}
END_TEST

/* A day that is over: the partition of today under yesterday's name. */
START_TEST(a_day_that_is_over_goes_as_a_whole)
{
	char path[512], old[512];
	struct stat status;
	put(1, NULL);
	close_store();
	find_file(path, "");
	snprintf(old, sizeof old, "%s/20200101", directory);
	ck_assert_int_eq(rename(path, old), 0);
	options.sweep_ms = 10;
	open_store();
	ck_assert_uint_eq(count_all(), 1);
	struct retention retention = {.keep_ms = 1};
	local_store_set_retention(store, &retention);
	while (!stat(old, &status))
		usleep(5000);
	ck_assert_uint_eq(dropped(), 1);
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("local_store");
	TCase *test = tcase_create("local_store");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, profiles_are_found_by_all_that_is_known_of_them);
	tcase_add_test(test, bodies_come_back_after_a_restart);
	tcase_add_test(test, an_id_that_nobody_has_is_not_found);
	tcase_add_test(test, a_repeated_upload_is_stored_once);
	tcase_add_test(test, a_directory_has_one_writer);
	tcase_add_test(test, a_full_queue_refuses);
	tcase_add_test(test, a_lost_index_is_made_again);
	tcase_add_test(test, a_damaged_index_is_made_again);
	tcase_add_test(test, a_damaged_record_costs_only_itself_when_the_index_is_lost_too);
	tcase_add_test(test, a_torn_tail_is_cut_and_whole_records_are_kept);
	tcase_add_test(test, what_a_short_segment_has_lost_is_forgotten_and_counted);
	tcase_add_test(test, a_damaged_record_is_refused_and_counted);
	tcase_add_loop_test(test, what_was_acknowledged_survives_kill_9, 0, 5);
	tcase_add_test(test, what_is_too_old_is_not_seen_and_then_gone);
	tcase_add_test(test, the_oldest_goes_when_there_is_too_much);
	tcase_add_test(test, a_day_that_is_over_goes_as_a_whole);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
