/* SPDX-License-Identifier: Apache-2.0 */
/* config.c -- one table: what can be set, by which names, within which limits. */
#include "core/config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/config_read.h"
#include "core/config_set.h"
#include "core/config_show.h"
#include "preload/conprof.h"

#define SECOND 1000ull
#define HOUR   3600000ull
#define KILO   1024ull
#define GIGA   (KILO * KILO * KILO)

/* clang-format off */
/*	field, kind
		variable, aliases, default, least, most,
		meaning */
#define CONFIG_TABLE(X) \
	X(url, TEXT, \
		"CONPROF_URL", "BLACKFIRE_AGENT_SOCKET BLACKFIRE_SOCKET", \
		"unix:///var/run/blackfire/agent.sock", 0, 0, \
		"where profiles go; several, separated by commas, each get every profile") \
	X(service, NAME, \
		"CONPROF_SERVICE", \
		"BLACKFIRE_CONPROF_APP_NAME PLATFORM_APPLICATION_NAME OTEL_SERVICE_NAME DD_SERVICE", \
		"file name of the executable", 0, 0, \
		"the application's name") \
	X(project, TEXT, \
		"PLATFORM_PROJECT", "", "", 0, 0, \
		"the project's name, set by the platform the application runs on") \
	X(labels, LABELS, \
		"CONPROF_LABELS", "", "", 0, 0, \
		"key=value,key2=value2, with percent-encoding for , = and %") \
	X(types, TYPES, \
		"CONPROF_TYPES", "", "cpu", 0, 0, \
		"list of cpu, wall, heap, threads, or all") \
	X(period_ms, DURATION, \
		"CONPROF_PERIOD", "BLACKFIRE_CONPROF_PERIOD", "45s", SECOND, HOUR, \
		"time between two uploads") \
	X(cpu_duration_asked_ms, DURATION, \
		"CONPROF_CPU_DURATION", "BLACKFIRE_CONPROF_CPU_DURATION", "45s", 100, HOUR, \
		"how much of each period the CPU sampler is on; not more than the period") \
	X(cpu_rate, NUMBER, \
		"CONPROF_CPU_RATE", "BLACKFIRE_CONPROF_CPU_PROFILERATE", "100", 1, 1000, \
		"samples per second of CPU time, 1 to 1000") \
	X(wall_rate, NUMBER, \
		"CONPROF_WALL_RATE", "", "20", 1, 1000, \
		"wall samples per second and thread, 1 to 1000") \
	X(heap_interval, SIZE, \
		"CONPROF_HEAP_INTERVAL", "", "512K", 1, GIGA, \
		"mean bytes between two sampled allocations; 1 samples all") \
	X(upload_timeout_ms, DURATION, \
		"CONPROF_UPLOAD_TIMEOUT", "BLACKFIRE_CONPROF_UPLOAD_TIMEOUT", "10s", \
		100, 300 * SECOND, \
		"one attempt to upload may take this long") \
	X(server_id, TEXT, \
		"CONPROF_SERVER_ID", "BLACKFIRE_SERVER_ID", "", 0, 0, \
		"user of HTTP Basic, only when the token is set too") \
	X(server_token, SECRET, \
		"CONPROF_SERVER_TOKEN", "BLACKFIRE_SERVER_TOKEN", "", 0, 0, \
		"password of HTTP Basic, only when the id is set too") \
	X(log_file, TEXT, \
		"CONPROF_LOG_FILE", "BLACKFIRE_LOG_FILE", "stderr", 0, 0, \
		"file that gets the log, or stderr") \
	X(log_level, LEVEL, \
		"CONPROF_LOG_LEVEL", "BLACKFIRE_LOG_LEVEL", "1", 1, 4, \
		"1 error, 2 warning, 3 info, 4 debug, or the words") \
	X(spool, TEXT, \
		"CONPROF_SPOOL", "", "", 0, 0, \
		"directory that keeps profiles the backend did not take") \
	X(spool_size, SIZE, \
		"CONPROF_SPOOL_SIZE", "", "64M", 64 * KILO, 1024 * GIGA, \
		"the most that directory may hold") \
	X(include, TEXT, \
		"CONPROF_INCLUDE", "", "", 0, 0, \
		"globs of executable names, separated by commas: profile only these programs") \
	X(exclude, TEXT, \
		"CONPROF_EXCLUDE", "", "", 0, 0, \
		"globs of executable names, separated by commas: leave these programs alone") \
	X(engine, ENGINE, \
		"CONPROF_ENGINE", "", "auto", 0, 0, \
		"what drives the CPU sampler: auto, perf or timer") \
	X(disabled, FLAG, \
		"CONPROF_DISABLE", "", "", 0, 0, \
		"set to anything but 0: the library does nothing at all")

