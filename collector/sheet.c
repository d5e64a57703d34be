/* SPDX-License-Identifier: Apache-2.0 */
/* sheet.c -- one profile against a dictionary: what it says once, and a row for each sample. */
#include "collector/sheet.h"

#include "collector/sheet_labels.h"

#include <errno.h>

enum {
	RECENT_BITS = 12,
};

struct recent { /* a stack that has been looked up, and its number; 0: none has */
	struct dictionary_stack row;
	uint32_t stack;
};

/* What each row of the view is in the dictionary; 0: not looked up yet, or none. */
struct map {
	struct sheet *sheet;
	const struct view *view;
	struct dictionary *dictionary;
	uint32_t *texts, *functions, *mappings, *locations;
	bool *has_base;			/* by mapping of the dictionary */
	const struct view_sample *last; /* whose stack is path[depth], from the root's 0 on */
	uint32_t *path;
	struct recent *recent; /* by a hash of the row */
};

static uint32_t deepest(const struct view *v)
{
	uint32_t depth = 0;
	for (uint32_t i = 0; i < v->count.samples; i++)
		depth = v->samples[i].frame_count > depth ? v->samples[i].frame_count : depth;
	return depth;
}

static bool map_open(struct map *m, struct arena *arena)
{
	const struct view_counts *n = &m->view->count;
	size_t mappings =
		(size_t)dictionary_count(m->dictionary, DICTIONARY_MAPPINGS) + n->mappings;
	return (m->texts = arena_take(arena, n->texts, sizeof(*m->texts))) &&
	       (m->functions = arena_take(arena, n->functions, sizeof(*m->functions))) &&
	       (m->mappings = arena_take(arena, n->mappings, sizeof(*m->mappings))) &&
	       (m->locations = arena_take(arena, n->locations, sizeof(*m->locations))) &&
	       (m->has_base = arena_take(arena, mappings, sizeof(*m->has_base))) &&
	       (m->recent = arena_take(arena, 1 << RECENT_BITS, sizeof(*m->recent))) &&
	       (m->path = arena_take(arena, deepest(m->view) + (size_t)1, sizeof(*m->path)));
}

static bool sheet_open(struct sheet *s, struct arena *arena, const struct view *v)
{
	*s = (struct sheet){.type_count = v->count.types, .comment_count = v->count.comments};
	return (s->types = arena_take(arena, v->count.types, sizeof(*s->types))) &&
	       (s->comments = arena_take(arena, v->count.comments, sizeof(*s->comments))) &&
	       (s->bases = arena_take(arena, v->count.mappings, sizeof(*s->bases))) &&
	       (s->rows = arena_take_raw(arena, v->count.samples, sizeof(*s->rows))) &&
	       (s->values = arena_take_raw(arena, (size_t)v->count.samples * v->count.types,
					   sizeof(*s->values)));
}

/* 0 is "" and DICTIONARY_NONE a failure, which shows wherever a row is made of it. */
static uint32_t map_text(struct map *m, uint32_t text)
{
	const struct view_text *t = &m->view->texts[text];
	if (t->size && !m->texts[text])
		m->texts[text] = dictionary_text(m->dictionary, t->bytes, t->size);
	return m->texts[text];
}

static uint32_t map_function(struct map *m, uint32_t function)
{
	const struct view_function *f = &m->view->functions[function];
	if (m->functions[function])
		return m->functions[function];
	struct dictionary_function row = {.name = map_text(m, f->name),
					  .system_name = map_text(m, f->system_name),
					  .filename = map_text(m, f->filename),
					  .is_function = 1,
					  .start_line = f->start_line};
	if (row.name == DICTIONARY_NONE || row.system_name == DICTIONARY_NONE ||
	    row.filename == DICTIONARY_NONE)
		return DICTIONARY_NONE;
	return m->functions[function] = dictionary_add(m->dictionary, DICTIONARY_FUNCTIONS, &row);
}

static void add_base(struct map *m, uint32_t mapping, uint64_t start)
{
	if (mapping == DICTIONARY_NONE || m->has_base[mapping])
		return;
	m->has_base[mapping] = true;
	m->sheet->bases[m->sheet->base_count++] = (struct sheet_base){start, mapping};
}

