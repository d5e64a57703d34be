/* SPDX-License-Identifier: Apache-2.0 */
/* archive_test.c -- profiles in a tar, and tars as others write them. */
#include "collector/archive.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char good[] = "{\"service\":\"shop\",\"type\":\"cpu\",\"labels\":{\"region\":\"eu\"},"
			   "\"time\":\"2024-01-01T00:00:00.000000001Z\",\"duration_ns\":10,"
			   "\"arrived\":\"2024-01-02T00:00:00Z\","
			   "\"key\":\"00112233445566778899aabbccddeeff\"}";

static char *bytes;
static size_t size;
static FILE *to;
static struct archive archive;
static struct archived archived;
static char error[ARCHIVE_ERROR_SIZE];

static void set_up(void)
{
	to = open_memstream(&bytes, &size);
	ck_assert_ptr_nonnull(to);
	memset(&archive, 0, sizeof archive);
	archive.body_max = 1000;
}

static void tear_down(void)
{
	archived_clear(&archived);
	archive_close(&archive);
	if (archive.tar.file)
		fclose(archive.tar.file);
	free(bytes);
}

static void add(const char *directory, const char *name, const char *text)
{
	const struct tar_file file = {directory, name, text, strlen(text), 1};
	ck_assert_int_eq(tar_write(to, &file), 0);
}

/* From here on it is read; without the last missing bytes. */
static void turn(size_t missing)
{
	ck_assert_int_eq(fclose(to), 0);
	archive.tar.file = fmemopen(bytes, size - missing, "r");
	ck_assert_ptr_nonnull(archive.tar.file);
}

static int next(void)
{
	archived_clear(&archived);
	return archive_next(&archive, &archived, error);
}

START_TEST(a_profile_comes_back_as_it_was)
{
	static const uint8_t body[] = "\x1f\x8b and so on";
	const struct store_profile profile = {.key = {1, 2, 3, 255},
					      .service = "../a b/\xc3\xa4\"",
					      .type = "cpu",
					      .labels = "a%2Cb=c,region=eu",
					      .sample_types = "cpu/nanoseconds",
					      .time_ns = INT64_C(1700000000123456789),
					      .duration_ns = INT64_C(10000000001),
					      .arrived_ns = INT64_C(1700000001000000000),
					      .size = sizeof body};
	ck_assert_int_eq(archive_put(to, "20231114", &profile, body), 0);
	ck_assert_int_eq(tar_finish(to), 0);
	turn(0);
	ck_assert_int_eq(next(), 1);
	ck_assert_str_eq(archive.entry.name, "20231114/_._a_b____/cpu/20231114T221320Z-010203ff"
					     "000000000000000000000000.pb.gz");
	ck_assert_str_eq(archived.service, profile.service);
	ck_assert_str_eq(archived.type, "cpu");
	ck_assert_str_eq(labels_get(&archived.labels, "a,b"), "c");
	ck_assert_uint_eq(archived.labels.count, 2);
	ck_assert_int_eq(archived.time_ns, profile.time_ns);
	ck_assert_int_eq(archived.duration_ns, profile.duration_ns);
	ck_assert_int_eq(archived.arrived_ns, profile.arrived_ns);
	ck_assert_mem_eq(archived.key, profile.key, STORE_KEY_SIZE);
	ck_assert_uint_eq(archived.size, sizeof body);
	ck_assert_mem_eq(archived.body, body, sizeof body);
	ck_assert_int_eq(next(), 0);
}
END_TEST

START_TEST(what_is_wrong_is_told_and_the_rest_is_read)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"service\":\"shop\"}",
		"{\"service\":\"shop\",\"type\":\"\",\"labels\":{}}",
		"{\"service\":\"shop\",\"type\":\"cpu\",\"labels\":{\"a\":1}}",
		"{\"service\":\"shop\",\"type\":\"cpu\",\"labels\":{},\"key\":\"0\"}",
		"{\"service\":\"shop\",\"type\":\"cpu\",\"labels\":{},"
		"\"key\":\"00112233445566778899aabbccddeeff\",\"time\":\"x\"}",
		"{\"service\":\"shop\",\"type\":\"cpu\",\"labels\":{},"
		"\"key\":\"00112233445566778899aabbccddeeff\",\"time\":\"now\","
		"\"arrived\":\"2200-01-01T00:00:00\"}",
	};
	const size_t count = sizeof(bad) / sizeof(bad[0]);
	char large[1002];
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	for (size_t i = 0; i < count; i++) {
		add("", "a.json", bad[i]);
		add("", "a.pb", "its profile is passed over");
	}
	add("", "b.pb", "it has no description");
	add("", "b.json", good);
	add("d", "b.pb", "of another directory");
	add("", "c.json", good);
	add("", "c.pb.gz", "body");
	add("", "d.json", good);
	add("", "d.pb.gz", large);
	add("", "e.json", good);
	ck_assert_int_eq(tar_finish(to), 0);
	turn(0);
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(next() == -EINVAL, "%s", bad[i]);
		ck_assert_str_eq(archive.entry.name, "a.json");
	}
	ck_assert_int_eq(next(), -EINVAL);
	ck_assert_str_eq(archive.entry.name, "b.pb");
	ck_assert_int_eq(next(), -EINVAL);
	ck_assert_str_eq(archive.entry.name, "d/b.pb");
	ck_assert_int_eq(next(), -EINVAL); /* b's own never came */
	ck_assert_str_eq(archive.entry.name, "c.json");
	ck_assert_int_eq(next(), 1);
	ck_assert_mem_eq(archived.body, "body", 4);
	ck_assert_int_eq(next(), -EINVAL);
	ck_assert_str_eq(error, "it is larger than an upload may be");
	ck_assert_int_eq(next(), -EINVAL);
	ck_assert_str_eq(error, "its profile is missing");
	ck_assert_int_eq(next(), 0);
}
END_TEST