/*	option, field it sets */
#define OPTION_TEXTS(X) \
	X(url, url) X(service, service) X(labels, labels) X(types, types) \
	X(server_id, server_id) X(server_token, server_token) \
	X(log_file, log_file) X(spool, spool) X(engine, engine)
#define OPTION_NUMBERS(X) \
	X(heap_interval, heap_interval) X(spool_size, spool_size) X(period_ms, period_ms) \
	X(cpu_duration_ms, cpu_duration_asked_ms) X(cpu_rate, cpu_rate) \
	X(wall_rate, wall_rate) X(upload_timeout_ms, upload_timeout_ms) X(log_level, log_level)
/* clang-format on */

enum {
	OPTIONS_SIZE_FIRST = 10 * 8 + 2 * 8 + 6 * 4, /* of the first conprof.h */
	OPTIONS_SIZE_MOST = 4096,		     /* of any to come */
};

static_assert(sizeof(struct conprof_options) == OPTIONS_SIZE_FIRST, "programs were built with it");

const struct config_variable config_variables[] = {
#define X(field, kind, name, aliases, default_text, least, most, meaning) \
	{name, aliases, default_text, meaning},
	CONFIG_TABLE(X)
#undef X
};

enum {
#define X(field, ...) ROW_##field,
	CONFIG_TABLE(X)
#undef X
		ROW_COUNT
};

const size_t config_variable_count = ROW_COUNT;

static const struct config_row rows[] = {
#define X(field, kind, name, aliases, default_text, least, most, meaning)                         \
	{CONFIG_KIND_##kind, offsetof(struct config, field), sizeof(((struct config *)0)->field), \
	 least, most},
	CONFIG_TABLE(X)
#undef X
};

struct report { /* to whom bad values are told */
	void (*warn)(void *, const char *);
	void *context;
};

struct setting { /* what somebody wrote */
	const char *prefix, *name;
	size_t name_len;
	const char *value;
	unsigned rank; /* 1: the variable's own name, then its aliases in order; 0: not set */
};

/* NAME=value: what is wrong with it; using what is in force now. */
static void tell(const struct report *report, const struct config *config,
		 const struct setting *setting, const struct config_row *row,
		 const struct config_trouble *trouble)
{
	struct config_text text = {0};

	config_show(&text, setting->prefix);
	config_show_written(&text, setting->name, setting->name_len);
	config_show(&text, "=");
	if (row->kind == CONFIG_KIND_SECRET)
		config_show(&text, "***");
	else
		config_show_written(&text, setting->value, strlen(setting->value));
	config_show(&text, ": ");
	config_show(&text, trouble->why.bytes);
	if (trouble->count > 1)
		config_show(&text, " and more");
	config_show(&text, "; using ");
	config_set_show(&text, config, row);
	report->warn(report->context, text.bytes);
}

static void apply(struct config *config, const struct config_row *row,
		  const struct setting *setting, const struct report *report)
{
	struct config_trouble trouble = {0};

	config_set(config, row, setting->value, &trouble);
	if (trouble.count > 0 && report->warn)
		tell(report, config, setting, row, &trouble);
}

static void bound_cpu_duration(struct config *config)
{
	config->cpu_duration_ms = config->cpu_duration_asked_ms < config->period_ms
					  ? config->cpu_duration_asked_ms
					  : config->period_ms;
}

void config_defaults(struct config *config, const char *executable_name)
{
	const char *name = executable_name && *executable_name ? executable_name : "unknown";
	struct config_trouble ignored = {0};

	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (config_variables[i].default_text[0] != '\0')
			config_set(config, &rows[i], config_variables[i].default_text, &ignored);
	config_set(config, &rows[ROW_service], name, &ignored);
	bound_cpu_duration(config);
}

