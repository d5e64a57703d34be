/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_folded.c -- a tree of calls as lines, one for each stack.
 *
 * The format has no escapes: what would be misread in a name is written as something else.
 */
#include "collector/rendering.h"
#include "collector/rendering_names.h"
#include "encoder/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct folding {
	const struct outline *outline;
	struct text stack; /* of the node in hand */
	size_t *ends;	   /* by depth: how far the stack is that node's or its caller's */
};

static void put_character(struct text *text, const uint8_t *bytes, size_t size, int32_t character)
{
	if (character == UTF8_BAD)
		text_append(text, "\xef\xbf\xbd", 3);
	else if (character == ';')
		text_append(text, ":", 1);
	else if (character < ' ' || character == 0x7f)
		text_append(text, " ", 1);
	else
		text_append(text, (const char *)bytes, size);
}

/* A number at the end of a name, after a blank, would be one more value. */
static void join_number(struct text *text, size_t start)
{
	size_t at = text->failed ? 0 : text->len;
	if (at <= start || !strchr("0123456789.", text->at[at - 1]))
		return;
	while (at > start && strchr("0123456789.", text->at[at - 1]))
		at--;
	if (at > start && text->at[at - 1] == ' ')
		text->at[at - 1] = '_';
}

static void put_name(struct text *text, struct dictionary_text name)
{
	size_t start = text->len;
	while (name.size) {
		size_t size;
		int32_t character = utf8_next(name.bytes, name.size, &size);
		put_character(text, name.bytes, size, character);
		name.bytes += size;
		name.size -= size;
	}
	join_number(text, start);
}

/* The stack of a node other than the root, by that of its parent, which came before. */
static void enter(struct folding *f, uint32_t node)
{
	const struct outline_node *n = &f->outline->nodes[node];
	struct text *stack = &f->stack;
	stack->len = f->ends[n->depth - 1];
	text_append(stack, ";", n->depth > 1);
	put_name(stack, rendering_name(f->outline->calls, n->name));
	f->ends[n->depth] = stack->len;
}

static void put_line(const struct folding *f, uint32_t node, struct text *text)
{
	const struct calls_value *values = outline_values_at(f->outline, node);
	unsigned sides = f->outline->calls->sides;
	if (!values[0].self && !values[sides - 1].self)
		return;
	text_append(text, f->stack.at, f->stack.len);
	for (unsigned k = sides; k-- > 0;) {
		text_append(text, " ", 1);
		text_number(text, values[k].self);
	}
	text_append(text, "\n", 1);
}

int rendering_folded(const struct rendering *r, struct text *text)
{
	struct outline outline;
	struct folding f = {.outline = &outline, .stack.max = text->max};
	int error = outline_open(&outline, r->calls, r->most);
	f.ends = error ? NULL : calloc(outline.depth + 1UL, sizeof(*f.ends));
	if (!error && !f.ends)
		error = -ENOMEM;
	for (uint32_t i = 1; !error && i < outline.count && !text->failed; i++) {
		enter(&f, i);
		put_line(&f, i, text);
		text->is_full |= f.stack.is_full;
		text->failed |= f.stack.failed;
	}
	free(f.ends);
	text_clear(&f.stack);
	outline_close(&outline);
	return error;
}
