/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/conprof.h"

static struct {
	struct config config;
	unsigned warnings;
	char last[CONFIG_WARNING_SIZE];
} self;

static void note_warning(void *context, const char *text)
{
	ck_assert_ptr_eq(context, &self);
	ck_assert_uint_lt(strlen(text), sizeof self.last);
	self.warnings++;
	strcpy(self.last, text);
}

static void set_up(void)
{
	self.warnings = 0;
	self.last[0] = '\0';
	config_defaults(&self.config, "program");
}

static void take(char **environment)
{
	set_up();
	config_from_environment(&self.config, environment, note_warning, &self);
}

/* One variable alone, over the defaults. */
static void take_one(const char *name, const char *value)
{
	char entry[8192];
	char *environment[] = {entry, NULL};

	snprintf(entry, sizeof entry, "%s=%s", name, value);
	take(environment);
}

static void take_options(const struct conprof_options *options)
{
	ck_assert_int_eq(config_from_options(&self.config, options, note_warning, &self), 0);
}

static void expect_warning(const char *text)
{
	ck_assert_uint_eq(self.warnings, 1);
	ck_assert_str_eq(self.last, text);
}

START_TEST(defaults_are_those_of_the_documents)
{
	const struct config *config = &self.config;

	ck_assert_str_eq(config->url, "unix:///var/run/blackfire/agent.sock");
	ck_assert_str_eq(config->service, "program");
	ck_assert_str_eq(config->log_file, "stderr");
	ck_assert_str_eq(config->project, "");
	ck_assert_str_eq(config->server_id, "");
	ck_assert_str_eq(config->server_token, "");
	ck_assert_str_eq(config->spool, "");
	ck_assert_uint_eq(config->label_count, 0);
	ck_assert_uint_eq(config->types, CONFIG_TYPE_CPU);
	ck_assert_uint_eq(config->period_ms, 45000);
	ck_assert_uint_eq(config->cpu_duration_ms, 45000);
	ck_assert_uint_eq(config->cpu_rate, 100);
	ck_assert_uint_eq(config->wall_rate, 20);
	ck_assert_uint_eq(config->heap_interval, 512 << 10);
	ck_assert_uint_eq(config->upload_timeout_ms, 10000);
	ck_assert_uint_eq(config->log_level, CONFIG_LEVEL_ERROR);
	ck_assert_uint_eq(config->spool_size, 64 << 20);
	ck_assert_int_eq(config->engine, CONFIG_ENGINE_AUTO);
	ck_assert(!config->disabled);
}
END_TEST

START_TEST(service_is_the_executable_cut_to_fit_or_unknown)
{
	char name[500];

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	config_defaults(&self.config, name);
	ck_assert_uint_eq(strlen(self.config.service), sizeof self.config.service - 1);
	config_defaults(&self.config, "");
	ck_assert_str_eq(self.config.service, "unknown");
	config_defaults(&self.config, NULL);
	ck_assert_str_eq(self.config.service, "unknown");
}
END_TEST