static bool begins_with_name(const char *entry, const char *name)
{
	while (*name != '\0' && *name != ' ' && *entry == *name) {
		entry++;
		name++;
	}
	return (*name == '\0' || *name == ' ') && *entry == '=';
}

static unsigned rank_of(const struct config_variable *variable, const char *entry)
{
	const char *alias = variable->aliases;

	if (begins_with_name(entry, variable->name))
		return 1;
	for (unsigned rank = 2; *alias != '\0'; rank++) {
		const char *blank = strchr(alias, ' ');

		if (begins_with_name(entry, alias))
			return rank;
		alias = blank ? blank + 1 : "";
	}
	return 0;
}

static void note_entry(struct setting settings[ROW_COUNT], const char *entry)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		unsigned rank = rank_of(&config_variables[i], entry);
		const char *value = rank ? strchr(entry, '=') + 1 : "";

		if (*value == '\0' || (settings[i].rank && settings[i].rank <= rank))
			continue;
		settings[i] = (struct setting){
			.prefix = "",
			.name = entry,
			.name_len = (size_t)(value - 1 - entry),
			.value = value,
			.rank = rank,
		};
	}
}

static void apply_all(struct config *config, const struct setting settings[ROW_COUNT],
		      const struct report *report)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (settings[i].rank)
			apply(config, &rows[i], &settings[i], report);
}

void config_from_environment(struct config *config, char **environment,
			     void (*warn)(void *, const char *), void *context)
{
	static const struct report nobody;
	struct setting settings[ROW_COUNT] = {0};
	struct report report = {warn, context};

	for (; environment && *environment; environment++)
		note_entry(settings, *environment);
	/* twice, because where warnings go, and whether anybody wants them, is set here as well */
	apply_all(config, settings, &nobody);
	if (warn && !config->disabled)
		apply_all(config, settings, &report);
	bound_cpu_duration(config);
}

static void set_option_text(struct config *config, const struct config_row *row, const char *name,
			    const char *value, const struct report *report)
{
	struct setting setting = {"conprof_options.", name, strlen(name), value, 1};

	if (value && *value != '\0')
		apply(config, row, &setting, report);
}

static void set_option_number(struct config *config, const struct config_row *row, const char *name,
			      uint64_t number, const struct report *report)
{
	struct config_trouble trouble = {0};
	struct config_text digits = {0};
	struct setting setting = {"conprof_options.", name, strlen(name), digits.bytes, 1};

	if (number == 0)
		return;
	config_set_number(config, row, number, &trouble);
	if (trouble.count == 0 || !report->warn)
		return;
	config_show_number(&digits, number);
	tell(report, config, &setting, row, &trouble);
}

/* A program built with a newer conprof.h may set what this library has never heard of. */
static void tell_of_unknown(const struct conprof_options *options, const struct report *report)
{
	for (size_t i = sizeof *options; i < options->size; i++) {
		if (((const char *)options)[i] == 0 || !report->warn)
			continue;
		report->warn(report->context, "conprof_options: made for a newer version of this "
					      "library; what it does not know is not used");
		return;
	}
}

int config_from_options(struct config *config, const struct conprof_options *options,
			void (*warn)(void *, const char *), void *context)
{
	struct report report = {warn, context};

	if (!options)
		return 0;
	if (options->size < OPTIONS_SIZE_FIRST || options->size > OPTIONS_SIZE_MOST)
		return -EINVAL;
#define X(option, field) \
	set_option_text(config, &rows[ROW_##field], #option, options->option, &report);
	OPTION_TEXTS(X)
#undef X
#define X(option, field) \
	set_option_number(config, &rows[ROW_##field], #option, options->option, &report);
	OPTION_NUMBERS(X)
#undef X
	tell_of_unknown(options, &report);
	bound_cpu_duration(config);
	return 0;
}

static bool matches_one(const char *globs, const char *name)
{
	struct config_piece glob;

	while (config_read_next(&globs, &glob))
		if (config_read_matches(glob, name))
			return true;
	return false;
}

bool config_covers(const struct config *config, const char *executable_name)
{
	const char *globs = config->include;
	const char *name = executable_name ? executable_name : "";
	struct config_piece glob;

	if (matches_one(config->exclude, name))
		return false;
	return !config_read_next(&globs, &glob) || matches_one(config->include, name);
}
