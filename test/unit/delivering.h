/* SPDX-License-Identifier: Apache-2.0 */
/* delivering.h -- a delivery of parcels on a clock of the test's own, and what it says and leaves.
 */
#pragma once

#include "core/delivery.h"

#include <check.h>
#include <dirent.h>

#include "test/unit/server.h"

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static struct server server;
static char directory[64];
static unsigned errors, warnings, infos;
static char last_text[2048];

static inline void log_line(int level, const char *text)
{
	errors += level == DELIVERY_ERROR;
	warnings += level == DELIVERY_WARNING;
	infos += level == DELIVERY_INFO;
	snprintf(last_text, sizeof last_text, "%s", text);
}

static inline struct parcel *make_parcel(uint64_t seq, size_t size)
{
	struct parcel *parcel = parcel_create("shop");
	uint8_t *bytes = malloc(size);
	memset(bytes, 'p', size);
	parcel->start_ns = 1700000000000000000 + seq * 1000;
	parcel->end_ns = parcel->start_ns + 999;
	parcel->seq = seq;
	parcel->pid = 77;
	ck_assert_int_eq(parcel_add_profile(parcel, "cpu", bytes, size), 0);
	return parcel;
}

static inline struct delivery *make(const char *urls, const char *spool)
{
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	size_t count = target_parse_list(targets, urls, strlen(urls), &error);
	ck_assert_ptr_null(error);
	struct delivery_options options = {
		.targets = targets,
		.target_count = count,
		.version = "9.9",
		.period_ms = 10000,
		.timeout_ms = 300,
		.spool = spool,
		.spool_bytes = 1 << 20,
		.seed = 42,
		.log = log_line,
	};
	errors = warnings = infos = 0;
	return delivery_create(&options);
}

static inline const char *server_url(void)
{
	static char url[128];
	snprintf(url, sizeof url, "unix://%s", server.path);
	return url;
}

/* Lets real time pass for the sockets while the delivery's own clock stands at now_ms. */
static inline void let_pass(struct delivery *delivery, uint64_t now_ms, uint32_t real_ms)
{
	uint64_t end_ms = server_clock_ms() + real_ms;
	while (server_clock_ms() < end_ms) {
		uint64_t began_ms = server_clock_ms();
		uint32_t next_ms = delivery_run(delivery, now_ms);
		ck_assert_uint_ge(next_ms, 1);
		ck_assert_uint_lt(server_clock_ms() - began_ms, 250); /* less than the timeout */
		delivery_wait(delivery, next_ms < 10 ? next_ms : 10, -1);
	}
}

/* Ends early, as soon as so many were sent. */
static inline void let_send(struct delivery *delivery, uint64_t now_ms, uint64_t sent)
{
	for (int i = 0; i < 300 && delivery_stats(delivery)->sent < sent; i++)
		let_pass(delivery, now_ms, 10);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, sent);
}

static inline size_t files_in(const char *path)
{
	size_t count = 0;
	DIR *entries = opendir(path);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries)))
		count += *entry->d_name != '.';
	if (entries)
		closedir(entries);
	return count;
}

static inline void make_directory(char path[64])
{
	strcpy(path, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static inline void remove_directory(const char *path)
{
	char name[600];
	DIR *entries = opendir(path);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries))) {
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		unlink(name);
	}
	if (entries)
		closedir(entries);
	rmdir(path);
}
