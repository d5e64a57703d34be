/* SPDX-License-Identifier: Apache-2.0 */
/* moment_test.c -- points in time, durations and sizes as they are written. */
#include "collector/moment.h"
#include "collector/amount.h"
#include "test/unit/suite.h"

#include <check.h>

static const int64_t now = INT64_C(1795288034123456789);

static int64_t parse(const char *text)
{
	int64_t ns;
	ck_assert_msg(moment_parse(text, now, &ns), "%s is not understood", text);
	return ns;
}

START_TEST(all_forms_are_understood)
{
	const int64_t day = INT64_C(1559216940) * MOMENT_SECOND;
	ck_assert_int_eq(parse("2019-05-30T11:49:00"), day);
	ck_assert_int_eq(parse("2019-05-30T11:49:00Z"), day);
	ck_assert_int_eq(parse("2019-05-30T13:49:00+02:00"), day);
	ck_assert_int_eq(parse("2019-05-30T06:19:00-05:30"), day);
	ck_assert_int_eq(parse("2019-05-30T11:49:00.25"), day + 250000000);
	ck_assert_int_eq(parse("2019-05-30T11:49:00.123456789Z"), day + 123456789);
	ck_assert_int_eq(parse("2019-05-30T11:49"), day);
	ck_assert_int_eq(parse("2019-05-30T11:49Z"), day);
	ck_assert_int_eq(parse("2019-05-30T13:49+02:00"), day);
	ck_assert_int_eq(parse("1559216940"), day);
	ck_assert_int_eq(parse("1559216940000"), day);
	ck_assert_int_eq(parse("1559216940000000"), day);
	ck_assert_int_eq(parse("1559216940000000001"), day + 1);
	ck_assert_int_eq(parse("now"), now);
	ck_assert_int_eq(parse("now-1h30m"), now - 5400 * MOMENT_SECOND);
	ck_assert_int_eq(parse("2016-02-29T00:00:00"), INT64_C(1456704000) * MOMENT_SECOND);
	ck_assert_int_eq(parse("1970-01-01T00:00:00"), 0);
}
END_TEST

START_TEST(a_date_alone_is_its_first_moment)
{
	ck_assert_int_eq(parse("2019-05-30"), parse("2019-05-30T00:00:00Z"));
	ck_assert_int_eq(parse("2016-02-29"), INT64_C(1456704000) * MOMENT_SECOND);
	ck_assert_int_eq(parse("1970-01-01"), 0);
}
END_TEST

START_TEST(a_plus_may_be_a_blank)
{
	ck_assert_int_eq(parse("2019-05-30T13:49:00 02:00"), parse("2019-05-30T13:49:00+02:00"));
	ck_assert_int_eq(parse("2019-05-30T13:49:00.5 02:00"),
			 parse("2019-05-30T13:49:00.5+02:00"));
	ck_assert_int_eq(parse("2019-05-30T13:49 02:00"), parse("2019-05-30T13:49:00+02:00"));
}
END_TEST

START_TEST(the_end_of_a_range_may_be_anywhere)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"0001-01-01T00:00:00", 0},
		{"1969-12-31T23:59:59Z", 0},
		{"1970-01-01T00:00:00+01:00", 0},
		{"2262-01-01T00:00:00", INT64_MAX},
		{"9999-12-31T23:59:59", INT64_MAX},
		{"1970-01-01T00:00:01", MOMENT_SECOND},
		{"now", INT64_C(1795288034123456789)},
	};
	int64_t ns;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(moment_parse_bound(rows[i].text, now, &ns), "%s", rows[i].text);
		ck_assert_int_eq(ns, rows[i].ns);
	}
	ck_assert(!moment_parse_bound("9999-02-30T00:00:00", now, &ns));
	ck_assert(!moment_parse_bound("x", now, &ns));
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
	static const char *const texts[] = {
		"",
		"2019-05",
		"2019-05-3",
		"2019-05-30Z",
		"2019-05-30T",
		"2019-05-30T11",
		"2019-05-30T11:",
		"2019-05-30T11:49:",
		"2019-05-30T11:49.5",
		"2019-05-30T11:49:00 ",
		"2019-05-30T11:49:00 2",
		"2019-02-30",
		"2019-05-30 11:49:00",
		"2019-13-30T11:49:00",
		"2019-02-30T11:49:00",
		"2019-05-30T24:00:00",
		"2019-05-30T11:49:00ZZ",
		"2019-05-30T11:49:00.",
		"2019-05-30T11:49:00+2",
		"1969-12-31T23:59:59",
		"1970-01-01T00:00:00+01:00",
		"2262-05-30T11:49:00",
		"99999999999999999999",
		"9999999999999999999",
		"-1",
		"now+1h",
		"now-",
		"now-1x",
		"now-90y",
		"now-99999999h",
		"yesterday",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t ns;
		ck_assert_msg(!moment_parse(texts[i], now, &ns), "%s is understood", texts[i]);
	}
}
END_TEST

START_TEST(times_are_written_in_whole_seconds)
{
	char text[MOMENT_SIZE];
	moment_format(text, INT64_C(1559216940) * MOMENT_SECOND + 999999999);
	ck_assert_str_eq(text, "2019-05-30T11:49:00Z");
}
END_TEST

START_TEST(durations_are_read)
{
	uint64_t ms;
	ck_assert(amount_duration("45", &ms) && ms == 45000);
	ck_assert(amount_duration("500ms", &ms) && ms == 500);
	ck_assert(amount_duration("1m30s", &ms) && ms == 90000);
	ck_assert(amount_duration("120h", &ms) && ms == 432000000);
	ck_assert(amount_duration("5d", &ms) && ms == 432000000);
	ck_assert(amount_duration("0", &ms) && ms == 0);
	ck_assert(!amount_duration("", &ms));
	ck_assert(!amount_duration("1m30", &ms));
	ck_assert(!amount_duration("h", &ms));
	ck_assert(!amount_duration("-1s", &ms));
	ck_assert(!amount_duration("1.5h", &ms));
	ck_assert(!amount_duration("99999999999999999999s", &ms));
	ck_assert(!amount_duration("18446744073709551615d", &ms));
}
END_TEST

START_TEST(sizes_are_read)
{
	uint64_t bytes;
	ck_assert(amount_size("4096", &bytes) && bytes == 4096);
	ck_assert(amount_size("64M", &bytes) && bytes == 64 << 20);
	ck_assert(amount_size("2T", &bytes) && bytes == UINT64_C(2) << 40);
	ck_assert(!amount_size("", &bytes));
	ck_assert(!amount_size("1X", &bytes));
	ck_assert(!amount_size("1KB", &bytes));
	ck_assert(!amount_size("99999999999T", &bytes));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moment");
	TCase *test = tcase_create("moment");
	tcase_add_test(test, all_forms_are_understood);
	tcase_add_test(test, a_date_alone_is_its_first_moment);
	tcase_add_test(test, a_plus_may_be_a_blank);
	tcase_add_test(test, the_end_of_a_range_may_be_anywhere);
	tcase_add_test(test, what_is_no_time_is_refused);
	tcase_add_test(test, times_are_written_in_whole_seconds);
	tcase_add_test(test, durations_are_read);
	tcase_add_test(test, sizes_are_read);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
