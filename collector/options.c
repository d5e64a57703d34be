/* SPDX-License-Identifier: Apache-2.0 */
/* options.c -- how conprofd is told what to do: one table for flags, config file and documents. */
#include "collector/options.h"

#include "collector/amount.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, DURATION, SIZE, NUMBER, OCTAL, FLAG, LEVEL };

/* clang-format off */
/*	name, field, kind, value,
		default, least, most,
		meaning */
#define OPTIONS_TABLE(X) \
	X("config", config, TEXT, "FILE", "", 0, 0, \
		"file with lines NAME = VALUE, the names being those of these options") \
	X("listen", listen, TEXT, "ADDRESSES", \
		"unix:///var/run/blackfire/agent.sock,127.0.0.1:10100", 0, 0, \
		"addresses, separated by commas: unix:///path or host:port") \
	X("socket-mode", socket_mode, OCTAL, "MODE", "666", 0, 0777, \
		"permissions of unix sockets: who may write there may upload") \
	X("data", data, TEXT, "DIRECTORY", "/var/lib/conprofd", 0, 0, \
		"where profiles are kept") \
	X("retention", retention_ms, DURATION, "TIME", "120h", 0, UINT64_MAX, \
		"how long profiles are kept; 0: for ever") \
	X("retention-rules", retention_rules, TEXT, "RULES", "", 0, 0, \
		"TYPE=TIME or SERVICE/TYPE=TIME, with * and ?, separated by commas: the first that fits holds") \
	X("originals", originals_ms, DURATION, "TIME", "24h", 0, UINT64_MAX, \
		"how long profiles are kept as they were uploaded too; then only as compact records; 0: as long as those") \
	X("compact-after", compact_ms, DURATION, "TIME", "30s", 0, 86400000, \
		"how long uploads wait before they become compact records, many at a time") \
	X("retention-size", retention_size, SIZE, "SIZE", "0", 0, UINT64_MAX, \
		"the most that is kept; the oldest goes; 0: no limit") \
	X("keep-free", keep_free, SIZE, "SIZE", "0", 0, UINT64_MAX, \
		"disk space that stays free: the oldest profiles go; 0: no limit") \
	X("tokens", tokens, TEXT, "FILE", "", 0, 0, \
		"who may do what, see conprofd token --help; read again on SIGHUP") \
	X("insecure", insecure, FLAG, "", "", 0, 0, \
		"listen on addresses that others can reach, without tokens") \
	X("tls-certificate", tls_certificate, TEXT, "FILE", "", 0, 0, \
		"PEM file with the certificate, and those that signed it: TLS on TCP; read again on SIGHUP") \
	X("tls-key", tls_key, TEXT, "FILE", "", 0, 0, \
		"PEM file with its key") \
	X("body-max", body_max, SIZE, "SIZE", "32M", 1024, 1ull << 30, \
		"the largest upload") \
	X("inflated-max", inflated_max, SIZE, "SIZE", "64M", 1024, 1ull << 30, \
		"the largest profile, when it is inflated") \
	X("memory-max", memory_max, SIZE, "SIZE", "64M", 1024, 1ull << 40, \
		"uploads that are here at once; beyond, clients are told to come back") \
	X("connections", connections, NUMBER, "N", "4000", 1, 100000, \
		"the most connections of each address") \
	X("connections-per-ip", connections_per_ip, NUMBER, "N", "1000", 1, 100000, \
		"the most from one client") \
	X("request-timeout", request_ms, DURATION, "TIME", "60s", 1000, 3600000, \
		"how long a client may take to send a request") \
	X("least-rate", least_rate, SIZE, "SIZE", "1K", 1, 1ull << 30, \
		"bytes per second that a client sends at least") \
	X("threads", threads, NUMBER, "N", "2", 1, 256, \
		"for uploads, queries, merges and connections, each") \
	X("merge-max", merge_max, NUMBER, "N", "10000", 2, 10000000, \
		"the most records that one query merges: profiles, and rollups of many") \
	X("merge-memory", merge_memory, SIZE, "SIZE", "128M", 1 << 20, 1ull << 40, \
		"the most memory that one merge takes") \
	X("merge-deadline", merge_deadline_ms, DURATION, "TIME", "30s", 1, 3600000, \
		"how long one merge may take") \
	X("log-level", log_level, LEVEL, "LEVEL", "3", 1, 4, \
		"1 error, 2 warning, 3 info, 4 debug, or the words")