static uint32_t map_mapping(struct map *m, uint32_t mapping)
{
	const struct view_mapping *v = &m->view->mappings[mapping];
	if (m->mappings[mapping])
		return m->mappings[mapping];
	struct dictionary_mapping row = {.size = v->limit - v->start,
					 .offset = v->offset,
					 .filename = map_text(m, v->filename),
					 .build_id = map_text(m, v->build_id),
					 .flags = v->flags | DICTIONARY_IS_MAPPING};
	if (row.filename == DICTIONARY_NONE || row.build_id == DICTIONARY_NONE)
		return DICTIONARY_NONE;
	m->mappings[mapping] = dictionary_add(m->dictionary, DICTIONARY_MAPPINGS, &row);
	add_base(m, m->mappings[mapping], v->start);
	return m->mappings[mapping];
}

static uint32_t map_lines(struct map *m, const struct view_location *l)
{
	uint32_t chain = 0;
	for (uint32_t i = l->line_count; i-- > 0 && chain != DICTIONARY_NONE;) {
		const struct view_line *line = &m->view->lines[l->line_start + i];
		struct dictionary_line row = {.rest = chain,
					      .function = map_function(m, line->function),
					      .line = line->line,
					      .column = line->column};
		chain = row.function == DICTIONARY_NONE
				? DICTIONARY_NONE
				: dictionary_add(m->dictionary, DICTIONARY_LINES, &row);
	}
	return chain;
}

/* The mapping of a location, with the main binary's use noticed; 0 when it has none. */
static uint32_t map_place(struct map *m, const struct view_location *l, uint64_t *start)
{
	*start = 0;
	if (l->mapping == VIEW_NONE)
		return 0;
	*start = m->view->mappings[l->mapping].start;
	uint32_t mapping = map_mapping(m, l->mapping);
	if (mapping == m->sheet->bases[0].mapping)
		m->sheet->is_main_idle = false;
	return mapping;
}

static uint32_t map_location(struct map *m, uint32_t location)
{
	const struct view_location *l = &m->view->locations[location];
	uint64_t start;
	if (m->locations[location])
		return m->locations[location];
	struct dictionary_location row = {.mapping = map_place(m, l, &start),
					  .flags = DICTIONARY_IS_LOCATION |
						   (l->is_folded ? DICTIONARY_IS_FOLDED : 0)};
	row.lines = map_lines(m, l);
	row.address = l->address - start;
	if (row.mapping == DICTIONARY_NONE || row.lines == DICTIONARY_NONE)
		return DICTIONARY_NONE;
	return m->locations[location] = dictionary_add(m->dictionary, DICTIONARY_LOCATIONS, &row);
}

/* How many frames from the root on are those of the sample before. */
static uint32_t shared_frames(const struct map *m, const struct view_sample *s)
{
	if (!m->last)
		return 0;
	const uint32_t *end = m->view->frames + s->frame_start + s->frame_count;
	const uint32_t *last = m->view->frames + m->last->frame_start + m->last->frame_count;
	uint32_t most =
		s->frame_count < m->last->frame_count ? s->frame_count : m->last->frame_count;
	uint32_t shared = 0;
	while (shared < most && end[-1 - (ptrdiff_t)shared] == last[-1 - (ptrdiff_t)shared])
		shared++;
	return shared;
}

/* Samples of one profile have much in common, which is found here without a walk through memory
 * that has long left the caches. */
static uint32_t find_stack(struct map *m, const struct dictionary_stack *row)
{
	uint32_t mixed = (row->caller * 0x9e3779b1 ^ row->location) * 0x85ebca6b;
	struct recent *recent = &m->recent[mixed >> (32 - RECENT_BITS)];
	if (recent->stack && recent->row.caller == row->caller &&
	    recent->row.location == row->location)
		return recent->stack;
	uint32_t stack = dictionary_add(m->dictionary, DICTIONARY_STACKS, row);
	if (stack != DICTIONARY_NONE)
		*recent = (struct recent){*row, stack};
	return stack;
}

/* The locations are looked up from the leaf on, as google/pprof does, which decides about the order
 * of mappings; the stack grows from its root, or from where it leaves the one before. */
static uint32_t map_stack(struct map *m, const struct view_sample *s)
{
	const uint32_t *frames = m->view->frames + s->frame_start;
	uint32_t depth = shared_frames(m, s), new_frames = s->frame_count - depth;
	struct dictionary_stack row = {.caller = m->path[depth]};
	for (uint32_t i = 0; i < new_frames; i++)
		if (map_location(m, frames[i]) == DICTIONARY_NONE)
			return DICTIONARY_NONE;
	for (uint32_t i = new_frames; i-- > 0;) {
		row.location = m->locations[frames[i]];
		row.caller = find_stack(m, &row);
		if (row.caller == DICTIONARY_NONE)
			return DICTIONARY_NONE;
		m->path[++depth] = row.caller;
	}
	m->last = s;
	return row.caller;
}

