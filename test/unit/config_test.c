/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "preload/conprof.h"
#include "test/unit/config_taker.h"
#include "test/unit/suite.h"

static void take_options(const struct conprof_options *options)
{
	ck_assert_int_eq(config_from_options(&self.config, options, note_warning, &self), 0);
}

static void remember(void)
{
	memcpy(self.before, &self.config, sizeof self.config);
}

static void expect_unchanged(void)
{
	const unsigned char *now = (const unsigned char *)&self.config;

	ck_assert_mem_eq(now, self.before, sizeof self.before);
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
	char *empty[] = {NULL};
	char *foreign[] = {"PATH=/bin",
			   "CONPROF_PERIO=1",
			   "CONPROF_PERIODS=1",
			   "CONPROF_PERIOD",
			   "",
			   "=",
			   "=CONPROF_PERIOD=1",
			   NULL};

	remember();
	config_from_environment(&self.config, NULL, note_warning, &self);
	config_from_environment(&self.config, empty, note_warning, &self);
	config_from_environment(&self.config, foreign, note_warning, &self);
	expect_unchanged();
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

START_TEST(the_own_name_wins_and_aliases_keep_their_order)
{
	char *best_first[] = {"CONPROF_SERVICE=1",
			      "BLACKFIRE_CONPROF_APP_NAME=2",
			      "PLATFORM_APPLICATION_NAME=3",
			      "OTEL_SERVICE_NAME=4",
			      "DD_SERVICE=5",
			      NULL};
	char *best_last[6] = {NULL};

	for (size_t best = 0; best < 5; best++) {
		char winner[] = {(char)('1' + best), '\0'};

		take(best_first + best);
		ck_assert_str_eq(self.config.service, winner);
		for (size_t i = 0; i < 5 - best; i++)
			best_last[i] = best_first[4 - i];
		best_last[5 - best] = NULL;
		take(best_last);
		ck_assert_str_eq(self.config.service, winner);
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
	ck_assert_str_eq(config->labels[0].key, "o");
	ck_assert_str_eq(config->labels[0].value, "1");
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
	const struct conprof_options empty = {
		.size = sizeof empty, .url = "", .types = "", .labels = ""};

	take_one("CONPROF_LABELS", "a=b");
	remember();
	take_options(NULL);
	take_options(&empty);
	expect_unchanged();
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
	struct conprof_options options = {.service = "other", .period_ms = 1};

	remember();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		options.size = sizes[i];
		ck_assert_int_eq(config_from_options(&self.config, &options, note_warning, &self),
				 -EINVAL);
	}
	expect_unchanged();
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
	remember();
	for (size_t i = 0; i < config_variable_count; i++) {
		const struct config_variable *variable = &config_variables[i];

		ck_assert_uint_gt(strlen(variable->meaning), 0);
		if (strcmp(variable->name, "CONPROF_SERVICE") == 0)
			continue;
		take_one(variable->name, variable->default_text);
		expect_unchanged();
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
	return suite_run(config_suite());
}
