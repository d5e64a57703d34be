/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_format.c -- what the writer and the reader of a dictionary's pieces agree on. */
#include "collector/dictionary_format.h"

#include <string.h>

const uint8_t dictionary_magic[4] = {'C', 'P', 'D', '1'};

#define FIELD(kind, name, coding, refers)                                                   \
	{                                                                                   \
		offsetof(struct dictionary_##kind, name),                                   \
			sizeof(((struct dictionary_##kind *)0)->name), DICTIONARY_##coding, \
			DICTIONARY_##refers                                                 \
	}

const struct dictionary_field dictionary_fields[DICTIONARY_KINDS][DICTIONARY_FIELDS_MAX + 1] = {
	[DICTIONARY_FUNCTIONS] = {FIELD(function, name, CHANGE, TEXTS),
				  FIELD(function, system_name, CHANGE, TEXTS),
				  FIELD(function, filename, CHANGE, TEXTS),
				  FIELD(function, is_function, PLAIN, KINDS),
				  FIELD(function, start_line, CHANGE, KINDS)},
	[DICTIONARY_MAPPINGS] = {FIELD(mapping, size, PLAIN, KINDS),
				 FIELD(mapping, offset, PLAIN, KINDS),
				 FIELD(mapping, filename, CHANGE, TEXTS),
				 FIELD(mapping, build_id, CHANGE, TEXTS),
				 FIELD(mapping, flags, PLAIN, KINDS)},
	[DICTIONARY_LINES] = {FIELD(line, rest, BACK, LINES),
			      FIELD(line, function, CHANGE, FUNCTIONS),
			      FIELD(line, line, CHANGE, KINDS), FIELD(line, column, CHANGE, KINDS)},
	[DICTIONARY_LOCATIONS] = {FIELD(location, address, CHANGE, KINDS),
				  FIELD(location, mapping, CHANGE, MAPPINGS),
				  FIELD(location, lines, CHANGE, LINES),
				  FIELD(location, flags, PLAIN, KINDS)},
	[DICTIONARY_STACKS] = {FIELD(stack, caller, BACK, STACKS),
			       FIELD(stack, location, CHANGE, LOCATIONS)},
	[DICTIONARY_LABELS] = {FIELD(label, rest, BACK, LABELS), FIELD(label, kind, PLAIN, KINDS),
			       FIELD(label, key, CHANGE, TEXTS), FIELD(label, text, CHANGE, TEXTS),
			       FIELD(label, number, CHANGE, KINDS)},
};

uint64_t dictionary_field_get(const struct dictionary_field *f, const void *row)
{
	uint32_t word;
	uint64_t wide;
	if (f->size == sizeof(word)) {
		memcpy(&word, (const char *)row + f->offset, sizeof(word));
		return word;
	}
	memcpy(&wide, (const char *)row + f->offset, sizeof(wide));
	return wide;
}

void dictionary_field_set(const struct dictionary_field *f, void *row, uint64_t value)
{
	uint32_t word = (uint32_t)value;
	if (f->size == sizeof(word))
		memcpy((char *)row + f->offset, &word, sizeof(word));
	else
		memcpy((char *)row + f->offset, &value, sizeof(value));
}
