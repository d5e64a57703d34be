/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c -- regular expressions of POSIX for what anybody may ask, in bounded time and memory.
 *
 * Thompson's construction: a pattern becomes steps that take a byte, fork or jump, each relative to
 * itself, so that a part can be moved and copied as it is.
 */
#include "collector/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 32,	  /* groups within groups */
	REPEAT_MAX = 255, /* as POSIX has it */
	BYTES = 256,
};

enum action { TAKE, ANY, ONE_OF, FORK, JUMP, AT_BEGIN, AT_END, MATCH };

struct step {
	uint8_t action; /* enum action */
	uint8_t byte;	/* of TAKE */
	int16_t to;	/* of FORK, which also goes on, and JUMP: relative; the set of ONE_OF */
};

struct pattern {
	struct step steps[PATTERN_STEPS_MAX];
	int count;
	uint8_t sets[PATTERN_TEXT_MAX / 2][BYTES / 8];
	int set_count;
};

struct reader {
	struct pattern *pattern;
	const char *at;
	unsigned depth;
	const char *wrong; /* NULL: nothing so far */
};

/* ---- steps --------------------------------------------------------------------------------- */

static void complain(struct reader *r, const char *what)
{
	if (!r->wrong)
		r->wrong = what;
}

/* Room for count steps at a place, those behind it move. False when there is none. */
static bool insert(struct reader *r, int place, int count)
{
	struct pattern *p = r->pattern;
	if (p->count + count > PATTERN_STEPS_MAX)
		complain(r, "it is too large");
	if (r->wrong)
		return false;
	memmove(p->steps + place + count, p->steps + place,
		(size_t)(p->count - place) * sizeof p->steps[0]);
	p->count += count;
	return true;
}

static void put(struct reader *r, int place, enum action action, int to)
{
	if (insert(r, place, 1))
		r->pattern->steps[place] =
			(struct step){.action = (uint8_t)action, .to = (int16_t)to};
}

static void append(struct reader *r, enum action action, int to)
{
	put(r, r->pattern->count, action, to);
}

/* ---- [...] --------------------------------------------------------------------------------- */

static void add_range(uint8_t *set, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set[c / 8] |= (uint8_t)(1U << c % 8);
}

static const struct class
{
	const char *name;
	int (*has)(int);
} classes[] = {
	{"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper},
	{"lower", islower}, {"space", isspace}, {"blank", isblank}, {"punct", ispunct},
	{"print", isprint}, {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit},
};

static void add_class(struct reader *r, uint8_t *set, const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) != len || strncmp(classes[i].name, name, len) != 0)
			continue;
		for (int c = 0; c < 128; c++)
			if (classes[i].has(c))
				add_range(set, (unsigned)c, (unsigned)c);
		return;
	}
	complain(r, "there is no such class");
}

/* What is between [ and ], one class, byte or range at a time. */
static void read_member(struct reader *r, uint8_t *set)
{
	const char *at = r->at;
	if (at[0] == '[' && at[1] == ':') {
		const char *end = strstr(at, ":]");
		if (end)
			add_class(r, set, at + 2, (size_t)(end - at) - 2);
		else
			complain(r, "a class has no end");
		r->at = end ? end + 2 : at + strlen(at);
		return;
	}
	if (at[0] == '[' && (at[1] == '.' || at[1] == '=')) {
		complain(r, "collating elements are not known");
		return;
	}
	unsigned from = (uint8_t)at[0];
	unsigned to = from;
	r->at++;
	if (at[1] == '-' && at[2] && at[2] != ']') {
		to = (uint8_t)at[2];
		r->at += 2;
	}
	if (from > to)
		complain(r, "a range is upside down");
	else
		add_range(set, from, to);
}

static uint8_t *new_set(struct reader *r)
{
	struct pattern *p = r->pattern;
	append(r, ONE_OF, p->set_count);
	return r->wrong ? NULL : p->sets[p->set_count++];
}

static void invert(uint8_t *set)
{
	for (size_t i = 0; i < BYTES / 8; i++)
		set[i] = (uint8_t)~set[i];
}

