/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config_set.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "test/unit/config_taker.h"
#include "test/unit/suite.h"

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
	CASE("CONPROF_TYPES", "stack", types, CONFIG_TYPE_CPU,
	     "CONPROF_TYPES=stack: unknown type 'stack'; using cpu"),
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

START_TEST(a_service_too_long_is_cut_between_characters)
{
	char name[500];

	memset(name, 'n', sizeof name);
	memcpy(name + 125, "\xe2\x82\xac", 4); /* a euro sign across the end of the 127 bytes */
	take_one("CONPROF_SERVICE", name);
	ck_assert_uint_eq(strlen(self.config.service), 125);
	ck_assert_uint_eq(self.warnings, 1);
	ck_assert_ptr_nonnull(strstr(self.last, "nnn...: too long; using nnn"));
	config_defaults(&self.config, name);
	ck_assert_uint_eq(strlen(self.config.service), 125);
	memset(name, 0x80, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	config_defaults(&self.config, name);
	ck_assert_uint_ge(strlen(self.config.service), sizeof self.config.service - 4);
}
END_TEST

static void require_all_set(void *context, const char *text)
{
	const struct config *config = context;

	ck_assert_str_eq(config->log_file, "/log");
	ck_assert_uint_eq(config->log_level, 4);
	ck_assert_ptr_nonnull(strstr(text, "CONPROF_PERIOD"));
	self.warnings++;
}

START_TEST(warnings_come_when_all_is_set)
{
	char *environment[] = {"CONPROF_PERIOD=x", "CONPROF_LOG_FILE=/log", "CONPROF_LOG_LEVEL=4",
			       NULL};

	set_up();
	config_from_environment(&self.config, environment, require_all_set, &self.config);
	ck_assert_uint_eq(self.warnings, 1);
}
END_TEST

START_TEST(who_is_disabled_is_not_warned)
{
	take((char *[]){"CONPROF_PERIOD=x", "CONPROF_TYPES=x", "CONPROF_DISABLE=1", NULL});
	ck_assert(self.config.disabled);
	ck_assert_uint_eq(self.warnings, 0);
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
		{"http://h/#secret", "CONPROF_URL=http://h/#***: too long"},
		{"http://h/?key=a@secret", "CONPROF_URL=http://***: too long"},
		{"http://user:a?b#secret@h/", "CONPROF_URL=http://***: too long"},
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

static Suite *config_set_suite(void)
{
	Suite *suite = suite_create("config_set");
	TCase *values = tcase_create("values");

	tcase_add_checked_fixture(values, set_up, NULL);
	tcase_add_loop_test(values, each_way_to_write_a_value_is_read_or_warned_of_once, 0,
			    sizeof number_cases / sizeof *number_cases);
	tcase_add_test(values, a_text_that_just_fits_is_taken_and_one_byte_more_is_not);
	tcase_add_test(values, a_service_too_long_is_cut_between_characters);
	tcase_add_test(values, warnings_come_when_all_is_set);
	tcase_add_test(values, who_is_disabled_is_not_warned);
	tcase_add_test(values, credentials_are_never_shown);
	tcase_add_test(values, what_is_shown_is_printable);
	tcase_add_test(values, labels_are_decoded_in_order);
	tcase_add_test(values, bad_labels_are_warned_of_once_and_the_others_stay);
	tcase_add_test(values, labels_are_bounded);
	suite_add_tcase(suite, values);
	return suite;
}

int main(void)
{
	return suite_run(config_set_suite());
}
