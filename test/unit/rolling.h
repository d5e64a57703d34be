/* SPDX-License-Identifier: Apache-2.0 */
/* rolling.h -- a store that makes rollups, and merges that read them beside merges that do not. */
#pragma once

#include "test/unit/storing.h"

#include "collector/collector.h"
#include "collector/merging.h"
#include "test/merge/random_pprof.h"

#define HOUR  ((int64_t)3600 * MOMENT_SECOND)
#define START (486000 * HOUR) /* of the first window */

enum {
	HOURS = 3,
	HOSTS = 3,
	ALL = 9,     /* rollups of an hour */
	FIRST = 360, /* profiles, evenly over hosts and hours */
	TIMEOUT_S = 20,
};

static struct options program_options;
static struct collector collector;

static inline void set_up_rollups(void)
{
	set_up();
	close_store();
	options.queue_bytes = 64 << 20;
	options.inflated_max = 1 << 20;
	options.seed = 5;
	open_store();
	program_options.threads = 3;
	program_options.inflated_max = 1 << 20;
	program_options.merge_deadline_ms = 3600000;
}

/* ---- profiles ------------------------------------------------------------------------------ */

struct made {
	struct bytes body;
	char labels[32];
	struct store_put put;
};

/* Later fields win. What profiles of one program tell each time is the same in all. */
static inline void set_head(struct bytes *body)
{
	static const uint8_t nothing[] = {14 << 3, 0, 15 << 3, 0};
	bytes_put(body, nothing, sizeof nothing);
}

/* Profile number n, of one of the hosts, told to be of time_ns; its body says body_ns. */
static inline void make_profile(struct made *made, uint32_t n, int64_t time_ns, int64_t body_ns)
{
	const struct random_pprof wanted = {
		.family = 3, .member = n, .has_time = true, .time_ns = body_ns};
	*made = (struct made){0};
	random_pprof(&wanted, &made->body);
	set_head(&made->body);
	snprintf(made->labels, sizeof made->labels, "host=%u", n % HOSTS);
	made->put = (struct store_put){
		.profile = {.service = "shop",
			    .type = "cpu",
			    .labels = made->labels,
			    .sample_types = "samples/count",
			    .time_ns = time_ns,
			    .arrived_ns = moment_now(),
			    .size = made->body.size},
		.body = made->body.at,
	};
	memcpy(made->put.profile.key, &n, sizeof n);
}

static inline void put_at(uint32_t n, int64_t time_ns, int64_t body_ns)
{
	struct made made;
	make_profile(&made, n, time_ns, body_ns);
	ck_assert_int_eq(put_all(&made.put, 1), 0);
	bytes_free(&made.body);
}

/* So that hosts take turns, now and then at the very same time. */
static inline int64_t time_of(uint32_t n)
{
	return START + (int64_t)(n - n % 2) * (HOURS * HOUR / FIRST) + 5;
}

/* From first on, each step-th, all at once, so that none is late. The first early ones say that
 * they arrived before_ns ago. */
static inline void put_many(uint32_t first, uint32_t step, uint32_t early, int64_t before_ns)
{
	static struct made made[FIRST];
	static struct store_put puts[FIRST];
	size_t count = 0;
	for (uint32_t n = first; n < FIRST; n += step, count++) {
		make_profile(&made[count], n, time_of(n), time_of(n));
		puts[count] = made[count].put;
		if (count < early)
			puts[count].profile.arrived_ns -= before_ns;
	}
	ck_assert_int_eq(put_all(puts, count), 0);
	while (count-- > 0)
		bytes_free(&made[count].body);
}

static inline void put_some(uint32_t first, uint32_t step)
{
	put_many(first, step, 0, 0);
}

/* ---- what a merge says, whatever the order of its samples ----------------------------------- */

static inline void say_text(FILE *out, const struct merged *m, uint32_t text)
{
	const struct dictionary_text *t = dictionary_text_at(m->dictionary, text);
	fprintf(out, "|%.*s", (int)t->size, t->size ? (const char *)t->bytes : "");
}

static inline void say_mapping(FILE *out, const struct merged *m, uint32_t mapping)
{
	const struct merged_mapping *at = &m->mappings[mapping];
	fprintf(out, " <%lx %lx %lx %x", at->start, at->size, at->offset, at->flags);
	say_text(out, m, at->filename);
	say_text(out, m, at->build_id);
	fprintf(out, ">");
}

static inline void say_location(FILE *out, const struct merged *m, uint32_t location)
{
	const struct dictionary_location *l = dictionary_location_at(m->dictionary, location);
	fprintf(out, " (%lx %x", l->address, l->flags);
	if (l->mapping)
		say_mapping(out, m, l->mapping);
	for (uint32_t at = l->lines; at; at = dictionary_line_at(m->dictionary, at)->rest) {
		const struct dictionary_line *line = dictionary_line_at(m->dictionary, at);
		const struct dictionary_function *f =
			dictionary_function_at(m->dictionary, line->function);
		fprintf(out, " %ld:%ld:%ld", line->line, line->column, f->start_line);
		say_text(out, m, f->name);
		say_text(out, m, f->system_name);
		say_text(out, m, f->filename);
	}
	fprintf(out, ")");
}

