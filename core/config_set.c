/* SPDX-License-Identifier: Apache-2.0 */
/* config_set.c -- each kind of value: how it is read, bounded, kept and shown. */
#include "core/config_set.h"

#include <string.h>

#include "core/config_read.h"

/* The index of a word is its level less one, its bit in types, its engine. */
static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const types[] = {"cpu", "wall", "heap", "threads", "all", NULL};
static const char *const engines[] = {"auto", "perf", "timer", NULL};

static bool is_first(struct config_trouble *trouble)
{
	return trouble->count++ == 0;
}

static void complain(struct config_trouble *trouble, const char *why)
{
	if (is_first(trouble))
		config_show(&trouble->why, why);
}

static void complain_of(struct config_trouble *trouble, const char *why, struct config_piece piece)
{
	if (!is_first(trouble))
		return;
	config_show(&trouble->why, why);
	config_show(&trouble->why, " '");
	config_show_written(&trouble->why, piece.start, piece.len);
	config_show(&trouble->why, "'");
}

static void show_number(struct config_text *text, enum config_kind kind, uint64_t number)
{
	if (kind == CONFIG_KIND_DURATION)
		config_show_duration(text, number);
	else if (kind == CONFIG_KIND_SIZE)
		config_show_size(text, number);
	else
		config_show_number(text, number);
}

static uint64_t load_number(const struct config *config, const struct config_row *row)
{
	uint64_t wide;
	uint32_t narrow;

	if (row->size == sizeof narrow) {
		memcpy(&narrow, (const char *)config + row->offset, sizeof narrow);
		return narrow;
	}
	memcpy(&wide, (const char *)config + row->offset, sizeof wide);
	return wide;
}

static void store_number(struct config *config, const struct config_row *row, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;

	if (row->size == sizeof narrow)
		memcpy((char *)config + row->offset, &narrow, sizeof narrow);
	else
		memcpy((char *)config + row->offset, &number, sizeof number);
}

/* A level beyond the range means the end of it, as everywhere in this trade: no trouble. */
void config_set_number(struct config *config, const struct config_row *row, uint64_t number,
		       struct config_trouble *trouble)
{
	uint64_t limit = number < row->least ? row->least : row->most;

	if (number >= row->least && number <= row->most)
		limit = number;
	else if (row->kind != CONFIG_KIND_LEVEL && is_first(trouble)) {
		config_show(&trouble->why, number < row->least ? "less than " : "more than ");
		show_number(&trouble->why, row->kind, limit);
	}
	store_number(config, row, limit);
}

static void set_text(struct config *config, const struct config_row *row, const char *value,
		     struct config_trouble *trouble)
{
	size_t len = strlen(value);

	if (len >= row->size)
		complain(trouble, "too long");
	else
		memcpy((char *)config + row->offset, value, len + 1);
}

/* Cut in front of a character of UTF-8, not within one; what is no UTF-8 is cut all the same. */
static void set_name(struct config *config, const struct config_row *row, const char *value,
		     struct config_trouble *trouble)
{
	char *field = (char *)config + row->offset;
	size_t len = strlen(value);

	if (len >= row->size) {
		complain(trouble, "too long");
		len = row->size - 1;
		for (int i = 0; i < 3 && ((unsigned char)value[len] & 0xc0) == 0x80; i++)
			len--;
	}
	memcpy(field, value, len);
	field[len] = '\0';
}

static struct config_piece whole(const char *value)
{
	return config_read_trim((struct config_piece){value, strlen(value)});
}

static void set_written_number(struct config *config, const struct config_row *row,
			       const char *value, struct config_trouble *trouble)
{
	struct config_piece piece = whole(value);
	uint64_t number;
	bool good;

	if (row->kind == CONFIG_KIND_DURATION)
		good = config_read_duration(piece, &number);
	else if (row->kind == CONFIG_KIND_SIZE)
		good = config_read_size(piece, &number);
	else
		good = config_read_number(piece, &number);
	if (good)
		config_set_number(config, row, number, trouble);
	else
		complain(trouble, row->kind == CONFIG_KIND_DURATION ? "not a duration"
				  : row->kind == CONFIG_KIND_SIZE   ? "not a size"
								    : "not a number");
}

static void set_level(struct config *config, const struct config_row *row, const char *value,
		      struct config_trouble *trouble)
{
	int word = config_read_word(whole(value), levels);

	if (word >= 0)
		config->log_level = (uint32_t)word + CONFIG_LEVEL_ERROR;
	else
		set_written_number(config, row, value, trouble);
}

