/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c -- what travels with the samples: losses, costs, and who they are from. */
#include "core/upload.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/arch.h"
#include "core/log.h"

#include "core/ownlibc.h"
#include "core/procfile.h"

enum { COMMENTS_MAX = 28, COMMENT_SIZE = 96 };

struct comments {
	size_t count;
	const char *lines[COMMENTS_MAX];
	char text[COMMENTS_MAX][COMMENT_SIZE];
};

__attribute__((format(printf, 2, 3))) static void say(struct comments *comments, const char *format,
						      ...)
{
	if (comments->count == COMMENTS_MAX)
		return;
	char *line = comments->text[comments->count];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, COMMENT_SIZE, format, arguments);
	va_end(arguments);
	comments->lines[comments->count++] = line;
}

static void say_losses(struct comments *comments, const struct upload_period *period)
{
	static const char *const keys[] = {
#define X(name, key, meaning) [name] = (key),
		LOST_REASONS(X)
#undef X
	};
	for (int i = 0; i < LOST_COUNT; i++) {
		uint64_t lost = atomic_load_explicit(&period->state->lost[i], memory_order_relaxed);
		if (i == LOST_UPLOAD)
			lost = period->dropped_uploads;
		say(comments, "lost.%s=%" PRIu64, keys[i], lost);
	}
}

/* What no tick and no booking accounts for: threads that could not be followed, lost records. */
static uint64_t unsampled_ns(const struct upload_period *period)
{
	uint64_t accounted = (uint64_t)profile_total(gather_profile(period->gather), CPU_NS) +
			     period->worker_cpu_ns;
	return accounted < period->process_cpu_ns ? period->process_cpu_ns - accounted : 0;
}

/* So that a reader sees how much of the process's memory the samples explain. */
static void say_heap(struct comments *comments, const struct upload_period *period)
{
	const struct state *state = period->state;
	const struct profile *heap = gather_heap(period->gather);
	uint64_t rss_kib = 0, anonymous_kib = 0, used = atomic_load(&state->allocator_used);
	procfile_number("/proc/self/status", "\nVmRSS:", 10, &rss_kib);
	procfile_number("/proc/self/status", "\nRssAnon:", 10, &anonymous_kib);
	say(comments, "process.rss_bytes=%" PRIu64, rss_kib * 1024);
	say(comments, "process.rss_anonymous_bytes=%" PRIu64, anonymous_kib * 1024);
	say(comments, "heap.live_bytes=%.0f", profile_total(heap, HEAP_LIVE_BYTES));
	if (used) {
		say(comments, "allocator.used_bytes=%" PRIu64, used);
		say(comments, "allocator.held_bytes=%" PRIu64, atomic_load(&state->allocator_held));
	}
	say(comments, "heap_interval_bytes=%u", atomic_load(&state->heap_interval));
	say(comments, "heap.sampled=%" PRIu64, atomic_load(&state->allocations));
}

static void say_all(struct comments *comments, const struct upload_period *period)
{
	say(comments, "conprof.version=%s", CONPROF_VERSION);
	say(comments, "engine=%s", period->engine);
	say(comments, "cpu_rate_hz=%u", period->config->cpu_rate);
	say(comments, "process.cpu_ns=%" PRIu64, period->process_cpu_ns);
	say(comments, "booked_at_thread_end_ns=%" PRIu64, gather_booked_ns(period->gather));
	say(comments, "unsampled_cpu_ns=%" PRIu64, unsampled_ns(period));
	say(comments, "own.cpu_ns=%" PRIu64, period->worker_cpu_ns);
	say(comments, "own.heap_bytes=%zu", ownlibc_heap_size());
	if (period->config->types & CONFIG_TYPE_HEAP)
		say_heap(comments, period);
	say_losses(comments, period);
}