static inline void say_row(FILE *out, const struct merged *m, uint32_t number)
{
	const struct sheet_row *row = table_at(&m->rows, number);
	for (uint32_t i = 0; i < m->type_count; i++)
		fprintf(out, "%ld ", m->values[(size_t)number * m->type_count + i]);
	for (uint32_t at = row->stack; at; at = dictionary_stack_at(m->dictionary, at)->caller)
		say_location(out, m, dictionary_stack_at(m->dictionary, at)->location);
	for (uint32_t at = row->labels - 1; at;) {
		const struct dictionary_label *label = dictionary_label_at(m->dictionary, at);
		fprintf(out, " %u %ld", label->kind, label->number);
		say_text(out, m, label->key);
		say_text(out, m, label->text);
		at = label->rest;
	}
	fputc('\n', out);
}

static inline void say_head(FILE *out, const struct merged *m)
{
	const uint32_t texts[] = {m->drop_frames,   m->keep_frames,	 m->default_type,
				  m->doc_url,	    m->period_type.type, m->period_type.unit,
				  m->types[0].type, m->types[0].unit};
	fprintf(out, "%ld %ld %ld", m->time_ns, m->duration_ns, m->period);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		say_text(out, m, texts[i]);
	for (uint32_t i = 0; i < m->comment_count; i++)
		say_text(out, m, m->comments[i].text);
	if (dictionary_count(m->dictionary, DICTIONARY_MAPPINGS) > 1)
		say_mapping(out, m, 1);
	fputc('\n', out);
}

static inline int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The head, then the rows, sorted. */
static inline char *say(const struct merged *m)
{
	uint32_t count = table_count(&m->rows), used = 0;
	char **lines = calloc(count + 1, sizeof(char *));
	char *text;
	size_t size;
	for (uint32_t i = 1; i < count; i++) {
		if (merged_is_zero(m, i))
			continue;
		FILE *line = open_memstream(&lines[used++], &size);
		say_row(line, m, i);
		fclose(line);
	}
	qsort(lines, used, sizeof(char *), by_text);
	FILE *out = open_memstream(&text, &size);
	say_head(out, m);
	for (uint32_t i = 0; i < used; i++) {
		fputs(lines[i], out);
		free(lines[i]);
	}
	fclose(out);
	free(lines);
	return text;
}

/* ---- merges -------------------------------------------------------------------------------- */

struct outcome {
	char *text;
	size_t records;
	uint64_t profiles;
};

static inline struct outcome merge(const struct store_query *query, bool by_sums)
{
	struct selection selection = {.most = SIZE_MAX};
	struct exchange exchange = {.collector = &collector};
	struct outcome outcome = {0};
	struct merged *merged;
	char why[MERGE_ERROR_SIZE] = "";
	collector.options = &program_options;
	collector.store = store;
	const struct merging merging = {&exchange, &selection, 256 << 20,
					merging_deadline(&collector)};
	ck_assert_int_eq(by_sums ? selection_cover(&selection, store, query)
				 : selection_find(&selection, store, query),
			 0);
	outcome.records = selection.count;
	outcome.profiles = selection.profiles;
	int error = merging_run(&merging, &merged, why);
	ck_assert_msg(error == 0 || error == -ENODATA, "%s", why);
	outcome.text = error ? strdup(why) : say(merged);
	if (!error)
		merged_destroy(merged);
	selection_clear(&selection);
	return outcome;
}

static inline size_t records_between(int64_t from_ns, int64_t to_ns, const char *labels_text)
{
	struct labels labels = {0};
	const struct store_query query = {.service = "shop",
					  .type = "cpu",
					  .labels = *labels_text ? &labels : NULL,
					  .from_ns = from_ns,
					  .to_ns = to_ns};
	ck_assert_int_eq(labels_parse(&labels, labels_text), 0);
	struct outcome one_by_one = merge(&query, false), by_sums = merge(&query, true);
	ck_assert_uint_eq(one_by_one.profiles, by_sums.profiles);
	ck_assert_str_eq(one_by_one.text, by_sums.text);
	free(one_by_one.text);
	free(by_sums.text);
	labels_clear(&labels);
	return by_sums.records;
}

/* Of all there is; both ways of merging it have said the same. */
static inline size_t records_of_all(void)
{
	return records_between(0, INT64_MAX, "");
}

static inline int count_record(void *context, const struct store_record *record)
{
	(void)record;
	++*(size_t *)context;
	return 0;
}

/* Waits until the rollups are made, so that no more records are left to read. */
static inline void wait_for(size_t records)
{
	const struct store_query query = {.service = "shop", .to_ns = INT64_MAX};
	size_t count = SIZE_MAX;
	for (int i = 0; i < TIMEOUT_S * 100 && count != records; i++) {
		usleep(10000);
		count = 0;
		ck_assert_int_eq(store->engine->cover(store, &query, count_record, &count), 0);
	}
	ck_assert_uint_eq(count, records);
}