START_TEST(no_environment_changes_nothing)
{
	static struct config before;
	char *empty[] = {NULL};
	char *foreign[] = {"PATH=/bin",
			   "CONPROF_PERIO=1",
			   "CONPROF_PERIODS=1",
			   "CONPROF_PERIOD",
			   "",
			   "=",
			   "=CONPROF_PERIOD=1",
			   NULL};

	before = self.config;
	config_from_environment(&self.config, NULL, note_warning, &self);
	config_from_environment(&self.config, empty, note_warning, &self);
	config_from_environment(&self.config, foreign, note_warning, &self);
	ck_assert_int_eq(memcmp(&before, &self.config, sizeof before), 0);
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

static const struct {
	const char *name, *text;
	size_t offset;
} text_cases[] = {
#define CASE(name, field)                                    \
	{                                                    \
		name, #field, offsetof(struct config, field) \
	}
	CASE("CONPROF_URL", url),
	CASE("BLACKFIRE_AGENT_SOCKET", url),
	CASE("BLACKFIRE_SOCKET", url),
	CASE("CONPROF_SERVICE", service),
	CASE("BLACKFIRE_CONPROF_APP_NAME", service),
	CASE("PLATFORM_APPLICATION_NAME", service),
	CASE("OTEL_SERVICE_NAME", service),
	CASE("DD_SERVICE", service),
	CASE("PLATFORM_PROJECT", project),
	CASE("CONPROF_SERVER_ID", server_id),
	CASE("BLACKFIRE_SERVER_ID", server_id),
	CASE("CONPROF_SERVER_TOKEN", server_token),
	CASE("BLACKFIRE_SERVER_TOKEN", server_token),
	CASE("CONPROF_LOG_FILE", log_file),
	CASE("BLACKFIRE_LOG_FILE", log_file),
	CASE("CONPROF_SPOOL", spool),
	CASE("CONPROF_INCLUDE", include),
	CASE("CONPROF_EXCLUDE", exclude),
#undef CASE
};

START_TEST(each_name_of_a_text_sets_its_field)
{
	take_one(text_cases[_i].name, text_cases[_i].text);
	ck_assert_str_eq((char *)&self.config + text_cases[_i].offset, text_cases[_i].text);
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

static const struct {
	const char *name, *value;
	size_t offset, size;
	uint64_t expected;
	const char *warning; /* NULL for none */
} number_cases[] = {
#define CASE(name, value, field, expected, warning)                                               \
	{                                                                                         \
		name, value, offsetof(struct config, field), sizeof(((struct config *)0)->field), \
			expected, warning                                                         \
	}
	CASE("CONPROF_PERIOD", "30", period_ms, 30000, NULL),
	CASE("BLACKFIRE_CONPROF_PERIOD", "30", period_ms, 30000, NULL),
	CASE("CONPROF_PERIOD", " +30\t", period_ms, 30000, NULL),
	CASE("CONPROF_PERIOD", "45s", period_ms, 45000, NULL),
	CASE("CONPROF_PERIOD", "1500ms", period_ms, 1500, NULL),
	CASE("CONPROF_PERIOD", "1m30s", period_ms, 90000, NULL),
	CASE("CONPROF_PERIOD", "1m1ms", period_ms, 60001, NULL),
	CASE("CONPROF_PERIOD", "1h", period_ms, 3600000, NULL),
	CASE("CONPROF_PERIOD", "1s", period_ms, 1000, NULL),
	CASE("CONPROF_PERIOD", "999ms", period_ms, 1000,
	     "CONPROF_PERIOD=999ms: less than 1s; using 1s"),
	CASE("CONPROF_PERIOD", "0", period_ms, 1000, "CONPROF_PERIOD=0: less than 1s; using 1s"),
	CASE("CONPROF_PERIOD", "-5", period_ms, 1000, "CONPROF_PERIOD=-5: less than 1s; using 1s"),
	CASE("CONPROF_PERIOD", "-5m", period_ms, 1000,
	     "CONPROF_PERIOD=-5m: less than 1s; using 1s"),
	CASE("CONPROF_PERIOD", "3601", period_ms, 3600000,
	     "CONPROF_PERIOD=3601: more than 1h; using 1h"),
	CASE("CONPROF_PERIOD", "99999999999999999999h", period_ms, 3600000,
	     "CONPROF_PERIOD=99999999999999999999h: more than 1h; using 1h"),
	CASE("CONPROF_PERIOD", "18446744073709552", period_ms, 3600000,
	     "CONPROF_PERIOD=18446744073709552: more than 1h; using 1h"),
	CASE("BLACKFIRE_CONPROF_PERIOD", "soon", period_ms, 45000,
	     "BLACKFIRE_CONPROF_PERIOD=soon: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "1m30", period_ms, 45000,
	     "CONPROF_PERIOD=1m30: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "30s1m", period_ms, 45000,
	     "CONPROF_PERIOD=30s1m: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "1s1s", period_ms, 45000,
	     "CONPROF_PERIOD=1s1s: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "1.5s", period_ms, 45000,
	     "CONPROF_PERIOD=1.5s: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "s", period_ms, 45000,
	     "CONPROF_PERIOD=s: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", "-", period_ms, 45000,
	     "CONPROF_PERIOD=-: not a duration; using 45s"),
	CASE("CONPROF_PERIOD", " ", period_ms, 45000,
	     "CONPROF_PERIOD= : not a duration; using 45s"),
	CASE("CONPROF_CPU_DURATION", "10", cpu_duration_ms, 10000, NULL),
	CASE("BLACKFIRE_CONPROF_CPU_DURATION", "10", cpu_duration_ms, 10000, NULL),
	CASE("CONPROF_CPU_DURATION", "46", cpu_duration_ms, 45000, NULL),
	CASE("CONPROF_CPU_DURATION", "99ms", cpu_duration_ms, 100,
	     "CONPROF_CPU_DURATION=99ms: less than 100ms; using 100ms"),
	CASE("CONPROF_CPU_RATE", "1000", cpu_rate, 1000, NULL),
	CASE("BLACKFIRE_CONPROF_CPU_PROFILERATE", "99", cpu_rate, 99, NULL),
	CASE("CONPROF_CPU_RATE", "1001", cpu_rate, 1000,
	     "CONPROF_CPU_RATE=1001: more than 1000; using 1000"),
	CASE("CONPROF_CPU_RATE", "0", cpu_rate, 1, "CONPROF_CPU_RATE=0: less than 1; using 1"),
	CASE("CONPROF_CPU_RATE", "4294967297", cpu_rate, 1000,
	     "CONPROF_CPU_RATE=4294967297: more than 1000; using 1000"),
	CASE("CONPROF_CPU_RATE", "0x10", cpu_rate, 100,
	     "CONPROF_CPU_RATE=0x10: not a number; using 100"),
	CASE("CONPROF_CPU_RATE", "99Hz", cpu_rate, 100,
	     "CONPROF_CPU_RATE=99Hz: not a number; using 100"),
	CASE("CONPROF_WALL_RATE", "7", wall_rate, 7, NULL),
	CASE("CONPROF_WALL_RATE", "5000", wall_rate, 1000,
	     "CONPROF_WALL_RATE=5000: more than 1000; using 1000"),
	CASE("CONPROF_HEAP_INTERVAL", "4096", heap_interval, 4096, NULL),
	CASE("CONPROF_HEAP_INTERVAL", "64k", heap_interval, 65536, NULL),
	CASE("CONPROF_HEAP_INTERVAL", "1M", heap_interval, 1 << 20, NULL),
	CASE("CONPROF_HEAP_INTERVAL", "1G", heap_interval, 1 << 30, NULL),
	CASE("CONPROF_HEAP_INTERVAL", "2G", heap_interval, 1 << 30,
	     "CONPROF_HEAP_INTERVAL=2G: more than 1G; using 1G"),
	CASE("CONPROF_HEAP_INTERVAL", "K", heap_interval, 512 << 10,
	     "CONPROF_HEAP_INTERVAL=K: not a size; using 512K"),
	CASE("CONPROF_HEAP_INTERVAL", "1KB", heap_interval, 512 << 10,
	     "CONPROF_HEAP_INTERVAL=1KB: not a size; using 512K"),
	CASE("CONPROF_SPOOL_SIZE", "5G", spool_size, 5ull << 30, NULL),
	CASE("CONPROF_SPOOL_SIZE", "1", spool_size, 65536,
	     "CONPROF_SPOOL_SIZE=1: less than 64K; using 64K"),
	CASE("CONPROF_SPOOL_SIZE", "18446744073709551615G", spool_size, 1ull << 40,
	     "CONPROF_SPOOL_SIZE=18446744073709551615G: more than 1024G; using 1024G"),
	CASE("CONPROF_UPLOAD_TIMEOUT", "500ms", upload_timeout_ms, 500, NULL),
	CASE("BLACKFIRE_CONPROF_UPLOAD_TIMEOUT", "5", upload_timeout_ms, 5000, NULL),
	CASE("CONPROF_UPLOAD_TIMEOUT", "5m1s", upload_timeout_ms, 300000,
	     "CONPROF_UPLOAD_TIMEOUT=5m1s: more than 5m; using 5m"),
	CASE("CONPROF_LOG_LEVEL", "3", log_level, 3, NULL),
	CASE("BLACKFIRE_LOG_LEVEL", "4", log_level, 4, NULL),
	CASE("CONPROF_LOG_LEVEL", "0", log_level, 1, NULL),
	CASE("CONPROF_LOG_LEVEL", "-7", log_level, 1, NULL),
	CASE("CONPROF_LOG_LEVEL", "5", log_level, 4, NULL),
	CASE("CONPROF_LOG_LEVEL", "error", log_level, 1, NULL),
	CASE("CONPROF_LOG_LEVEL", "warning", log_level, 2, NULL),
	CASE("CONPROF_LOG_LEVEL", "INFO", log_level, 3, NULL),
	CASE("CONPROF_LOG_LEVEL", " Debug", log_level, 4, NULL),
	CASE("CONPROF_LOG_LEVEL", "loud", log_level, 1,
	     "CONPROF_LOG_LEVEL=loud: not a number; using 1"),
	CASE("CONPROF_LOG_LEVEL", "inform", log_level, 1,
	     "CONPROF_LOG_LEVEL=inform: not a number; using 1"),
	CASE("CONPROF_TYPES", "cpu", types, CONFIG_TYPE_CPU, NULL),
	CASE("CONPROF_TYPES", "wall", types, CONFIG_TYPE_WALL, NULL),
	CASE("CONPROF_TYPES", "heap", types, CONFIG_TYPE_HEAP, NULL),
	CASE("CONPROF_TYPES", "threads", types, CONFIG_TYPE_THREADS, NULL),
	CASE("CONPROF_TYPES", "all", types, CONFIG_TYPE_ALL, NULL),
	CASE("CONPROF_TYPES", "wall, HEAP,,", types, CONFIG_TYPE_WALL | CONFIG_TYPE_HEAP, NULL),
	CASE("CONPROF_TYPES", "heap,stack", types, CONFIG_TYPE_HEAP,
	     "CONPROF_TYPES=heap,stack: unknown type 'stack'; using heap"),
	CASE("CONPROF_TYPES", "a,wall,b,cpu", types, CONFIG_TYPE_WALL | CONFIG_TYPE_CPU,
	     "CONPROF_TYPES=a,wall,b,cpu: unknown type 'a' and more; using cpu,wall"),
	CASE("CONPROF_TYPES", ",", types, CONFIG_TYPE_CPU,
	     "CONPROF_TYPES=,: names no type; using cpu"),
	CASE("CONPROF_ENGINE", "auto", engine, CONFIG_ENGINE_AUTO, NULL),
	CASE("CONPROF_ENGINE", "perf", engine, CONFIG_ENGINE_PERF, NULL),
	CASE("CONPROF_ENGINE", "Timer", engine, CONFIG_ENGINE_TIMER, NULL),
	CASE("CONPROF_ENGINE", "steam", engine, CONFIG_ENGINE_AUTO,
	     "CONPROF_ENGINE=steam: not auto, perf or timer; using auto"),
	CASE("CONPROF_DISABLE", "0", disabled, 0, NULL),
	CASE("CONPROF_DISABLE", "", disabled, 0, NULL),
	CASE("CONPROF_DISABLE", "1", disabled, 1, NULL),
	CASE("CONPROF_DISABLE", "no", disabled, 1, NULL),
	CASE("CONPROF_DISABLE", "00", disabled, 1, NULL),
#undef CASE
};

START_TEST(each_way_to_write_a_value_is_read_or_warned_of_once)
{
	uint64_t found = 0;

	take_one(number_cases[_i].name, number_cases[_i].value);
	memcpy(&found, (char *)&self.config + number_cases[_i].offset, number_cases[_i].size);
	ck_assert_uint_eq(found, number_cases[_i].expected);
	if (number_cases[_i].warning)
		expect_warning(number_cases[_i].warning);
	else
		ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

START_TEST(the_own_name_wins_and_aliases_keep_their_order)
{
	char *environment[] = {"DD_SERVICE=5",
			       "OTEL_SERVICE_NAME=4",
			       "PLATFORM_APPLICATION_NAME=3",
			       "BLACKFIRE_CONPROF_APP_NAME=2",
			       "CONPROF_SERVICE=1",
			       NULL};
	char *reversed[6];

	for (size_t first = 0; first < 5; first++) {
		char winner[] = {(char)('1' + first), '\0'};

		environment[5 - first] = NULL;
		take(environment);
		ck_assert_str_eq(self.config.service, winner);
		for (size_t i = 0; i < 5 - first; i++)
			reversed[i] = environment[4 - first - i];
		reversed[5 - first] = NULL;
		take(reversed);
		ck_assert_str_eq(self.config.service, winner);
		/* The next turn is without the winner. */
		environment[4 - first] = NULL;
		if (first < 4)
			ck_assert_ptr_nonnull(environment[3 - first]);
	}
}
END_TEST

START_TEST(a_bad_value_of_the_own_name_is_not_replaced_by_an_alias)
{
	char *environment[] = {"BLACKFIRE_CONPROF_PERIOD=7", "CONPROF_PERIOD=x", NULL};

	take(environment);
	ck_assert_uint_eq(self.config.period_ms, 45000);
	expect_warning("CONPROF_PERIOD=x: not a duration; using 45s");
}
END_TEST

START_TEST(of_a_name_set_twice_the_first_holds)
{
	char *environment[] = {"CONPROF_PERIOD=7", "CONPROF_PERIOD=8", NULL};

	take(environment);
	ck_assert_uint_eq(self.config.period_ms, 7000);
}
END_TEST

START_TEST(an_empty_value_is_none)
{
	char *environment[] = {"CONPROF_PERIOD=", "BLACKFIRE_CONPROF_PERIOD=9",
			       "CONPROF_URL=", "CONPROF_TYPES=", NULL};

	take(environment);
	ck_assert_uint_eq(self.config.period_ms, 9000);
	ck_assert_uint_eq(self.config.types, CONFIG_TYPE_CPU);
	ck_assert_str_eq(self.config.url, "unix:///var/run/blackfire/agent.sock");
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

START_TEST(a_text_that_just_fits_is_taken_and_one_byte_more_is_not)
{
	char value[2049];

	memset(value, 'u', sizeof value);
	value[2047] = '\0';
	take_one("CONPROF_URL", value);
	ck_assert_str_eq(self.config.url, value);
	ck_assert_uint_eq(self.warnings, 0);
	value[2047] = 'u';
	value[2048] = '\0';
	take_one("CONPROF_URL", value);
	expect_warning(
		"CONPROF_URL=uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu...:"
		" too long; using unix:///var/run/blackfire/agent.sock");
	ck_assert_str_eq(self.config.url, "unix:///var/run/blackfire/agent.sock");
}
END_TEST

START_TEST(credentials_are_never_shown)
{
	static const struct {
		const char *begin, *shown;
	} cases[] = {
		{"http://user:secret@h/", "CONPROF_URL=http://***@h/"},
		{"http://user:sec/ret@h/", "CONPROF_URL=http://***@h/"},
		{"http://user:sec@ret://secret@h/", "CONPROF_URL=http://***@h/"},
		{"file:///a,http://secret@h/", "CONPROF_URL=file://***@h/"},
		{"user:secret@h/", "CONPROF_URL=***@h/"},
		{"http://h/?key=secret&", "CONPROF_URL=http://h/?***: too long"},
	};
	char value[3000];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(value, 'x', sizeof value);
		value[sizeof value - 1] = '\0';
		memcpy(value, cases[i].begin, strlen(cases[i].begin));
		take_one("CONPROF_URL", value);
		ck_assert_uint_eq(self.warnings, 1);
		ck_assert_ptr_null(strstr(self.last, "secret"));
		ck_assert_int_eq(strncmp(self.last, cases[i].shown, strlen(cases[i].shown)), 0);
	}
	take_one("CONPROF_SERVER_TOKEN", value);
	expect_warning("CONPROF_SERVER_TOKEN=***: too long; using none");
}
END_TEST

START_TEST(what_is_shown_is_printable)
{
	take_one("CONPROF_PERIOD", "\x1b[31m\n\xc3\xa9\x7f");
	expect_warning("CONPROF_PERIOD=?[31m????: not a duration; using 45s");
}
END_TEST

static void expect_label(unsigned i, const char *key, const char *value)
{
	ck_assert_uint_lt(i, self.config.label_count);
	ck_assert_str_eq(self.config.labels[i].key, key);
	ck_assert_str_eq(self.config.labels[i].value, value);
}

START_TEST(labels_are_decoded_in_order)
{
	take_one("CONPROF_LABELS", "env=prod, zone = a%2Cb ,k%3dk=%25%3d,e=,x=a=b,,env=test,");
	ck_assert_uint_eq(self.warnings, 0);
	ck_assert_uint_eq(self.config.label_count, 5);
	expect_label(0, "env", "test");
	expect_label(1, "zone", "a,b");
	expect_label(2, "k=k", "%=");
	expect_label(3, "e", "");
	expect_label(4, "x", "a=b");
}
END_TEST

START_TEST(bad_labels_are_warned_of_once_and_the_others_stay)
{
	static const struct {
		const char *value, *why;
	} cases[] = {
		{"a=1,bad,b=2", "no key in 'bad'"},
		{"a=1,=x,b=2", "no key in '=x'"},
		{"a=1, =x,b=2", "no key in '=x'"},
		{"a=1,c=%zz,b=2", "too long or badly encoded is 'c=%zz'"},
		{"a=1,c=%2,b=2", "too long or badly encoded is 'c=%2'"},
		{"a=1,c=%,b=2", "too long or badly encoded is 'c=%'"},
		{"a=1,c=x%00y,b=2", "too long or badly encoded is 'c=x%00y'"},
		{"bad,a=1,=,b=2", "no key in 'bad' and more"},
	};
	char warning[512];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		take_one("CONPROF_LABELS", cases[i].value);
		snprintf(warning, sizeof warning, "CONPROF_LABELS=%s: %s; using 2 labels",
			 cases[i].value, cases[i].why);
		expect_warning(warning);
		expect_label(0, "a", "1");
		expect_label(1, "b", "2");
	}
}
END_TEST

START_TEST(labels_are_bounded)
{
	char list[2048] = "", entry[400];
	struct config_label *last = &self.config.labels[CONFIG_LABELS_MAX - 1];

	for (int i = 0; i < CONFIG_LABELS_MAX + 1; i++) {
		snprintf(entry, sizeof entry, "k%d=v%d,", i, i);
		strcat(list, entry);
	}
	strcat(list, "k0=again");
	take_one("CONPROF_LABELS", list);
	ck_assert_uint_eq(self.config.label_count, CONFIG_LABELS_MAX);
	ck_assert_str_eq(last->key, "k31");
	expect_label(0, "k0", "again");
	ck_assert_uint_eq(self.warnings, 1);
	ck_assert_ptr_nonnull(strstr(self.last, "no room for 'k32=v32'; using 32 labels"));
	for (int len = 62; len < 66; len++) {
		snprintf(entry, sizeof entry, "%0*d=v", len, 0);
		take_one("CONPROF_LABELS", entry);
		ck_assert_uint_eq(self.config.label_count, len < 64);
		snprintf(entry, sizeof entry, "k=%0*d", len + 128, 0);
		take_one("CONPROF_LABELS", entry);
		ck_assert_uint_eq(self.config.label_count, len + 128 < 192);
	}
}
END_TEST

START_TEST(globs_decide_which_programs_are_covered)
{
	static const struct {
		const char *include, *exclude, *name;
		bool covered;
	} cases[] = {
		{"", "", "nginx", true},
		{"", "", "", true},
		{"nginx", "", "nginx", true},
		{"nginx", "", "nginx2", false},
		{"nginx", "", "ngin", false},
		{"Nginx", "", "nginx", false},
		{"php*,nginx", "", "php-fpm", true},
		{" nginx , php*", "", "nginx", true},
		{"p?p*", "", "php", true},
		{"p?p*", "", "pp", false},
		{"*", "", "", true},
		{"?", "", "", false},
		{"*sh", "", "bash", true},
		{"*sh", "", "sh", true},
		{"*a*b", "", "aab", true},
		{"*ab", "", "aaab", true},
		{"*a*b*c*", "", "xxaxxbxx", false},
		{"a**b", "", "ab", true},
		{"[a]", "", "a", false},
		{"", "sh", "sh", false},
		{"", "sh", "bash", true},
		{"*", "*sh", "bash", false},
		{"bash", "bash", "bash", false},
		{",,", "", "x", true},
		{",", ",", "x", true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strcpy(self.config.include, cases[i].include);
		strcpy(self.config.exclude, cases[i].exclude);
		ck_assert_msg(config_covers(&self.config, cases[i].name) == cases[i].covered,
			      "include '%s' exclude '%s' name '%s'", cases[i].include,
			      cases[i].exclude, cases[i].name);
	}
	ck_assert(config_covers(&self.config, NULL));
}
END_TEST

START_TEST(no_pathological_glob_takes_long)
{
	char name[4096];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	strcpy(self.config.include, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
	ck_assert(!config_covers(&self.config, name));
}
END_TEST

START_TEST(an_option_wins_over_the_environment)
{
	char *environment[] = {"CONPROF_URL=http://e/", "CONPROF_SERVICE=e", "CONPROF_LABELS=e=e",
			       "CONPROF_PERIOD=5",	"CONPROF_TYPES=all", NULL};
	const struct conprof_options options = {
		.size = sizeof options,
		.url = "http://o/",
		.service = "o",
		.labels = "o=1,p=2",
		.types = "heap",
		.server_id = "id",
		.server_token = "token",
		.log_file = "/log",
		.spool = "/spool",
		.engine = "perf",
		.heap_interval = 1000,
		.spool_size = 100000,
		.period_ms = 2000,
		.cpu_duration_ms = 1500,
		.cpu_rate = 11,
		.wall_rate = 12,
		.upload_timeout_ms = 1300,
		.log_level = 4,
	};
	const struct config *config = &self.config;

	take(environment);
	take_options(&options);
	ck_assert_uint_eq(self.warnings, 0);
	ck_assert_str_eq(config->url, "http://o/");
	ck_assert_str_eq(config->service, "o");
	ck_assert_uint_eq(config->label_count, 2);
	expect_label(0, "o", "1");
	ck_assert_uint_eq(config->types, CONFIG_TYPE_HEAP);
	ck_assert_str_eq(config->server_id, "id");
	ck_assert_str_eq(config->server_token, "token");
	ck_assert_str_eq(config->log_file, "/log");
	ck_assert_str_eq(config->spool, "/spool");
	ck_assert_int_eq(config->engine, CONFIG_ENGINE_PERF);
	ck_assert_uint_eq(config->heap_interval, 1000);
	ck_assert_uint_eq(config->spool_size, 100000);
	ck_assert_uint_eq(config->period_ms, 2000);
	ck_assert_uint_eq(config->cpu_duration_ms, 1500);
	ck_assert_uint_eq(config->cpu_rate, 11);
	ck_assert_uint_eq(config->wall_rate, 12);
	ck_assert_uint_eq(config->upload_timeout_ms, 1300);
	ck_assert_uint_eq(config->log_level, 4);
}
END_TEST

START_TEST(options_that_are_not_set_change_nothing)
{
	static struct config before;
	const struct conprof_options empty = {
		.size = sizeof empty, .url = "", .types = "", .labels = ""};

	take_one("CONPROF_LABELS", "a=b");
	before = self.config;
	take_options(NULL);
	take_options(&empty);
	ck_assert_int_eq(memcmp(&before, &self.config, sizeof before), 0);
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

START_TEST(a_bad_option_keeps_what_the_environment_set)
{
	const struct conprof_options engine = {.size = sizeof engine, .engine = "steam"};
	const struct conprof_options period = {.size = sizeof period, .period_ms = 7};

	take_one("CONPROF_ENGINE", "timer");
	take_options(&engine);
	expect_warning("conprof_options.engine=steam: not auto, perf or timer; using timer");
	set_up();
	take_options(&period);
	expect_warning("conprof_options.period_ms=7: less than 1s; using 1s");
	ck_assert_uint_eq(self.config.period_ms, 1000);
}
END_TEST

START_TEST(a_size_that_no_header_has_is_refused_and_changes_nothing)
{
	static const size_t sizes[] = {0, 1, 8, sizeof(struct conprof_options) - 1, 4097, SIZE_MAX};
	static struct config before;
	struct conprof_options options = {.service = "other", .period_ms = 1};

	before = self.config;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		options.size = sizes[i];
		ck_assert_int_eq(config_from_options(&self.config, &options, note_warning, &self),
				 -EINVAL);
	}
	ck_assert_int_eq(memcmp(&before, &self.config, sizeof before), 0);
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

START_TEST(a_newer_header_is_served_and_told_what_is_not_known)
{
	struct {
		struct conprof_options known;
		char more[64];
	} newer = {.known = {.size = sizeof newer, .service = "new"}};

	take_options(&newer.known);
	ck_assert_str_eq(self.config.service, "new");
	ck_assert_uint_eq(self.warnings, 0);
	newer.more[63] = 1;
	newer.more[1] = 1;
	take_options(&newer.known);
	ck_assert_uint_eq(self.warnings, 1);
}
END_TEST

START_TEST(the_period_bounds_the_cpu_duration_whoever_sets_it)
{
	const struct conprof_options longer = {.size = sizeof longer, .period_ms = 60000};
	const struct conprof_options shorter = {.size = sizeof shorter, .period_ms = 2000};

	take_one("CONPROF_PERIOD", "10");
	ck_assert_uint_eq(self.config.cpu_duration_ms, 10000);
	take_options(&longer);
	ck_assert_uint_eq(self.config.cpu_duration_ms, 45000);
	take_options(&shorter);
	ck_assert_uint_eq(self.config.cpu_duration_ms, 2000);
	ck_assert_uint_eq(self.warnings, 0);
}
END_TEST

START_TEST(without_a_listener_bad_values_are_harmless)
{
	char *environment[] = {"CONPROF_PERIOD=x", "CONPROF_CPU_RATE=0", "CONPROF_TYPES=x", NULL};
	struct {
		struct conprof_options known;
		char more[8];
	} newer = {.known = {.size = sizeof newer, .types = "x", .period_ms = 1}, .more = "x"};

	config_from_environment(&self.config, environment, NULL, NULL);
	ck_assert_uint_eq(self.config.cpu_rate, 1);
	ck_assert_int_eq(config_from_options(&self.config, &newer.known, NULL, NULL), 0);
	ck_assert_uint_eq(self.config.period_ms, 1000);
}
END_TEST

START_TEST(a_copy_outlives_what_it_was_read_from)
{
	static struct config copy;
	char entry[] = "CONPROF_LABELS=key=value";
	char *environment[] = {entry, NULL};

	take(environment);
	memcpy(&copy, &self.config, sizeof copy);
	memset(entry, 'x', sizeof entry);
	memset(&self.config, 'x', sizeof self.config);
	ck_assert_str_eq(copy.labels[0].key, "key");
	ck_assert_str_eq(copy.labels[0].value, "value");
	ck_assert_str_eq(copy.service, "program");
}
END_TEST

/* What the documents call the default must be read as the default. */
START_TEST(written_defaults_are_the_defaults)
{
	static struct config before;

	before = self.config;
	for (size_t i = 0; i < config_variable_count; i++) {
		const struct config_variable *variable = &config_variables[i];

		ck_assert_uint_gt(strlen(variable->meaning), 0);
		if (strcmp(variable->name, "CONPROF_SERVICE") == 0)
			continue;
		take_one(variable->name, variable->default_text);
		ck_assert_int_eq(memcmp(&before, &self.config, sizeof before), 0);
		ck_assert_uint_eq(self.warnings, 0);
	}
	ck_assert_uint_eq(config_variable_count, 21);
}
END_TEST

/* No name may mean two things, as native name or alias. */
START_TEST(names_are_unique)
{
	static char all[4096], list[4096];
	char *word;

	for (size_t i = 0; i < config_variable_count; i++) {
		strcat(strcat(list, config_variables[i].name), " ");
		strcat(strcat(list, config_variables[i].aliases), " ");
	}
	strcpy(all, " ");
	for (word = strtok(list, " "); word; word = strtok(NULL, " ")) {
		char quoted[128];

		snprintf(quoted, sizeof quoted, " %s ", word);
		ck_assert_ptr_null(strstr(all, quoted));
		strcat(all, quoted);
	}
}
END_TEST

static void add_tables(TCase *tables)
{
	tcase_add_loop_test(tables, each_name_of_a_text_sets_its_field, 0,
			    sizeof text_cases / sizeof *text_cases);
	tcase_add_loop_test(tables, each_way_to_write_a_value_is_read_or_warned_of_once, 0,
			    sizeof number_cases / sizeof *number_cases);
	tcase_add_test(tables, written_defaults_are_the_defaults);
	tcase_add_test(tables, names_are_unique);
	tcase_add_test(tables, defaults_are_those_of_the_documents);
	tcase_add_test(tables, service_is_the_executable_cut_to_fit_or_unknown);
}

static void add_environment(TCase *environment)
{
	tcase_add_test(environment, no_environment_changes_nothing);
	tcase_add_test(environment, the_own_name_wins_and_aliases_keep_their_order);
	tcase_add_test(environment, a_bad_value_of_the_own_name_is_not_replaced_by_an_alias);
	tcase_add_test(environment, of_a_name_set_twice_the_first_holds);
	tcase_add_test(environment, an_empty_value_is_none);
	tcase_add_test(environment, a_text_that_just_fits_is_taken_and_one_byte_more_is_not);
	tcase_add_test(environment, credentials_are_never_shown);
	tcase_add_test(environment, what_is_shown_is_printable);
	tcase_add_test(environment, labels_are_decoded_in_order);
	tcase_add_test(environment, bad_labels_are_warned_of_once_and_the_others_stay);
	tcase_add_test(environment, labels_are_bounded);
	tcase_add_test(environment, globs_decide_which_programs_are_covered);
	tcase_add_test(environment, no_pathological_glob_takes_long);
	tcase_add_test(environment, a_copy_outlives_what_it_was_read_from);
}

static void add_options(TCase *options)
{
	tcase_add_test(options, an_option_wins_over_the_environment);
	tcase_add_test(options, options_that_are_not_set_change_nothing);
	tcase_add_test(options, a_bad_option_keeps_what_the_environment_set);
	tcase_add_test(options, a_size_that_no_header_has_is_refused_and_changes_nothing);
	tcase_add_test(options, a_newer_header_is_served_and_told_what_is_not_known);
	tcase_add_test(options, the_period_bounds_the_cpu_duration_whoever_sets_it);
	tcase_add_test(options, without_a_listener_bad_values_are_harmless);
}

static Suite *config_suite(void)
{
	static const struct {
		const char *name;
		void (*add)(TCase *);
	} cases[] = {
		{"tables", add_tables}, {"environment", add_environment}, {"options", add_options}};
	Suite *suite = suite_create("config");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		TCase *tests = tcase_create(cases[i].name);

		tcase_add_checked_fixture(tests, set_up, NULL);
		cases[i].add(tests);
		suite_add_tcase(suite, tests);
	}
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(config_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
