/* SPDX-License-Identifier: Apache-2.0 */
/* status_api.c -- how conprofd is. */
#include "collector/status_api.h"

#include "collector/collector.h"
#include "collector/figures.h"
#include "collector/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#ifndef CONPROF_VERSION
#define CONPROF_VERSION "0"
#endif

enum {
	LEAST_FREE = 1 << 20, /* bytes; with less no upload will be taken */
};

static const char text_type[] = "text/plain; charset=utf-8";

static void answer(struct exchange *exchange, unsigned status, const char *text)
{
	exchange_send(exchange, status, text_type, strdup(text), strlen(text));
}

void status_health(struct exchange *exchange)
{
	answer(exchange, EXCHANGE_OK, "ok\n");
}

static uint64_t free_bytes(const struct exchange *exchange)
{
	struct statvfs status;
	if (statvfs(exchange->collector->options->data, &status))
		return 0;
	return (uint64_t)status.f_bavail * status.f_frsize;
}

void status_ready(struct exchange *exchange)
{
	if (free_bytes(exchange) < LEAST_FREE)
		answer(exchange, EXCHANGE_NO_SPACE, "the disk is full\n");
	else
		answer(exchange, EXCHANGE_OK, "ready\n");
}

static void write_store(struct text *text, const struct store_figures *figures)
{
	const struct {
		const char *name, *kind, *help;
		uint64_t value;
	} rows[] = {
		{"store_profiles", "gauge", "profiles that are kept", figures->profiles},
		{"store_compact_profiles", "gauge", "of them, those with a compact record",
		 figures->compact_profiles},
		{"store_rollups", "gauge", "records that are the sum of several profiles",
		 figures->rollups},
		{"store_rollup_bytes", "gauge", "bytes that they take, of those of the store",
		 figures->rollup_bytes},
		{"store_bytes", "gauge", "bytes that they and their index take on disk",
		 figures->bytes},
		{"store_oldest_timestamp_seconds", "gauge", "arrival of the oldest",
		 figures->oldest_ns / 1000000000},
		{"store_commits", "counter", "groups of uploads that became durable",
		 figures->commits},
		{"store_damaged", "counter", "profiles that could not be read", figures->damaged},
		{"retention_dropped_profiles", "counter", "profiles that retention has dropped",
		 figures->dropped_profiles},
		{"retention_dropped_bytes", "counter", "bytes that retention has dropped",
		 figures->dropped_bytes},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		figures_write_one(text, rows[i].name, rows[i].kind, rows[i].help, rows[i].value);
}

void status_metrics(struct exchange *exchange)
{
	struct collector *collector = exchange->collector;
	struct store_figures figures;
	struct text text = {0};
	uint64_t bytes = 0, connections = 0;
	size_t len;
	figures_write(&text);
	collector->store->engine->figures(collector->store, &figures);
	write_store(&text, &figures);
	struct server *server = collector->server;
	if (server)
		server_load(server, &bytes, &connections);
	figures_write_one(&text, "body_bytes", "gauge", "bytes of uploads that are here", bytes);
	figures_write_one(&text, "connections", "gauge", "connections", connections);
	figures_write_one(&text, "free_bytes", "gauge", "free disk space", free_bytes(exchange));
	char *body = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, "text/plain; version=0.0.4", body, len);
}

/* ---- for an operator, and for a page that shows retention ---------------------------------- */

struct member {
	const char *name;
	uint64_t value;
};

/* "name":value,... */
static void write_members(struct text *text, const struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_printf(text, "%s\"%s\":%" PRIu64, i ? "," : "", members[i].name,
			    members[i].value);
}

