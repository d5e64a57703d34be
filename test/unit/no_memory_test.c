/* SPDX-License-Identifier: Apache-2.0 */
/* no_memory_test.c -- each allocation of the worker's code fails once, and all from it on; nothing
 * crashes, nothing leaks, and what is lost is said.
 */
#include "collector/merge.h"
#include "core/config.h"
#include "core/delivery.h"
#include "core/profile.h"
#include "core/symbols.h"
#include "test/unit/no_memory.h"
#include "test/unit/server.h"
#include "test/unit/suite.h"
#include "test/unit/unpack.h"

#include <check.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>

static bool read_settings(void)
{
	static char *environment[] = {"CONPROF_URL=tcp://localhost:1,file:///tmp/x,nonsense",
				      "CONPROF_LABELS=a=b,c=%2C,d=", "CONPROF_PERIOD=3 weeks",
				      NULL};
	static struct config config;
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	config_defaults(&config, "shop");
	config_from_environment(&config, environment, NULL, NULL);
	promise(target_parse_list(targets, config.url, strlen(config.url), &error) == 2, "targets");
	return true;
}

START_TEST(settings_need_no_memory)
{
	unsigned long count;
	ck_assert_int_eq(try_without(read_settings, 1, true, &count), DONE);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* After an error what was known before still stands; what is left out is counted. */
static bool take_snapshot(void)
{
	uint64_t here = (uintptr_t)take_snapshot, libc = (uintptr_t)getpid;
	struct maps *maps = maps_create();
	if (!maps)
		return false;
	bool is_whole = maps_refresh(maps) >= 0;
	bool knew = maps_find(maps, here) && maps_find(maps, libc);
	promise(knew || !is_whole || maps_dropped(maps), "a mapping left out is counted");
	int again = maps_refresh(maps);
	promise(!knew || again == 0 || maps_find(maps, here), "what was known still stands");
	maps_forget(maps, NULL);
	maps_destroy(maps);
	return is_whole && knew;
}

START_TEST(a_snapshot_of_the_mappings)
{
	sweep(take_snapshot, 20);
}
END_TEST

static void count_name(void *context, size_t index, const char *name, const char *system_name)
{
	(void)index;
	promise(name && *name && system_name, "a name that was found is one");
	++*(size_t *)context;
}

static size_t name_of(struct maps *maps, uint64_t address)
{
	size_t taken = 0;
	const struct mapping *mapping = maps_find(maps, address);
	struct symbols_wanted wanted = {mapping, &address, 1};
	size_t found = mapping ? symbols_resolve(maps, &wanted, count_name, &taken) : 0;
	promise(found == taken, "as many names as are counted");
	return found;
}

static struct maps *maps; /* made before memory fails */

static bool find_names(void)
{
	void *stripped = dlsym(RTLD_DEFAULT, "qsort");
	size_t found = name_of(maps, (uintptr_t)find_names);
	found += name_of(maps, (uintptr_t)stripped);
	return found == 2;
}

static void make_maps(void)
{
	maps = maps_create();
	ck_assert_int_ge(maps_refresh(maps), 0);
}

START_TEST(names_of_addresses)
{
	make_maps();
	sweep(find_names, 2);
}
END_TEST

static bool add_stacks(struct profile *profile)
{
	uint64_t pcs[] = {(uintptr_t)add_stacks, (uintptr_t)qsort, 16};
	const double values[] = {[CPU_SAMPLES] = 1, [CPU_NS] = 10};
	bool added = true;
	for (uint32_t tid = 1; tid <= 20; tid++) {
		struct profile_stack stack = {tid, UNWIND_COMPLETE, pcs, 1 + tid % 3};
		added &= profile_add(profile, &stack, values) >= 0;
	}
	profile_name_thread(profile, 3, "third");
	return added;
}

/* NULL when there was no memory for it. */
static uint8_t *write_profile(size_t *size)
{
	static const char *const comments[] = {"one=1"};
	struct profile_facts facts = {.start_ns = 1700000000000000000,
				      .duration_ns = 5000000000,
				      .period = 10000000,
				      .pid = getpid(),
				      .comments = comments,
				      .comment_count = 1};
	struct profile *profile = profile_create(maps, PROFILE_CPU);
	uint8_t *bytes = NULL;
	if (!profile)
		return NULL;
	promise(add_stacks(profile), "a table that exists has room");
	int error = profile_encode(profile, &facts, &bytes, size);
	promise(!error == (bytes != NULL), "bytes or an error");
	promise(!error || error == -ENOMEM, "the error is that there was no memory");
	profile_destroy(profile);
	return bytes;
}

/* Reads it with memory enough: what was written must be whole. */
static void check_written(const uint8_t *bytes, size_t size)
{
	unsigned long nth = memory.nth;
	memory.armed = false;
	Perftools__Profiles__Profile *decoded = unpack(bytes, size);
	int64_t total = 0;
	for (size_t i = 0; i < decoded->n_sample; i++)
		total += decoded->sample[i]->value[1];
	promise(total == 200, "a profile that was written holds all samples");
	unpack_free(decoded);
	memory.nth = nth;
	memory.armed = true;
}

static bool make_profile(void)
{
	size_t size;
	uint8_t *bytes = write_profile(&size);
	if (!bytes)
		return false;
	check_written(bytes, size);
	free(bytes);
	return true;
}

START_TEST(a_profile_with_names)
{
	make_maps();
	sweep(make_profile, 20);
}
END_TEST

static uint8_t *written;
static size_t written_size;

static int get_written(void *data, size_t i, struct merge_profile *p, char error[MERGE_ERROR_SIZE])
{
	(void)data;
	(void)i;
	(void)error;
	*p = (struct merge_profile){.bytes = written, .size = written_size};
	return 0;
}

static bool merge_profiles(void)
{
	struct merge_source source = {.count = 2, .get = get_written};
	struct merge_options options = {0};
	char error[MERGE_ERROR_SIZE] = "";
	uint8_t *bytes = NULL;
	size_t size;
	int result = merge_pprof(&source, &options, &bytes, &size, error);
	promise(!result || (result == -ENOMEM && *error), "an error with its reason");
	if (!result)
		free(bytes);
	return !result;
}

START_TEST(merging_profiles)
{
	make_maps();
	written = write_profile(&written_size);
	sweep(merge_profiles, 50);
}
END_TEST

static struct server server;
static char directory[64];
static char urls[256];
static bool has_spool;

static struct parcel *make_parcel(void)
{
	struct parcel *parcel = parcel_create("shop");
	uint8_t *bytes = parcel ? malloc(100) : NULL;
	if (!bytes) {
		parcel_destroy(parcel);
		return NULL;
	}
	memset(bytes, 'p', 100);
	parcel->start_ns = 1700000000000000000;
	parcel->end_ns = parcel->start_ns + 999;
	parcel->pid = 77;
	int error = parcel_set_tag(parcel, "host", "here");
	promise(!error || error == -ENOMEM, "a tag is set, or there was no memory");
	promise(!parcel_add_profile(parcel, "cpu", bytes, 100), "a profile needs no memory");
	return parcel;
}

static struct delivery *make_delivery(void)
{
	static struct target targets[TARGET_COUNT_MAX];
	const char *error;
	struct delivery_options options = {
		.targets = targets,
		.target_count = target_parse_list(targets, urls, strlen(urls), &error),
		.version = "9.9",
		.period_ms = 100,
		.timeout_ms = 2000,
		.spool = has_spool ? directory : NULL,
		.spool_bytes = 1 << 20,
		.seed = 42,
	};
	return delivery_create(&options);
}

static uint64_t accounted(const struct delivery_stats *stats)
{
	return stats->sent + stats->dropped_full + stats->dropped_refused + stats->dropped_exit +
	       stats->dropped_memory + stats->dropped_spool + stats->spooled;
}

/* Rests are over at once, since the delivery's clock is ours; real time is for an answer only. */
static void let_settle(struct delivery *delivery, uint64_t *now_ms)
{
	uint64_t until_ms = server_clock_ms() + 300;
	for (int tries = 0; tries < 4 && server_clock_ms() < until_ms; *now_ms += 200) {
		if (accounted(delivery_stats(delivery)))
			return;
		delivery_run(delivery, *now_ms);
		if (delivery_is_busy(delivery))
			delivery_wait(delivery, 50, -1);
		else
			tries++;
	}
}

static bool deliver(void)
{
	struct delivery *delivery = make_delivery();
	struct parcel *parcel = delivery ? make_parcel() : NULL;
	if (!parcel) {
		delivery_destroy(delivery);
		return false;
	}
	uint64_t now_ms = 1000;
	delivery_add(delivery, parcel);
	let_settle(delivery, &now_ms);
	delivery_finish(delivery, now_ms, 100);
	const struct delivery_stats *stats = delivery_stats(delivery);
	promise(accounted(stats) >= 1, "a parcel is sent, or kept, or counted as lost");
	bool is_sent = stats->sent > 0;
	delivery_destroy(delivery);
	return is_sent;
}

START_TEST(sending_to_an_agent)
{
	server_start(&server, SERVER_ANSWERS, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	snprintf(urls, sizeof(urls), "unix://%s", server.path);
	sweep(deliver, 10);
	server_stop(&server);
}
END_TEST

static void make_directory(void)
{
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
	char name[400];
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries))) {
		snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
		unlink(name);
	}
	if (entries)
		closedir(entries);
	rmdir(directory);
}

START_TEST(writing_into_a_directory)
{
	make_directory();
	snprintf(urls, sizeof(urls), "file://%s", directory);
	sweep(deliver, 5);
	remove_directory();
}
END_TEST

/* An agent that is not there; what is not delivered goes into the spool. */
static bool keep(void)
{
	deliver();
	return true;
}

START_TEST(keeping_for_later)
{
	make_directory();
	snprintf(urls, sizeof(urls), "unix://%s/nobody", directory);
	has_spool = true;
	sweep(keep, 5);
	remove_directory();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("no_memory");
	TCase *cases = tcase_create("no_memory");
	tcase_set_timeout(cases, 300);
	tcase_add_test(cases, settings_need_no_memory);
	tcase_add_test(cases, a_snapshot_of_the_mappings);
	tcase_add_test(cases, names_of_addresses);
	tcase_add_test(cases, a_profile_with_names);
	tcase_add_test(cases, merging_profiles);
	tcase_add_test(cases, sending_to_an_agent);
	tcase_add_test(cases, writing_into_a_directory);
	tcase_add_test(cases, keeping_for_later);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
