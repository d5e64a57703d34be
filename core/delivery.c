/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.c -- policy of sending: a bounded queue, several targets, retries, spool, exit. */
#include "core/delivery.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch.h"
#include "core/queue.h"
#include "core/spool.h"
#include "core/verdict.h"
#include "transport/file.h"
#include "transport/http.h"

enum { TEXT_SIZE = TARGET_URL_SIZE + 512, ROUNDS_MAX = 2 * DELIVERY_PARCELS_MAX };

static_assert((int)TARGET_COUNT_MAX <= (int)HTTP_SLOTS, "each target has a slot of its own");
static_assert((int)DELIVERY_PARCELS_MAX < (int)QUEUE_ENTRIES_MAX, "and one from the spool");
static_assert((int)TARGET_COUNT_MAX <= (int)SPOOL_TARGETS_MAX, "the spool can name every target");

struct road { /* to one target */
	struct target target;
	uint64_t id; /* names the target in the spool */
	struct file_writer file;
	struct entry *under_way;
	unsigned failures; /* in a row */
	bool last_failed;
	bool is_taking; /* the last attempt was a success */
	bool has_warned;
	bool is_told_down; /* somebody was warned and waits for the good news */
	uint64_t rests_until_ms, warned_ms;
};

struct delivery {
	struct http *http;
	struct spool *spool;
	struct queue queue;
	size_t max_count, max_bytes;
	struct road roads[TARGET_COUNT_MAX];
	size_t road_count;
	char server_id[TARGET_USER_SIZE], server_token[TARGET_PASSWORD_SIZE];
	uint32_t period_ms, timeout_ms;
	uint64_t now_ms, spool_next_ms, random;
	bool is_finishing;
	struct delivery_stats stats;
	void (*log)(int level, const char *text);
};