/* clang-format on */

const struct options_row options_rows[] = {
#define X(name, field, kind, value, default_text, least, most, meaning) \
	{name, value, default_text, meaning},
	OPTIONS_TABLE(X)
#undef X
};

const size_t options_row_count = sizeof(options_rows) / sizeof(options_rows[0]);

static const struct place {
	enum kind kind;
	size_t offset;
	uint64_t least, most;
} places[] = {
#define X(name, field, kind, value, default_text, least, most, meaning) \
	{kind, offsetof(struct options, field), least, most},
	OPTIONS_TABLE(X)
#undef X
};

/* 1 error, 2 warning, 3 info, 4 debug, or the words. */
static bool read_level(const char *text, uint64_t *level)
{
	static const char *const words[] = {"error", "warning", "info", "debug"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i]) || (text[0] == (char)('1' + i) && !text[1])) {
			*level = i + 1;
			return true;
		}
	return false;
}

static bool read_digits(const char *text, int radix, uint64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoull(text, &end, radix);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool read_number(enum kind kind, const char *text, uint64_t *number)
{
	switch (kind) {
	case DURATION:
		return amount_duration(text, number);
	case SIZE:
		return amount_size(text, number);
	case LEVEL:
		return read_level(text, number);
	default:
		return read_digits(text, kind == OCTAL ? 8 : 10, number);
	}
}

static bool set_flag(bool *flag, const char *text)
{
	*flag = strcmp(text, "yes") == 0;
	return *flag || strcmp(text, "no") == 0;
}

static bool set(struct options *options, size_t row, const char *text)
{
	const struct place *place = &places[row];
	void *field = (char *)options + place->offset;
	uint64_t number;
	if (place->kind == FLAG)
		return set_flag(field, text);
	if (place->kind == TEXT) {
		if (strlen(text) >= OPTIONS_TEXT_SIZE)
			return false;
		strcpy(field, text); /* its length was checked */
		return true;
	}
	if (!read_number(place->kind, text, &number) || number < place->least ||
	    number > place->most)
		return false;
	*(uint64_t *)field = number;
	return true;
}

/* What is understood, for whoever wrote something else. */
static const char *wanted(size_t row, char text[64])
{
	const struct place *place = &places[row];
	switch (place->kind) {
	case DURATION:
		return "a time such as 45s, 12h or 30d";
	case SIZE:
		return "a size such as 512M or 10G";
	case NUMBER:
		snprintf(text, 64, "a number from %" PRIu64 " to %" PRIu64, place->least,
			 place->most);
		return text;
	case OCTAL:
		return "permissions such as 660";
	case FLAG:
		return "yes or no";
	case LEVEL:
		return "1 to 4, error, warning, info or debug";
	default:
		return "a shorter text";
	}
}

/* Whether it is of the kind, but too little or too much. */
static bool is_beyond(size_t row, const char *text)
{
	uint64_t number;
	enum kind kind = places[row].kind;
	return (kind == DURATION || kind == SIZE) && read_number(kind, text, &number);
}

static void refuse(char error[OPTIONS_ERROR_SIZE], const char *where, size_t row, const char *text)
{
	char room[64];
	snprintf(error, OPTIONS_ERROR_SIZE, "%s%s: '%.200s' is no value for it: %s%s", where,
		 options_rows[row].name, text,
		 is_beyond(row, text) ? "it is too small or too large; " : "", wanted(row, room));
}

static size_t find(const char *name, size_t len)
{
	size_t row = 0;
	while (row < options_row_count && (strlen(options_rows[row].name) != len ||
					   strncmp(options_rows[row].name, name, len) != 0))
		row++;
	return row;
}

/* ---- the config file ----------------------------------------------------------------------- */

static char *trim(char *text)
{
	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* False, and what is wrong with the line. */
static bool read_line(struct options *options, char *line, char wrong[OPTIONS_ERROR_SIZE])
{
	line = trim(line);
	if (*line == '\0' || *line == '#')
		return true;
	char *equals = strchr(line, '=');
	if (!equals) {
		snprintf(wrong, OPTIONS_ERROR_SIZE, "%.60s: not NAME = VALUE", line);
		return false;
	}
	*equals = '\0';
	const char *name = trim(line);
	size_t row = find(name, strlen(name));
	if (row == options_row_count || places[row].offset == offsetof(struct options, config)) {
		snprintf(wrong, OPTIONS_ERROR_SIZE, "%.60s: there is no such option", name);
		return false;
	}
	if (set(options, row, trim(equals + 1)))
		return true;
	refuse(wrong, "", row, trim(equals + 1));
	return false;
}

static int read_file(struct options *options, char error[OPTIONS_ERROR_SIZE])
{
	char line[OPTIONS_TEXT_SIZE + 64], wrong[OPTIONS_ERROR_SIZE];
	FILE *file = fopen(options->config, "re");
	bool good = true;
	if (!file) {
		snprintf(error, OPTIONS_ERROR_SIZE, "%.300s: %s", options->config, strerror(errno));
		return -EINVAL;
	}
	for (int number = 1; good && fgets(line, sizeof line, file); number++) {
		good = read_line(options, line, wrong);
		if (!good)
			snprintf(error, OPTIONS_ERROR_SIZE, "%.200s:%d: %.280s", options->config,
				 number, wrong);
	}
	fclose(file);
	return good ? 0 : -EINVAL;
}

/* ---- the command line ---------------------------------------------------------------------- */

static int complain(char error[OPTIONS_ERROR_SIZE], const char *what, const char *word)
{
	snprintf(error, OPTIONS_ERROR_SIZE, "%s%.200s", what, word);
	return -EINVAL;
}

/* One word, and the next when it is its value; *used says so. */
static int read_word(struct options *options, const char *word, const char *next, bool *used,
		     char error[OPTIONS_ERROR_SIZE])
{
	*used = false;
	if (strncmp(word, "--", 2) != 0)
		return complain(error, "unknown command or option ", word);
	size_t len = strcspn(word + 2, "=");
	size_t row = find(word + 2, len);
	const char *value = word[2 + len] == '=' ? word + 3 + len : NULL;
	if (row == options_row_count)
		return complain(error, "unknown option ", word);
	if (places[row].kind == FLAG) {
		value = value ? value : "yes";
	} else if (!value) {
		value = next;
		*used = true;
	}
	if (!value)
		return complain(error, "a value is missing after ", word);
	if (set(options, row, value))
		return 0;
	refuse(error, "--", row, value);
	return -EINVAL;
}

static int read_words(struct options *options, int argc, char **argv,
		      char error[OPTIONS_ERROR_SIZE])
{
	int status = 0;
	for (int i = 1; i < argc && !status; i++) {
		bool used;
		status = read_word(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used,
				   error);
		i += used;
	}
	return status;
}

static int finish(struct options *options, char error[OPTIONS_ERROR_SIZE])
{
	const char *bad;
	if (retention_parse_rules(&options->retention, options->retention_rules, &bad)) {
		snprintf(error, OPTIONS_ERROR_SIZE,
			 "retention-rules: '%.100s' cannot be understood", bad);
		return -EINVAL;
	}
	if (!*options->tls_certificate != !*options->tls_key)
		return complain(error, "tls-certificate and tls-key belong together", "");
	options->retention.keep_ms = options->retention_ms;
	options->retention.originals_ms = options->originals_ms;
	options->retention.max_bytes = options->retention_size;
	options->retention.min_free = options->keep_free;
	return 0;
}

int options_read(struct options *options, int argc, char **argv, char error[OPTIONS_ERROR_SIZE])
{
	memset(options, 0, sizeof *options);
	for (size_t row = 0; row < options_row_count; row++)
		if (places[row].kind != FLAG)
			set(options, row, options_rows[row].default_text);
	/* Twice, as the words name the file and win over it. */
	int status = read_words(options, argc, argv, error);
	if (!status && *options->config)
		status = read_file(options, error);
	if (!status)
		status = read_words(options, argc, argv, error);
	return status ? status : finish(options, error);
}

void options_help(FILE *to)
{
	for (size_t row = 0; row < options_row_count; row++) {
		const struct options_row *option = &options_rows[row];
		char head[64];
		snprintf(head, sizeof head, "--%s %s", option->name, option->value);
		fprintf(to, "  %-30s %s", head, option->meaning);
		if (*option->default_text)
			fprintf(to, " [%s]", option->default_text);
		fputc('\n', to);
	}
}
