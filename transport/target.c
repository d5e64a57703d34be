/* SPDX-License-Identifier: Apache-2.0 */
/* target.c -- from the text of CONPROF_URL to the places profiles are sent to. */
#include "transport/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char input_path[] = "/profiling/v1/input";

struct scheme {
	const char *name;
	const char *http; /* scheme of the request; NULL: a path, no host */
	enum target_kind kind;
	unsigned port; /* when the URL has none */
};

/* 8307 is where a Blackfire agent listens when it listens on TCP. */
static const struct scheme schemes[] = {
	{"file", NULL, TARGET_FILE, 0},	       {"unix", NULL, TARGET_AGENT, 0},
	{"tcp", "http", TARGET_AGENT, 8307},   {"http", "http", TARGET_AGENT, 80},
	{"https", "https", TARGET_AGENT, 443},
};

struct span { /* [at, end) of the text */
	const char *at;
	const char *end;
};

static size_t length(struct span span)
{
	return (size_t)(span.end - span.at);
}

static const char *find(struct span span, char wanted)
{
	return length(span) ? memchr(span.at, wanted, length(span)) : NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte behind the percent sign at text, or -1. */
static int escaped_byte(const char *text, const char *end)
{
	if (end - text < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
		return -1;
	return hex_value(text[1]) * 16 + hex_value(text[2]);
}

/* Neither blanks nor control characters may stand in a URL, and every percent sign must be an
 * escape: checked once here, so that nothing below meets a CR, LF or NUL. */
static const char *check_characters(struct span text)
{
	for (const char *c = text.at; c < text.end; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return "blanks and control characters cannot be in a URL";
		if (*c == '%' && escaped_byte(c, text.end) < 0)
			return "a percent sign must be followed by two hex digits";
	}
	return NULL;
}

/* Copies span, with its escapes resolved, into size bytes at to. A control character that an
 * escape brings in is refused like any other. */
static bool unescape(char *to, size_t size, struct span span)
{
	size_t used = 0;
	for (const char *c = span.at; c < span.end; c++) {
		int byte = (unsigned char)*c;
		if (*c == '%') {
			byte = escaped_byte(c, span.end);
			c += 2;
		}
		if (used + 1 >= size || byte < ' ' || byte == 0x7f)
			return false;
		to[used++] = (char)byte;
	}
	to[used] = 0;
	return true;
}

static const struct scheme *find_scheme(struct span name)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strlen(schemes[i].name) == length(name) &&
		    !strncasecmp(schemes[i].name, name.at, length(name)))
			return &schemes[i];
	return NULL;
}

static const char *parse_user(struct target *target, struct span text)
{
	const char *colon = find(text, ':');
	if (!colon)
		return "credentials in a URL are user:password@";
	if (!unescape(target->user, sizeof target->user, (struct span){text.at, colon}) ||
	    !unescape(target->password, sizeof target->password,
		      (struct span){colon + 1, text.end}))
		return "the credentials in the URL are too long or have control characters";
	if (!*target->user || !*target->password)
		return "credentials in a URL need both user and password";
	/* HTTP Basic ends the user at its first colon. */
	return strchr(target->user, ':') ? "a user name cannot have a colon" : NULL;
}

static bool is_host(struct span host)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	bool bracketed = length(host) && *host.at == '[';
	if (bracketed) {
		allowed = "0123456789abcdefABCDEF:.";
		host.at++;
		if (length(host) < 3 || host.end[-1] != ']' || !find(host, ':'))
			return false;
		host.end--;
	}
	for (const char *c = host.at; c < host.end; c++)
		if (!strchr(allowed, *c))
			return false;
	return length(host) && length(host) <= 253;
}

/* The port in text, 1 to 65535; fallback when text is empty, 0 when it is no port. */
static unsigned parse_port(struct span text, unsigned fallback)
{
	unsigned port = 0;
	if (!length(text))
		return fallback;
	for (const char *c = text.at; c < text.end; c++) {
		if (!is_digit(*c))
			return 0;
		port = port * 10 + (unsigned)(*c - '0');
		if (port > 65535)
			return 0;
	}
	return port;
}

static bool ends_with_input_path(struct span path)
{
	size_t len = sizeof input_path - 1;
	return length(path) >= len && !memcmp(path.end - len, input_path, len);
}