/* The splitmix64 sequence. */
static uint64_t next_random(struct delivery *delivery)
{
	uint64_t z = delivery->random += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void say(const struct delivery *delivery, int level, const char *format, ...)
{
	char text[TEXT_SIZE];
	if (!delivery->log)
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	delivery->log(level, text);
}

/* At most one warning per target in DELIVERY_QUIET_MS, whatever its backend does. */
static void complain(struct delivery *delivery, struct road *road, const char *text)
{
	bool is_loud = !road->has_warned || delivery->now_ms >= road->warned_ms + DELIVERY_QUIET_MS;
	if (is_loud) {
		road->has_warned = road->is_told_down = true;
		road->warned_ms = delivery->now_ms;
	}
	say(delivery, is_loud ? DELIVERY_WARNING : DELIVERY_DEBUG, "%s: %s", road->target.name,
	    text);
}

static unsigned bits(uint32_t mask)
{
	return (unsigned)__builtin_popcount(mask);
}

static uint32_t all_roads(const struct delivery *delivery)
{
	return (1u << delivery->road_count) - 1;
}

static uint32_t bit_of(const struct delivery *delivery, const struct road *road)
{
	return 1u << (road - delivery->roads);
}

static void set_roads(struct delivery *delivery, const struct delivery_options *options)
{
	for (size_t i = 0; i < options->target_count && i < TARGET_COUNT_MAX; i++) {
		struct road *road = &delivery->roads[delivery->road_count++];
		road->target = options->targets[i];
		road->id = 0xcbf29ce484222325; /* FNV-1a */
		for (const char *c = road->target.name; *c; c++)
			road->id = (road->id ^ (unsigned char)*c) * 0x100000001b3;
	}
	if (options->server_id && options->server_token) {
		snprintf(delivery->server_id, sizeof delivery->server_id, "%s", options->server_id);
		snprintf(delivery->server_token, sizeof delivery->server_token, "%s",
			 options->server_token);
	}
}

struct delivery *delivery_create(const struct delivery_options *options)
{
	struct delivery *delivery = calloc(1, sizeof *delivery);
	if (!delivery)
		return NULL;
	delivery->http = http_create(options->version, options->ca_file);
	if (!delivery->http) {
		free(delivery);
		return NULL;
	}
	set_roads(delivery, options);
	delivery->log = options->log;
	delivery->random = options->seed;
	delivery->period_ms = options->period_ms;
	delivery->timeout_ms = options->timeout_ms;
	delivery->max_count = options->queue_parcels ? options->queue_parcels : DELIVERY_PARCELS;
	if (delivery->max_count > DELIVERY_PARCELS_MAX)
		delivery->max_count = DELIVERY_PARCELS_MAX;
	delivery->max_bytes = options->queue_bytes ? options->queue_bytes : DELIVERY_BYTES;
	if (options->spool)
		delivery->spool = spool_open(options->spool, options->spool_bytes);
	if (options->spool && !delivery->spool)
		say(delivery, DELIVERY_ERROR, "the spool %.512s cannot be used: %s", options->spool,
		    errno == EPERM ? "it must be a directory of ours with mode 0700"
				   : strerror(errno));
	return delivery;
}

void delivery_destroy(struct delivery *delivery)
{
	if (!delivery)
		return;
	http_destroy(delivery->http); /* before the bodies it refers to */
	while (delivery->queue.count)
		queue_destroy_entry(queue_remove(&delivery->queue, 0));
	spool_close(delivery->spool);
	free(delivery);
}

static bool spool_entry(struct delivery *delivery, const struct entry *entry)
{
	struct spool_item item = {.parcel = entry->parcel};
	if (!delivery->spool)
		return false;
	for (size_t i = 0; i < delivery->road_count; i++)
		if (entry->owed & 1u << i)
			item.targets[item.target_count++] = delivery->roads[i].id;
	int error = spool_put(delivery->spool, &item, next_random(delivery),
			      &delivery->stats.dropped_spool);
	if (error)
		say(delivery, DELIVERY_DEBUG, "a profile did not go into the spool: %s",
		    strerror(-error));
	return !error;
}

/* What came from the spool keeps its file while somebody has not taken it. */
static void settle_spool(struct delivery *delivery, const struct entry *entry)
{
	bool stays = entry->owed == entry->original;
	if (!stays && entry->owed)
		stays = !spool_entry(delivery, entry);
	if (stays)
		spool_release(delivery->spool);
	else
		spool_remove(delivery->spool);
}

/* The end of an entry that is in no queue any more; loss counts those who might have taken it. */
static void retire(struct delivery *delivery, struct entry *entry, uint64_t *loss)
{
	if (entry->from_spool) {
		settle_spool(delivery, entry);
	} else if (entry->owed && spool_entry(delivery, entry)) {
		delivery->stats.spooled += bits(entry->owed);
	} else {
		delivery->stats.dropped_refused += bits(entry->owed & entry->refused);
		*loss += bits(entry->owed & ~entry->refused);
	}
	queue_destroy_entry(entry);
}

static void remove_at(struct delivery *delivery, size_t index, uint64_t *loss)
{
	struct entry *entry = queue_remove(&delivery->queue, index);
	for (size_t i = 0; i < delivery->road_count; i++) {
		if (delivery->roads[i].under_way != entry)
			continue;
		http_cancel(delivery->http, (unsigned)i);
		delivery->roads[i].under_way = NULL;
	}
	retire(delivery, entry, loss);
}

static void remove_done(struct delivery *delivery)
{
	for (size_t i = delivery->queue.count; i-- > 0;)
		if (!delivery->queue.entries[i]->pending)
			remove_at(delivery, i, &delivery->stats.dropped_refused);
}

void delivery_add(struct delivery *delivery, struct parcel *parcel)
{
	if (!delivery->road_count || !parcel->profile_count) {
		parcel_destroy(parcel);
		return;
	}
	struct entry *entry = queue_make_entry(parcel, all_roads(delivery));
	if (!entry) {
		delivery->stats.dropped_memory += delivery->road_count;
		parcel_destroy(parcel);
		return;
	}
	if (entry->size > delivery->max_bytes) {
		retire(delivery, entry, &delivery->stats.dropped_full);
		return;
	}
	struct queue *queue = &delivery->queue;
	while (queue->count && (queue->count >= delivery->max_count ||
				queue->bytes + entry->size > delivery->max_bytes))
		remove_at(delivery, queue_victim(queue), &delivery->stats.dropped_full);
	queue_append(queue, entry); /* has room: max_count is less than its table */
}

static void settle(struct delivery *delivery, struct road *road, enum verdict verdict,
		   uint32_t retry_after_s)
{
	struct entry *entry = road->under_way;
	uint32_t bit = bit_of(delivery, road);
	road->under_way = NULL;
	road->last_failed = verdict != VERDICT_TAKEN;
	if (verdict == VERDICT_TAKEN && road->is_told_down) {
		road->is_told_down = false;
		say(delivery, DELIVERY_INFO, "%s: takes profiles again", road->target.name);
	}
	road->is_taking = verdict == VERDICT_TAKEN;
	if (verdict == VERDICT_FAILED) {
		delivery->stats.failed_attempts++;
		road->failures++;
		road->rests_until_ms = delivery->now_ms +
				       verdict_rest_ms(road->failures, retry_after_s,
						       delivery->period_ms, next_random(delivery));
		if (entry->from_spool)
			entry->pending &= ~bit;
		return;
	}
	road->failures = 0;
	entry->pending &= ~bit;
	if (verdict == VERDICT_TAKEN)
		delivery->stats.sent++;
	if (verdict == VERDICT_REFUSED)
		delivery->stats.dropped_refused++;
	if (verdict == VERDICT_REFUSED_FOR_NOW && !entry->from_spool)
		entry->refused |= bit;
	if (verdict == VERDICT_TAKEN || verdict == VERDICT_REFUSED)
		entry->owed &= ~bit;
}

static bool collect(struct delivery *delivery, struct road *road)
{
	struct http_result result;
	if (!road->under_way || road->target.kind != TARGET_AGENT ||
	    !http_result(delivery->http, (unsigned)(road - delivery->roads), &result))
		return false;
	enum verdict verdict = verdict_of(&result);
	if (verdict != VERDICT_TAKEN)
		complain(delivery, road, verdict_text(&result));
	settle(delivery, road, verdict, result.retry_after_s);
	return true;
}

static void fail(struct delivery *delivery, struct road *road, int error)
{
	complain(delivery, road, strerror(-error));
	settle(delivery, road, VERDICT_FAILED, 0);
}

static void start_agent(struct delivery *delivery, struct road *road, struct entry *entry)
{
	const struct target *target = &road->target;
	bool has_user = *target->user;
	int error = 0;
	if (!entry->body.text)
		error = agent_encode(&entry->body, entry->parcel, next_random(delivery));
	struct http_request request = {
		.url = target->url,
		.socket_path = target->path,
		.user = has_user ? target->user : delivery->server_id,
		.password = has_user ? target->password : delivery->server_token,
		.content_type = entry->body.content_type,
		.body = entry->body.segments,
		.body_count = entry->body.segment_count,
		.timeout_ms = delivery->timeout_ms,
	};
	if (!error)
		error = http_begin(delivery->http, (unsigned)(road - delivery->roads), &request);
	if (error)
		fail(delivery, road, error);
}

static void start_file(struct delivery *delivery, struct road *road, const struct entry *entry)
{
	int error = file_put(&road->file, road->target.path, entry->parcel, next_random(delivery));
	if (error)
		fail(delivery, road, error);
	else
		settle(delivery, road, VERDICT_TAKEN, 0);
}

static struct entry *pending(const struct delivery *delivery, const struct road *road)
{
	return queue_find(&delivery->queue, bit_of(delivery, road));
}

/* The exit has no time for those who failed last. */
static bool may_start(const struct delivery *delivery, const struct road *road)
{
	if (road->under_way)
		return false;
	return delivery->is_finishing ? !road->last_failed
				      : road->rests_until_ms <= delivery->now_ms;
}

static bool start(struct delivery *delivery, struct road *road)
{
	struct entry *entry = may_start(delivery, road) ? pending(delivery, road) : NULL;
	if (!entry)
		return false;
	road->under_way = entry;
	if (road->target.kind == TARGET_FILE)
		start_file(delivery, road, entry);
	else
		start_agent(delivery, road, entry);
	return true;
}

static uint32_t roads_taking(const struct delivery *delivery)
{
	uint32_t mask = 0;
	for (size_t i = 0; i < delivery->road_count; i++)
		if (delivery->roads[i].is_taking)
			mask |= 1u << i;
	return mask;
}

/* Who is meant by a spooled item: its targets as far as they are ours; when none of them is, the
 * configuration has changed, and everybody is. */
static uint32_t roads_of(const struct delivery *delivery, const struct spool_item *item)
{
	uint32_t mask = 0;
	for (size_t i = 0; i < item->target_count; i++)
		for (size_t k = 0; k < delivery->road_count; k++)
			if (delivery->roads[k].id == item->targets[i])
				mask |= 1u << k;
	return mask ? mask : all_roads(delivery);
}

static bool wants_spool(const struct delivery *delivery)
{
	uint32_t taking = roads_taking(delivery);
	return delivery->spool && taking && !delivery->is_finishing &&
	       !queue_find(&delivery->queue, taking) && !queue_has_spooled(&delivery->queue);
}

/* One at a time and at a measured pace, while somebody takes profiles and has no fresh ones. */
static void resume(struct delivery *delivery)
{
	struct spool_item item;
	if (!wants_spool(delivery) || delivery->now_ms < delivery->spool_next_ms)
		return;
	int error = spool_take(delivery->spool, &item, &delivery->stats.dropped_spool);
	delivery->spool_next_ms =
		delivery->now_ms + (error ? delivery->period_ms : DELIVERY_SPOOL_PACE_MS);
	if (error)
		return;
	struct entry *entry = queue_make_entry(item.parcel, roads_of(delivery, &item));
	if (!entry || delivery->queue.bytes + entry->size > delivery->max_bytes) {
		entry ? queue_destroy_entry(entry) : parcel_destroy(item.parcel);
		spool_release(delivery->spool);
		return;
	}
	entry->from_spool = true;
	entry->pending &= roads_taking(delivery);
	queue_append(&delivery->queue, entry); /* has room: its table has one more for this */
}

static uint32_t next_run_ms(struct delivery *delivery)
{
	uint64_t wait_ms = DELIVERY_IDLE_MS;
	if (http_busy(delivery->http))
		wait_ms = http_timeout_ms(delivery->http, DELIVERY_IDLE_MS);
	for (size_t i = 0; i < delivery->road_count; i++) {
		const struct road *road = &delivery->roads[i];
		if (road->under_way || !pending(delivery, road) ||
		    (delivery->is_finishing && road->last_failed))
			continue;
		uint64_t left =
			may_start(delivery, road) ? 0 : road->rests_until_ms - delivery->now_ms;
		wait_ms = left < wait_ms ? left : wait_ms;
	}
	if (wants_spool(delivery)) {
		uint64_t left = delivery->spool_next_ms > delivery->now_ms
					? delivery->spool_next_ms - delivery->now_ms
					: 0;
		wait_ms = left < wait_ms ? left : wait_ms;
	}
	return wait_ms ? (uint32_t)wait_ms : 1;
}

uint32_t delivery_run(struct delivery *delivery, uint64_t now_ms)
{
	bool has_moved = true;
	delivery->now_ms = now_ms;
	for (int rounds = 0; has_moved && rounds < ROUNDS_MAX; rounds++) {
		has_moved = false;
		http_perform(delivery->http);
		for (size_t i = 0; i < delivery->road_count; i++)
			has_moved |= collect(delivery, &delivery->roads[i]);
		remove_done(delivery);
		resume(delivery);
		for (size_t i = 0; i < delivery->road_count; i++)
			has_moved |= start(delivery, &delivery->roads[i]);
		remove_done(delivery);
	}
	return next_run_ms(delivery);
}

bool delivery_is_busy(const struct delivery *delivery)
{
	return http_busy(delivery->http) > 0;
}

void delivery_wait(struct delivery *delivery, uint32_t max_ms, int wake_fd)
{
	http_wait(delivery->http, max_ms, wake_fd);
}

static bool is_anything_left(const struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->road_count; i++)
		if (delivery->roads[i].under_way || (may_start(delivery, &delivery->roads[i]) &&
						     pending(delivery, &delivery->roads[i])))
			return true;
	return false;
}