START_TEST(what_is_cut_off_or_no_tar_is_no_end)
{
	add("", "c.json", good);
	add("", "c.pb.gz", "body");
	turn(512); /* the body's own block: there is no end behind it either */
	ck_assert_int_eq(next(), -EBADMSG);
}
END_TEST

START_TEST(an_end_that_is_missing_is_told)
{
	add("", "c.json", good);
	add("", "c.pb.gz", "body");
	turn(0);
	ck_assert_int_eq(next(), 1);
	ck_assert_int_eq(next(), -EBADMSG);
}
END_TEST

START_TEST(a_changed_header_is_no_header)
{
	add("", "c.json", good);
	ck_assert_int_eq(tar_finish(to), 0);
	turn(0);
	bytes[0] = 'x';
	ck_assert_int_eq(next(), -EBADMSG);
}
END_TEST

/* The field of a header, and its checksum again. */
static void patch(size_t entry, size_t offset, const char *value, size_t len)
{
	uint8_t *header = (uint8_t *)bytes + entry;
	unsigned sum = 0;
	memcpy(header + offset, value, len);
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
}

enum { SIZE_AT = 124, TYPE_AT = 156 };

START_TEST(long_names_and_sizes_are_read)
{
	struct tar_entry entry;
	char body[4];
	add("", "pax", "27 path=a/name/of/pax.json\n9 size=4\n");
	add("", "short", "body");
	add("", "././@LongLink", "a/name/of/gnu.json");
	add("", "cut", "body");
	add("", "binary", "body");
	add("", "link", "");
	add("", "bomb", "");
	ck_assert_int_eq(tar_finish(to), 0);
	turn(0);
	patch(0, TYPE_AT, "x", 1);
	patch(1024, SIZE_AT, "00000000000", 11);
	patch(2048, TYPE_AT, "L", 1);
	patch(4096, SIZE_AT, "\x80\0\0\0\0\0\0\0\0\0\0\4", 12);
	patch(5120, TYPE_AT, "2", 1);
	patch(5120, SIZE_AT, "00000001000", 11);
	patch(5632, SIZE_AT, "\x80\x7f\0\0\0\0\0\0\0\0\0\4", 12);
	ck_assert_int_eq(tar_next(&archive.tar, &entry), 1);
	ck_assert_str_eq(entry.name, "a/name/of/pax.json");
	ck_assert_uint_eq(entry.size, 4);
	ck_assert_int_eq(tar_take(&archive.tar, body, 4), 0);
	ck_assert_mem_eq(body, "body", 4);
	ck_assert_int_eq(tar_take(&archive.tar, body, 1), -EBADMSG);
	ck_assert_int_eq(tar_next(&archive.tar, &entry), 1);
	ck_assert_str_eq(entry.name, "a/name/of/gnu.json");
	ck_assert_int_eq(tar_next(&archive.tar, &entry), 1);
	ck_assert_str_eq(entry.name, "binary");
	ck_assert_uint_eq(entry.size, 4);
	ck_assert_int_eq(tar_next(&archive.tar, &entry), 1);
	ck_assert(!entry.is_file);
	ck_assert_int_eq(tar_next(&archive.tar, &entry), -EBADMSG);
}
END_TEST

START_TEST(bad_lines_of_pax_are_refused)
{
	static const char *const lines[] = {
		"5 a=b",    "99 path=x\n",	   "path=x\n",
		"7 path\n", "8 path=\n9 size=x\n", "30 size=99999999999999999999\n",
		"4 =\n3",   "0 path=x\n",	   "9999999999 path=x\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct tar_entry entry;
		if (i) {
			tear_down();
			set_up();
		}
		add("", "pax", lines[i]);
		add("", "file", "body");
		ck_assert_int_eq(tar_finish(to), 0);
		turn(0);
		patch(0, TYPE_AT, "x", 1);
		ck_assert_msg(tar_next(&archive.tar, &entry) == -EBADMSG, "%s", lines[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("archive");
	TCase *test = tcase_create("archive");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, a_profile_comes_back_as_it_was);
	tcase_add_test(test, what_is_wrong_is_told_and_the_rest_is_read);
	tcase_add_test(test, what_is_cut_off_or_no_tar_is_no_end);
	tcase_add_test(test, an_end_that_is_missing_is_told);
	tcase_add_test(test, a_changed_header_is_no_header);
	tcase_add_test(test, long_names_and_sizes_are_read);
	tcase_add_test(test, bad_lines_of_pax_are_refused);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