static const char *parse_http(struct target *target, const struct scheme *scheme,
			      struct span authority, struct span path)
{
	const char *after = find(authority, ']');
	const char *colon = find((struct span){after ? after : authority.at, authority.end}, ':');
	struct span host = {authority.at, colon ? colon : authority.end};
	struct span port_text = {colon ? colon + 1 : authority.end, authority.end};
	if (!is_host(host))
		return "this is no host: a name, an IPv4 address or an [IPv6 address]";
	unsigned port = parse_port(port_text, scheme->port);
	if (!port)
		return "a port is a number from 1 to 65535";
	if (find(path, '?') || find(path, '#'))
		return "a query or fragment has no place in this URL";
	int written = snprintf(target->url, sizeof target->url, "%s://%.*s:%u%.*s%s", scheme->http,
			       (int)length(host), host.at, port, (int)length(path), path.at,
			       ends_with_input_path(path) ? "" : input_path);
	return written < (int)sizeof target->url ? NULL : "the URL is too long";
}

static const char *parse_path(struct target *target, struct span authority, struct span path)
{
	if (length(authority) || !length(path))
		return "a path must be absolute: three slashes in a row";
	if (!unescape(target->path, sizeof target->path, path))
		return "the path is too long or has control characters";
	if (target->kind == TARGET_FILE)
		return NULL;
	if (strlen(target->path) > TARGET_SOCKET_PATH_MAX)
		return "the path of a unix socket has at most 107 bytes";
	/* The host of the request: what the other clients of agents say. */
	snprintf(target->url, sizeof target->url, "http://localhost%s", input_path);
	return NULL;
}

/* For people: the text as it is less the credentials. */
static bool set_name(struct target *target, struct span scheme, struct span rest)
{
	return snprintf(target->name, sizeof target->name, "%.*s://%.*s", (int)length(scheme),
			scheme.at, (int)length(rest), rest.at) < (int)sizeof target->name;
}

const char *target_parse(struct target *target, const char *text, size_t len)
{
	memset(target, 0, sizeof *target);
	if (len >= sizeof target->name)
		return "the URL is too long";
	struct span all = {text, text + len};
	const char *error = check_characters(all);
	if (error)
		return error;
	const char *mark = len ? memmem(text, len, "://", 3) : NULL;
	if (!mark)
		return "a URL looks like unix:///path, http://host:port or file:///directory";
	struct span name = {text, mark};
	const struct scheme *scheme = find_scheme(name);
	if (!scheme)
		return "the schemes are file, unix, tcp, http and https";
	target->kind = scheme->kind;

	while (all.end > mark + 4 && all.end[-1] == '/')
		all.end--;
	struct span authority = {mark + 3, all.end};
	const char *slash = find(authority, '/');
	struct span path = {slash ? slash : all.end, all.end};
	authority.end = path.at;
	/* The last @: a password may have some of its own. */
	const char *at = length(authority) ? memrchr(authority.at, '@', length(authority)) : NULL;
	if (at) {
		error = parse_user(target, (struct span){authority.at, at});
		authority.at = at + 1;
	}
	if (!error && !set_name(target, name, (struct span){authority.at, path.end}))
		error = "the URL is too long";
	if (!error)
		error = scheme->http ? parse_http(target, scheme, authority, path)
				     : parse_path(target, authority, path);
	return error;
}

static struct span trim(struct span text)
{
	while (length(text) && (*text.at == ' ' || *text.at == '\t'))
		text.at++;
	while (length(text) && (text.end[-1] == ' ' || text.end[-1] == '\t'))
		text.end--;
	return text;
}

size_t target_parse_list(struct target targets[TARGET_COUNT_MAX], const char *text, size_t len,
			 const char **error)
{
	struct span rest = {text, text + len};
	size_t count = 0;
	bool more = true;
	*error = NULL;
	while (more && count < TARGET_COUNT_MAX) {
		const char *comma = find(rest, ',');
		struct span entry = trim((struct span){rest.at, comma ? comma : rest.end});
		const char *refused = NULL;
		more = comma != NULL;
		rest.at = more ? comma + 1 : rest.end;
		if (!length(entry))
			continue;
		refused = target_parse(&targets[count], entry.at, length(entry));
		count += !refused;
		if (!*error)
			*error = refused;
	}
	if (!*error && length(trim(rest)))
		*error = "there are more than 8 targets";
	if (!*error && !count)
		*error = "there is no target";
	return count;
}