static void set_engine(struct config *config, const char *value, struct config_trouble *trouble)
{
	int word = config_read_word(whole(value), engines);

	if (word >= 0)
		config->engine = word;
	else
		complain(trouble, "not auto, perf or timer");
}

static void set_types(struct config *config, const char *value, struct config_trouble *trouble)
{
	struct config_piece piece;
	unsigned mask = 0;

	while (config_read_next(&value, &piece)) {
		int word = config_read_word(piece, types);

		if (word < 0)
			complain_of(trouble, "unknown type", piece);
		else
			mask |= types[word + 1] ? 1u << word : CONFIG_TYPE_ALL;
	}
	if (mask != 0)
		config->types = mask;
	else if (trouble->count == 0)
		complain(trouble, "names no type");
}

static struct config_label *find_label(struct config *config, const char *key)
{
	unsigned i = 0;

	while (i < config->label_count && strcmp(config->labels[i].key, key) != 0)
		i++;
	return i < CONFIG_LABELS_MAX ? &config->labels[i] : NULL;
}

/* Why the entry is none, or NULL. A key that comes again replaces what it had. */
static const char *add_label(struct config *config, struct config_piece entry)
{
	const char *equals = memchr(entry.start, '=', entry.len);
	struct config_piece key = {entry.start, equals ? (size_t)(equals - entry.start) : 0};
	struct config_label label, *place;

	key = config_read_trim(key);
	if (key.len == 0)
		return "no key in";
	entry.len -= (size_t)(equals + 1 - entry.start);
	entry.start = equals + 1;
	entry = config_read_trim(entry);
	memset(&label, 0, sizeof label);
	if (!config_read_decoded(key, label.key, sizeof label.key) ||
	    !config_read_decoded(entry, label.value, sizeof label.value))
		return "too long or badly encoded is";
	place = find_label(config, label.key);
	if (!place)
		return "no room for";
	if (place == &config->labels[config->label_count])
		config->label_count++;
	*place = label;
	return NULL;
}

static void set_labels(struct config *config, const char *value, struct config_trouble *trouble)
{
	struct config_piece entry;

	config->label_count = 0;
	while (config_read_next(&value, &entry)) {
		const char *why = add_label(config, entry);

		if (why)
			complain_of(trouble, why, entry);
	}
}

void config_set(struct config *config, const struct config_row *row, const char *value,
		struct config_trouble *trouble)
{
	switch (row->kind) {
	case CONFIG_KIND_TEXT:
	case CONFIG_KIND_SECRET:
		set_text(config, row, value, trouble);
		break;
	case CONFIG_KIND_NAME:
		set_name(config, row, value, trouble);
		break;
	case CONFIG_KIND_DURATION:
	case CONFIG_KIND_NUMBER:
	case CONFIG_KIND_SIZE:
		set_written_number(config, row, value, trouble);
		break;
	case CONFIG_KIND_LEVEL:
		set_level(config, row, value, trouble);
		break;
	case CONFIG_KIND_TYPES:
		set_types(config, value, trouble);
		break;
	case CONFIG_KIND_ENGINE:
		set_engine(config, value, trouble);
		break;
	case CONFIG_KIND_LABELS:
		set_labels(config, value, trouble);
		break;
	case CONFIG_KIND_FLAG:
		config->disabled = strcmp(value, "0") != 0;
		break;
	}
}

static void show_types(struct config_text *text, unsigned mask)
{
	const char *separator = "";

	for (size_t i = 0; types[i + 1]; i++) {
		if (!(mask & 1u << i))
			continue;
		config_show(text, separator);
		config_show(text, types[i]);
		separator = ",";
	}
}

static void show_text(struct config_text *text, const char *value)
{
	if (*value == '\0')
		config_show(text, "none");
	else
		config_show_written(text, value, strlen(value));
}

static void show_labels(struct config_text *text, unsigned count)
{
	config_show_number(text, count);
	config_show(text, count == 1 ? " label" : " labels");
}

void config_set_show(struct config_text *text, const struct config *config,
		     const struct config_row *row)
{
	const char *field = (const char *)config + row->offset;

	if (row->kind == CONFIG_KIND_TYPES)
		show_types(text, config->types);
	else if (row->kind == CONFIG_KIND_ENGINE)
		config_show(text, engines[config->engine]);
	else if (row->kind == CONFIG_KIND_TEXT || row->kind == CONFIG_KIND_NAME)
		show_text(text, field);
	else if (row->kind == CONFIG_KIND_SECRET)
		config_show(text, *field ? "another" : "none");
	else if (row->kind == CONFIG_KIND_LABELS)
		show_labels(text, config->label_count);
	else
		show_number(text, row->kind, load_number(config, row));
}