static uint32_t map_labels(struct map *m, const struct view_sample *s)
{
	struct sheet_label labels[VIEW_TAGS_MAX];
	if (!s->label_count)
		return 0;
	for (uint32_t i = 0; i < s->label_count; i++) {
		const struct view_label *l = &m->view->labels[s->label_start + i];
		labels[i] = (struct sheet_label){
			.row = {.kind = !l->is_number ? DICTIONARY_LABEL_TEXT
					: l->has_unit ? DICTIONARY_LABEL_NUMBER_UNIT
						      : DICTIONARY_LABEL_NUMBER,
				.key = map_text(m, l->key),
				.text = l->is_number && !l->has_unit ? 0 : map_text(m, l->text),
				.number = l->is_number ? l->number : 0},
			.key = &m->view->texts[l->key]};
		if (labels[i].row.key == DICTIONARY_NONE || labels[i].row.text == DICTIONARY_NONE)
			return DICTIONARY_NONE;
	}
	return sheet_labels_add(m->dictionary, labels, s->label_count);
}

static bool is_zero(const int64_t *values, uint32_t count)
{
	int64_t any = 0;
	for (uint32_t i = 0; i < count; i++)
		any |= values[i];
	return !any;
}

static bool take_samples(struct map *m)
{
	struct sheet *s = m->sheet;
	const struct view *v = m->view;
	for (uint32_t i = 0; i < v->count.samples; i++) {
		const int64_t *values = v->values + (size_t)i * s->type_count;
		if (is_zero(values, s->type_count))
			continue;
		struct sheet_row row = {map_stack(m, &v->samples[i]),
					map_labels(m, &v->samples[i])};
		if (row.stack == DICTIONARY_NONE || row.labels == DICTIONARY_NONE)
			return false;
		int64_t *to = s->values + (size_t)s->row_count * s->type_count;
		for (uint32_t k = 0; k < s->type_count; k++)
			to[k] = values[k];
		s->rows[s->row_count++] = row;
	}
	return true;
}

static bool take_type(struct map *m, struct sheet_type *to, const struct view_type *from)
{
	*to = (struct sheet_type){map_text(m, from->type), map_text(m, from->unit)};
	return to->type != DICTIONARY_NONE && to->unit != DICTIONARY_NONE;
}

static bool take_head(struct map *m)
{
	struct sheet *s = m->sheet;
	const struct view *v = m->view;
	s->time_ns = v->time_ns;
	s->duration_ns = v->duration_ns;
	s->period = v->period;
	s->drop_frames = map_text(m, v->drop_frames);
	s->keep_frames = map_text(m, v->keep_frames);
	s->default_type = map_text(m, v->default_type);
	s->doc_url = map_text(m, v->doc_url);
	for (uint32_t i = 0; i < s->comment_count; i++)
		s->comments[i] = v->texts[v->comments[i]];
	for (uint32_t i = 0; i < s->type_count; i++)
		if (!take_type(m, &s->types[i], &v->types[i]))
			return false;
	s->is_main_idle = v->count.mappings > 0;
	return take_type(m, &s->period_type, &v->period_type) &&
	       s->drop_frames != DICTIONARY_NONE && s->keep_frames != DICTIONARY_NONE &&
	       s->default_type != DICTIONARY_NONE && s->doc_url != DICTIONARY_NONE &&
	       (!v->count.mappings || map_mapping(m, 0) != DICTIONARY_NONE);
}

int sheet_compare(const struct sheet_order *a, const struct sheet_order *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

__extension__ typedef __int128 wide;

/* Wide enough for 2^64 values, so that their order does not matter. */
static int64_t sum_of(const struct sheet *s, uint32_t column)
{
	wide sum = 0;
	for (uint32_t i = 0; i < s->row_count; i++)
		sum += s->values[(size_t)i * s->type_count + column];
	return sum < INT64_MIN ? INT64_MIN : sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

bool sheet_total(struct sheet *s, struct arena *arena)
{
	s->totals = arena_take(arena, s->type_count, sizeof(*s->totals));
	for (uint32_t k = 0; s->totals && k < s->type_count; k++)
		s->totals[k] = sum_of(s, k);
	return s->totals != NULL;
}

int sheet_take(struct sheet *s, struct arena *arena, const struct view *v, struct dictionary *d)
{
	struct map map = {.sheet = s, .view = v, .dictionary = d};
	if (sheet_open(s, arena, v) && map_open(&map, arena) && take_head(&map) &&
	    take_samples(&map) && sheet_total(s, arena))
		return 0;
	return arena->is_full || dictionary_is_full(d) ? -ENOSPC : -ENOMEM;
}