static void set_tags(struct parcel *parcel, const struct upload_period *period)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	if (*host)
		parcel_set_tag(parcel, "host", host);
	parcel_set_tag(parcel, "probe_version", CONPROF_VERSION);
	parcel_set_tag(parcel, "runtime-id", period->runtime_id);
	if (period->config->project[0])
		parcel_set_tag(parcel, "project_id", period->config->project);
	/* last, because a label of the user wins over everything */
	for (size_t i = 0; i < period->config->label_count; i++)
		parcel_set_tag(parcel, period->config->labels[i].key,
			       period->config->labels[i].value);
}

static int add_profile(struct parcel *parcel, const char *type, const struct profile *profile,
		       const struct profile_facts *facts)
{
	uint8_t *bytes;
	size_t size;
	int error = profile_encode(profile, facts, &bytes, &size);
	if (error)
		return error;
	error = parcel_add_profile(parcel, type, bytes, size);
	if (error)
		free(bytes);
	return error;
}

struct parcel *upload_parcel(const struct upload_period *period)
{
	struct comments *comments = calloc(1, sizeof(*comments));
	struct parcel *parcel = parcel_create(period->config->service);
	if (!comments || !parcel)
		goto fail;
	say_all(comments, period);
	bool is_whole = period->config->types & CONFIG_TYPE_HEAP;
	parcel->start_ns = is_whole ? period->start_ns : period->cpu_start_ns;
	parcel->end_ns = parcel->start_ns + (is_whole ? period->length_ns : period->cpu_length_ns);
	parcel->seq = period->seq;
	parcel->pid = (uint32_t)getpid();
	struct profile_facts facts = {
		.start_ns = period->cpu_start_ns,
		.duration_ns = period->cpu_length_ns,
		.period = atomic_load_explicit(&period->state->period_ns, memory_order_relaxed),
		.pid = (int)parcel->pid,
		.comments = comments->lines,
		.comment_count = comments->count,
	};
	int no_cpu = add_profile(parcel, "cpu", gather_profile(period->gather), &facts);
	facts.start_ns = period->start_ns;
	facts.duration_ns = period->length_ns;
	facts.period = atomic_load_explicit(&period->state->heap_interval, memory_order_relaxed);
	int no_heap = add_profile(parcel, "heap", gather_heap(period->gather), &facts);
	if (no_cpu && no_heap)
		goto fail;
	set_tags(parcel, period);
	free(comments);
	return parcel;
fail:
	free(comments);
	parcel_destroy(parcel);
	return NULL;
}

void upload_make_id(char text[UPLOAD_ID_SIZE])
{
	uint8_t b[16];
	if (getrandom(b, sizeof(b), GRND_NONBLOCK) != sizeof(b))
		for (size_t i = 0; i < sizeof(b); i++)
			b[i] = (uint8_t)arch_noise(i);
	b[6] = (b[6] & 0x0f) | 0x40; /* RFC 9562, version 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(text, UPLOAD_ID_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

static void log_text(int level, const char *text)
{
	log_line((enum log_level)level, text);
}

struct delivery *upload_open_delivery(const struct config *config)
{
	struct target *targets = calloc(TARGET_COUNT_MAX, sizeof(*targets));
	if (!targets)
		return NULL;
	const char *refused = NULL;
	char line[256];
	size_t count = target_parse_list(targets, config->url, strlen(config->url), &refused);
	if (refused) {
		snprintf(line, sizeof(line), "CONPROF_URL: %s", refused);
		log_line(LOG_ERROR, line);
	}
	struct delivery_options options = {
		.targets = targets,
		.target_count = count,
		.server_id = config->server_id,
		.server_token = config->server_token,
		.version = CONPROF_VERSION,
		.period_ms = config->period_ms,
		.timeout_ms = config->upload_timeout_ms,
		.spool = config->spool[0] ? config->spool : NULL,
		.spool_bytes = config->spool_size,
		.seed = arch_noise((uint64_t)getpid()),
		.log = log_text,
	};
	struct delivery *delivery = delivery_create(&options);
	free(targets);
	return delivery;
}