static void give_up_failed(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->road_count; i++) {
		if (!delivery->roads[i].last_failed || !delivery->roads[i].under_way)
			continue;
		http_cancel(delivery->http, (unsigned)i);
		delivery->roads[i].under_way = NULL;
	}
}

void delivery_finish(struct delivery *delivery, uint64_t now_ms, uint32_t budget_ms)
{
	uint64_t began_ms = arch_clock_ns(CLOCK_MONOTONIC) / 1000000, spent_ms = 0;
	uint64_t dropped = delivery->stats.dropped_exit;
	delivery->now_ms = now_ms;
	delivery->is_finishing = true;
	give_up_failed(delivery);
	while (spent_ms < budget_ms && is_anything_left(delivery)) {
		uint32_t wait_ms = delivery_run(delivery, now_ms + spent_ms);
		spent_ms = arch_clock_ns(CLOCK_MONOTONIC) / 1000000 - began_ms;
		if (spent_ms >= budget_ms || !is_anything_left(delivery))
			break;
		uint32_t left_ms = budget_ms - (uint32_t)spent_ms;
		http_wait(delivery->http, wait_ms < left_ms ? wait_ms : left_ms, -1);
		spent_ms = arch_clock_ns(CLOCK_MONOTONIC) / 1000000 - began_ms;
	}
	while (delivery->queue.count)
		remove_at(delivery, 0, &delivery->stats.dropped_exit);
	if (budget_ms && delivery->stats.dropped_exit > dropped)
		say(delivery, DELIVERY_WARNING,
		    "%u not sent at the end, which has %u ms for that; "
		    "CONPROF_SPOOL would keep it for the next start",
		    (unsigned)(delivery->stats.dropped_exit - dropped), budget_ms);
	delivery->is_finishing = false;
}

const struct delivery_stats *delivery_stats(const struct delivery *delivery)
{
	return &delivery->stats;
}
