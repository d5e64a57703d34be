/* SPDX-License-Identifier: Apache-2.0 */
/* moment.c -- points in time as people and programs write them. */
#include "collector/moment.h"

#include "collector/amount.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	YEAR_LAST = 2261, /* the last one whose every nanosecond fits */
};

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * MOMENT_SECOND + now.tv_nsec;
}

int64_t moment_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t moment_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Exactly count digits. */
static bool take_digits(const char **text, int count, int *number)
{
	*number = 0;
	for (; count > 0; count--, ++*text) {
		if (**text < '0' || **text > '9')
			return false;
		*number = *number * 10 + (**text - '0');
	}
	return true;
}

static bool take_character(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool take_date(const char **text, struct tm *tm)
{
	if (!take_digits(text, 4, &tm->tm_year) || !take_character(text, '-') ||
	    !take_digits(text, 2, &tm->tm_mon) || !take_character(text, '-') ||
	    !take_digits(text, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool take_fraction(const char **text, int64_t *ns)
{
	int64_t unit = MOMENT_SECOND / 10;
	*ns = 0;
	if (!take_character(text, '.') && !take_character(text, ','))
		return true;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
		*ns += unit * (**text - '0');
	return true;
}

/* Hours and minutes, the seconds only when they are there. */
static bool take_clock(const char **text, struct tm *tm, int64_t *fraction)
{
	if (!take_digits(text, 2, &tm->tm_hour) || !take_character(text, ':') ||
	    !take_digits(text, 2, &tm->tm_min))
		return false;
	if (take_character(text, ':') &&
	    (!take_digits(text, 2, &tm->tm_sec) || !take_fraction(text, fraction)))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* Z, +hh:mm, or nothing, which is UTC. A plus that nobody has escaped in a URL is a blank. */
static bool take_zone(const char **text, int *offset_s)
{
	int hours, minutes;
	int sign = **text == '-' ? -1 : 1;
	*offset_s = 0;
	if (**text == '\0' || take_character(text, 'Z') || take_character(text, 'z'))
		return true;
	if (!take_character(text, '+') && !take_character(text, ' ') && !take_character(text, '-'))
		return false;
	if (!take_digits(text, 2, &hours) || !take_character(text, ':') ||
	    !take_digits(text, 2, &minutes))
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* A date, alone or with a time of day. */
static bool take_calendar(const char *text, struct tm *tm, int64_t *fraction, int *offset_s)
{
	if (!take_date(&text, tm))
		return false;
	if (*text == '\0')
		return true;
	return take_character(&text, 'T') && take_clock(&text, tm, fraction) &&
	       take_zone(&text, offset_s) && *text == '\0';
}

/* What is before 1970 or too late for 64 bits becomes the nearest that is not, and *is_outside. */
static bool parse_calendar(const char *text, int64_t *ns, bool *is_outside)
{
	struct tm tm = {0};
	int64_t fraction = 0;
	int offset = 0;
	if (!take_calendar(text, &tm, &fraction, &offset))
		return false;
	struct tm same = tm;
	time_t seconds = timegm(&same);
	/* 31 February became some day in March. */
	if (same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday)
		return false;
	bool is_late = tm.tm_year + 1900 > YEAR_LAST;
	*is_outside = is_late || seconds < offset;
	*ns = is_late	    ? INT64_MAX
	      : *is_outside ? 0
			    : ((int64_t)seconds - offset) * MOMENT_SECOND + fraction;
	return true;
}

static bool parse_epoch(const char *text, int64_t *ns)
{
	size_t len = strlen(text);
	int64_t number = 0;
	if (len < 1 || len > 19 || strspn(text, "0123456789") != len)
		return false;
	for (; *text; text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return false;
	int64_t unit = len > 16 ? 1 : len > 13 ? 1000 : len > 10 ? 1000000 : MOMENT_SECOND;
	return !__builtin_mul_overflow(number, unit, ns);
}

static bool parse_relative(const char *text, int64_t now_ns, int64_t *ns)
{
	uint64_t ms = 0;
	if (strncmp(text, "now", 3) != 0)
		return false;
	text += 3;
	if (*text && (*text != '-' || !amount_duration(text + 1, &ms)))
		return false;
	if (ms > (uint64_t)now_ns / 1000000)
		return false;
	*ns = now_ns - (int64_t)ms * 1000000;
	return true;
}

bool moment_parse(const char *text, int64_t now_ns, int64_t *ns)
{
	bool is_outside = false;
	if (parse_calendar(text, ns, &is_outside))
		return !is_outside;
	return parse_epoch(text, ns) || parse_relative(text, now_ns, ns);
}

bool moment_parse_bound(const char *text, int64_t now_ns, int64_t *ns)
{
	bool is_outside;
	return parse_calendar(text, ns, &is_outside) || moment_parse(text, now_ns, ns);
}

void moment_format(char text[MOMENT_SIZE], int64_t ns)
{
	struct tm tm = {0};
	time_t seconds = (time_t)(ns / MOMENT_SECOND);
	gmtime_r(&seconds, &tm);
	strftime(text, MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