static void read_bracket(struct reader *r)
{
	uint8_t *set = new_set(r);
	bool negated = *++r->at == '^';
	r->at += negated;
	for (bool first = true; !r->wrong && (*r->at != ']' || first); first = false) {
		if (*r->at)
			read_member(r, set);
		else
			complain(r, "a bracket has no end");
	}
	if (r->wrong)
		return;
	r->at++;
	if (negated)
		invert(set);
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void read_escape(struct reader *r)
{
	char c = *++r->at;
	const char *name = strchr("dD", c) ? "digit" : strchr("sS", c) ? "space" : "alnum";
	if (c && strchr("dDsSwW", c)) {
		uint8_t *set = new_set(r);
		if (!set)
			return;
		add_class(r, set, name, strlen(name));
		if (c == 'w' || c == 'W')
			add_range(set, '_', '_');
		if (isupper((unsigned char)c))
			invert(set);
	} else if (c == '\0' || isalnum((unsigned char)c)) {
		complain(r, "what is behind a backslash is not known");
		return;
	} else {
		append(r, TAKE, 0);
		r->pattern->steps[r->pattern->count - 1].byte = (uint8_t)c;
	}
	r->at++;
}

static void read_alternatives(struct reader *r);

static void read_group(struct reader *r)
{
	r->at++;
	if (++r->depth > DEPTH_MAX)
		complain(r, "groups are nested too deeply");
	else
		read_alternatives(r);
	r->depth--;
	if (*r->at == ')')
		r->at++;
	else
		complain(r, "a parenthesis has no partner");
}

static void read_atom(struct reader *r)
{
	char c = *r->at;
	if (c == '(') {
		read_group(r);
		return;
	}
	if (c == '[') {
		read_bracket(r);
		return;
	}
	if (c == '\\') {
		read_escape(r);
		return;
	}
	if (strchr("*+?{", c)) {
		complain(r, "there is nothing to repeat");
		return;
	}
	append(r, c == '.' ? ANY : c == '^' ? AT_BEGIN : c == '$' ? AT_END : TAKE, 0);
	if (!r->wrong)
		r->pattern->steps[r->pattern->count - 1].byte = (uint8_t)c;
	r->at++;
}

/* Another copy of a part at the end. */
static void copy(struct reader *r, const struct step *part, int len)
{
	int place = r->pattern->count;
	if (insert(r, place, len))
		memcpy(r->pattern->steps + place, part, (size_t)len * sizeof *part);
}

static void make_optional(struct reader *r, int begin)
{
	put(r, begin, FORK, r->pattern->count - begin + 1);
}

static void make_loop(struct reader *r, int begin)
{
	append(r, JUMP, begin - r->pattern->count - 1);
	put(r, begin, FORK, r->pattern->count - begin + 1);
}

/* The part from begin on at least so often and, unless most is negative, at most so often. */
static void repeat(struct reader *r, int begin, int least, int most)
{
	struct step part[PATTERN_STEPS_MAX];
	int len = r->pattern->count - begin;
	memcpy(part, r->pattern->steps + begin, (size_t)len * sizeof part[0]);
	r->pattern->count = begin;
	for (int i = 0; i < least && !r->wrong; i++)
		copy(r, part, len);
	int count = most < 0 ? 1 : most - least;
	for (int i = 0; i < count && !r->wrong; i++) {
		begin = r->pattern->count;
		copy(r, part, len);
		if (most < 0)
			make_loop(r, begin);
		else
			make_optional(r, begin);
	}
}

static int read_number(struct reader *r, int otherwise)
{
	int number = 0;
	if (!isdigit((unsigned char)*r->at))
		return otherwise;
	for (; isdigit((unsigned char)*r->at); r->at++)
		number = number > REPEAT_MAX ? number : number * 10 + (*r->at - '0');
	return number;
}

/* {m} {m,} {m,n} */
static void read_bounds(struct reader *r, int begin)
{
	r->at++;
	int least = read_number(r, -1);
	int most = least;
	if (*r->at == ',') {
		r->at++;
		most = read_number(r, -1);
	}
	if (*r->at != '}' || least < 0 || (most >= 0 && most < least) || least > REPEAT_MAX ||
	    most > REPEAT_MAX) {
		complain(r, "a repetition is wrong, or too large");
		return;
	}
	r->at++;
	repeat(r, begin, least, most);
}

/* * + ? or {}, after the part from begin on. */
static void read_repetition(struct reader *r, int begin)
{
	if (*r->at == '{') {
		read_bounds(r, begin);
		return;
	}
	if (*r->at == '*')
		make_loop(r, begin);
	else if (*r->at == '+')
		append(r, FORK, begin - r->pattern->count);
	else
		make_optional(r, begin);
	r->at++;
}

static void read_branch(struct reader *r)
{
	while (!r->wrong && *r->at && *r->at != '|' && *r->at != ')') {
		int begin = r->pattern->count;
		read_atom(r);
		while (!r->wrong && *r->at && strchr("*+?{", *r->at))
			read_repetition(r, begin);
	}
}

static void read_alternatives(struct reader *r)
{
	int begin = r->pattern->count;
	read_branch(r);
	while (!r->wrong && *r->at == '|') {
		r->at++;
		/* A fork to the second one, whose place is known; a jump over it, whose end is not.
		 */
		put(r, begin, FORK, r->pattern->count - begin + 2);
		int jump = r->pattern->count;
		append(r, JUMP, 0);
		read_branch(r);
		r->pattern->steps[jump].to = (int16_t)(r->pattern->count - jump);
	}
}

struct pattern *pattern_compile(const char *text, const char **wrong)
{
	struct reader r = {.pattern = calloc(1, sizeof(struct pattern)), .at = text};
	if (!r.pattern)
		complain(&r, "no memory");
	else if (strlen(text) > PATTERN_TEXT_MAX)
		complain(&r, "it is too long");
	else
		read_alternatives(&r);
	if (!r.wrong && *r.at)
		complain(&r, "a parenthesis has no partner");
	if (!r.wrong)
		append(&r, MATCH, 0);
	if (!r.wrong)
		return r.pattern;
	*wrong = r.wrong;
	pattern_free(r.pattern);
	return NULL;
}

void pattern_free(struct pattern *pattern)
{
	free(pattern);
}

/* ---- matching ------------------------------------------------------------------------------ */

/* Steps that wait for a byte, each once. */
struct front {
	int count;
	int16_t at[PATTERN_STEPS_MAX];
};

struct run {
	const struct pattern *pattern;
	uint32_t seen[PATTERN_STEPS_MAX]; /* the round in which a step was reached last */
	uint32_t round;
	uint64_t cost;
	bool is_begin, is_end, matched;
	int16_t waiting[2 * PATTERN_STEPS_MAX];
};

/* All that can be reached from a step without taking a byte. */
static void follow(struct run *run, struct front *front, int first)
{
	int waiting = 0;
	run->waiting[waiting++] = (int16_t)first;
	while (waiting) {
		int at = run->waiting[--waiting];
		const struct step *step = &run->pattern->steps[at];
		if (run->seen[at] == run->round)
			continue;
		run->seen[at] = run->round;
		run->cost++;
		if (step->action <= ONE_OF)
			front->at[front->count++] = (int16_t)at;
		else if (step->action == MATCH)
			run->matched = run->is_end;
		if (step->action == FORK || step->action == JUMP)
			run->waiting[waiting++] = (int16_t)(at + step->to);
		if (step->action == FORK || (step->action == AT_BEGIN && run->is_begin) ||
		    (step->action == AT_END && run->is_end))
			run->waiting[waiting++] = (int16_t)(at + 1);
	}
}

static bool takes(const struct pattern *pattern, const struct step *step, uint8_t byte)
{
	return step->action == ANY || (step->action == TAKE && step->byte == byte) ||
	       (step->action == ONE_OF && pattern->sets[step->to][byte / 8] >> byte % 8 & 1);
}

bool pattern_matches(const struct pattern *pattern, const char *value, uint64_t *budget)
{
	struct front fronts[2], *now = &fronts[0], *next = &fronts[1];
	struct run run = {.pattern = pattern, .round = 1, .is_begin = true, .is_end = !*value};
	now->count = 0;
	follow(&run, now, 0);
	run.is_begin = false;
	for (; *value && now->count && run.cost < *budget; value++) {
		struct front *spent = now;
		run.is_end = !value[1];
		run.round++;
		next->count = 0;
		run.cost += (uint64_t)now->count;
		for (int i = 0; i < now->count; i++)
			if (takes(pattern, &pattern->steps[now->at[i]], (uint8_t)*value))
				follow(&run, next, now->at[i] + 1);
		now = next;
		next = spent;
	}
	bool is_over = run.cost >= *budget;
	*budget -= is_over ? *budget : run.cost;
	return run.matched && !is_over;
}
