/* SPDX-License-Identifier: Apache-2.0 */
/* status_api.c -- how conprofd is. */
#include "collector/status_api.h"

#include "collector/collector.h"
#include "collector/figures.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

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
