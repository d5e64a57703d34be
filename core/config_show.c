/* SPDX-License-Identifier: Apache-2.0 */
/* config_show.c -- values as text again, for warnings: bounded, printable, without credentials. */
#include "core/config_show.h"

#include <stdbool.h>
#include <string.h>

static void add(struct config_text *text, const char *bytes, size_t len)
{
	size_t room = sizeof text->bytes - 1 - text->len;

	if (len > room)
		len = room;
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

void config_show(struct config_text *text, const char *bytes)
{
	add(text, bytes, strlen(bytes));
}

/* Where a URL's user may begin: behind the first "://", else at once. */
static size_t find_user(const char *bytes, size_t len)
{
	for (size_t i = 0; i + 3 <= len; i++)
		if (memcmp(bytes + i, "://", 3) == 0)
			return i + 3;
	return 0;
}

/* From where on the host is shown. Passwords with any sign in them were seen in the wild, hence
 * the last @ and not the one that a well-formed URL would have. */
static size_t find_host(const char *bytes, size_t len, size_t user)
{
	for (size_t i = len; i > user; i--)
		if (bytes[i - 1] == '@')
			return i - 1;
	return user;
}

/* Behind the sign that a key may follow. */
static size_t find_query(const char *bytes, size_t len, size_t user)
{
	for (size_t i = user; i < len; i++)
		if (bytes[i] == '?' || bytes[i] == '#')
			return i + 1;
	return len;
}

/* False when there was no room for all of it. */
static bool add_printable(struct config_text *text, const char *bytes, size_t len, size_t *room)
{
	for (size_t i = 0; i < len; i++, --*room) {
		if (*room == 0) {
			config_show(text, "...");
			return false;
		}
		add(text, bytes[i] >= ' ' && bytes[i] <= '~' ? bytes + i : "?", 1);
	}
	return true;
}

void config_show_written(struct config_text *text, const char *bytes, size_t len)
{
	size_t room = CONFIG_SHOWN_MAX;
	size_t user = find_user(bytes, len);
	size_t host = find_host(bytes, len, user);
	size_t query = user > 0 ? find_query(bytes, len, user) : len;

	if (!add_printable(text, bytes, user, &room))
		return;
	if (host > user)
		config_show(text, "***");
	if (query <= host) /* a password with ? in it, or a key with @: nothing is sure */
		return;
	if (add_printable(text, bytes + host, query - host, &room) && query < len)
		config_show(text, "***");
}

void config_show_number(struct config_text *text, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	add(text, digits + at, sizeof digits - at);
}

void config_show_duration(struct config_text *text, uint64_t ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

	if (ms == 0)
		config_show(text, "0s");
	for (size_t i = 0; ms > 0; ms %= units[i++].ms) {
		if (ms < units[i].ms)
			continue;
		config_show_number(text, ms / units[i].ms);
		config_show(text, units[i].name);
	}
}

void config_show_size(struct config_text *text, uint64_t bytes)
{
	static const char *const units[] = {"", "K", "M", "G"};
	size_t unit = 0;

	for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	config_show_number(text, bytes);
	config_show(text, units[unit]);
}