static void write_retention(struct text *text, const struct retention *retention)
{
	text_printf(text,
		    ",\"retention\":{\"keep_ms\":%" PRIu64 ",\"originals_ms\":%" PRIu64
		    ",\"max_bytes\":%" PRIu64 ",\"keep_free\":%" PRIu64 ",\"rules\":[",
		    retention->keep_ms, retention->originals_ms, retention->max_bytes,
		    retention->min_free);
	for (size_t i = 0; i < retention->rule_count; i++) {
		text_printf(text, "%s{\"pattern\":", i ? "," : "");
		text_json(text, retention->rules[i].pattern);
		text_printf(text, ",\"keep_ms\":%" PRIu64 "}", retention->rules[i].keep_ms);
	}
	text_append(text, "]}", 2);
}

static void write_figures(struct text *text, struct exchange *exchange)
{
	struct collector *collector = exchange->collector;
	struct store_figures store;
	uint64_t bytes = 0, connections = 0;
	collector->store->engine->figures(collector->store, &store);
	struct server *server = collector->server;
	if (server)
		server_load(server, &bytes, &connections);
	const struct member kept[] = {{"profiles", store.profiles},
				      {"compact_profiles", store.compact_profiles},
				      {"bytes", store.bytes},
				      {"oldest_ns", store.oldest_ns},
				      {"damaged", store.damaged},
				      {"commits", store.commits},
				      {"free_bytes", free_bytes(exchange)}};
	const struct member dropped[] = {{"profiles", store.dropped_profiles},
					 {"bytes", store.dropped_bytes}};
	const struct member load[] = {{"connections", connections},
				      {"body_bytes", bytes},
				      {"queued_bytes", store.queued_bytes}};
	text_printf(text, ",\"store\":{");
	write_members(text, kept, sizeof(kept) / sizeof(kept[0]));
	text_printf(text, "},\"dropped\":{");
	write_members(text, dropped, sizeof(dropped) / sizeof(dropped[0]));
	text_printf(text, "},\"load\":{");
	write_members(text, load, sizeof(load) / sizeof(load[0]));
	text_append(text, "}", 1);
}

static void write_counts(struct text *text)
{
	static const char *const names[] = {
#define X(name, help) #name,
		FIGURES(X)
#undef X
	};
	struct member members[FIGURE_COUNT];
	for (size_t i = 0; i < FIGURE_COUNT; i++)
		members[i] = (struct member){names[i], figure_get((enum figure)i)};
	text_printf(text, ",\"counts\":{");
	write_members(text, members, FIGURE_COUNT);
	text_append(text, "}", 1);
}

struct day_list {
	struct text *text;
	const char *between;
};

static void write_day(void *context, const struct store_day *day)
{
	struct day_list *list = context;
	const struct member members[] = {{"profiles", day->profiles},
					 {"compact_profiles", day->compact_profiles},
					 {"bytes", day->bytes},
					 {"segments", day->segments},
					 {"first_ns", (uint64_t)day->first_ns},
					 {"last_ns", (uint64_t)day->last_ns},
					 {"damaged", day->damaged}};
	text_printf(list->text, "%s{\"date\":\"%.4s-%.2s-%.2s\",", list->between, day->name,
		    day->name + 4, day->name + 6);
	write_members(list->text, members, sizeof(members) / sizeof(members[0]));
	text_append(list->text, "}", 1);
	list->between = ",";
}

void status_overview(struct exchange *exchange)
{
	struct collector *collector = exchange->collector;
	struct text text = {0};
	struct day_list list = {&text, ""};
	size_t len;
	text_printf(&text,
		    "{\"code\":200,\"body\":{\"version\":\"" CONPROF_VERSION
		    "\",\"began_ns\":%" PRId64 ",\"uptime_ms\":%" PRId64 ",\"data\":",
		    collector->began_ns, (moment_now() - collector->began_ns) / 1000000);
	text_json(&text, collector->options->data);
	write_retention(&text, &collector->options->retention);
	write_figures(&text, exchange);
	write_counts(&text);
	text_printf(&text, ",\"days\":[");
	collector->store->engine->days(collector->store, write_day, &list);
	text_printf(&text, "]}}\n");
	char *body = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, "application/json", body, len);
}
