/* SPDX-License-Identifier: Apache-2.0 */
/* segment_test.c -- records, whole and torn, and the dockets in them. */
#include "collector/segment.h"
#include "collector/docket.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];
static int directory_fd;
static struct segment segment;

static void set_up(void)
{
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(segment_create(&segment, directory_fd, 1), 0);
}

static void tear_down(void)
{
	char command[100];
	segment_close(&segment);
	close(directory_fd);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static uint64_t append(const char *docket, const char *body)
{
	uint64_t offset;
	const struct segment_record record = {(const uint8_t *)docket, (const uint8_t *)body,
					      (uint32_t)strlen(docket), (uint32_t)strlen(body)};
	ck_assert_int_eq(segment_append(&segment, &record, &offset), 0);
	return offset;
}

static int count(void *context, uint64_t offset, const struct segment_record *record)
{
	(void)offset;
	*(uint64_t *)context += record->body_size;
	return 0;
}

START_TEST(records_come_back_as_they_were)
{
	struct segment_record record;
	uint8_t *bytes;
	append("first", "body");
	uint64_t offset = append("second", "");
	ck_assert_int_eq(segment_sync(&segment), 0);
	ck_assert_int_eq(segment_read(segment.fd, segment_begin(), &record, &bytes), 0);
	ck_assert_int_eq(memcmp(record.docket, "first", 5), 0);
	ck_assert_uint_eq(record.body_size, 4);
	ck_assert_int_eq(memcmp(record.body, "body", 4), 0);
	free(bytes);
	ck_assert_int_eq(segment_read(segment.fd, offset, &record, &bytes), 0);
	ck_assert_uint_eq(record.body_size, 0);
	free(bytes);
	ck_assert_int_eq(segment_read(segment.fd, offset + 1, &record, &bytes), -EBADMSG);
	ck_assert_int_eq(segment_read(segment.fd, 1 << 20, &record, &bytes), -EBADMSG);
}
END_TEST

START_TEST(a_torn_tail_is_found_wherever_it_is_torn)
{
	append("first", "body");
	uint64_t second = append("second", "another body");
	uint64_t size = segment.size;
	for (uint64_t cut = size; cut-- > second;) {
		uint64_t end, bytes = 0;
		ck_assert_int_eq(segment_cut(&segment, cut), 0);
		int wanted = cut == second ? 0 : -EBADMSG;
		ck_assert_int_eq(segment_scan(segment.fd, segment_begin(), count, &bytes, &end),
				 wanted);
		ck_assert_uint_eq(end, second);
		ck_assert_uint_eq(bytes, 4);
	}
}
END_TEST

START_TEST(a_changed_bit_is_noticed)
{
	append("docket", "body");
	for (uint64_t at = segment_begin(); at < segment.size; at++) {
		struct segment_record record;
		uint8_t byte, *bytes;
		ck_assert_int_eq(pread(segment.fd, &byte, 1, (off_t)at), 1);
		byte ^= 4;
		ck_assert_int_eq(pwrite(segment.fd, &byte, 1, (off_t)at), 1);
		ck_assert_int_eq(segment_read(segment.fd, segment_begin(), &record, &bytes),
				 -EBADMSG);
		byte ^= 4;
		ck_assert_int_eq(pwrite(segment.fd, &byte, 1, (off_t)at), 1);
	}
}
END_TEST

START_TEST(another_file_is_no_segment)
{
	struct segment other;
	int fd = openat(directory_fd, "000002.seg", O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "something else", 14), 14);
	close(fd);
	ck_assert_int_eq(segment_open(&other, directory_fd, 2), -EBADMSG);
	ck_assert_int_eq(segment_open(&other, directory_fd, 3), -ENOENT);
	ck_assert_int_eq(segment_create(&other, directory_fd, 1), -EEXIST);
	ck_assert_int_eq(segment_open(&other, directory_fd, 1), 0);
	segment_close(&other);
}
END_TEST

START_TEST(too_large_a_record_is_refused)
{
	uint64_t offset;
	const struct segment_record record = {(const uint8_t *)"", (const uint8_t *)"", 0,
					      SEGMENT_BODY_MAX + 1u};
	ck_assert_int_eq(segment_append(&segment, &record, &offset), -EFBIG);
	ck_assert_uint_eq(segment.size, segment_begin());
}
END_TEST

START_TEST(a_docket_says_all_that_the_index_knows)
{
	const struct docket docket = {
		.profile = {.key = {1, 2, 3},
			    .service = "shop",
			    .type = "cpu",
			    .labels = "a=1,b=2",
			    .sample_types = "samples/count,cpu/nanoseconds",
			    .totals = {-5, INT64_MAX},
			    .total_count = 2,
			    .time_ns = 11,
			    .duration_ns = 12,
			    .arrived_ns = 13,
			    .size = 14},
		.row = 77,
		.rule = "*/cpu",
		.form = DOCKET_COMPACT,
	};
	struct docket back;
	size_t size;
	uint8_t *bytes = docket_pack(&docket, &size);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(docket_unpack(&back, bytes, size), 0);
	ck_assert_int_eq(memcmp(back.profile.key, docket.profile.key, STORE_KEY_SIZE), 0);
	ck_assert_str_eq(back.profile.service, "shop");
	ck_assert_str_eq(back.profile.type, "cpu");
	ck_assert_str_eq(back.profile.labels, "a=1,b=2");
	ck_assert_str_eq(back.profile.sample_types, docket.profile.sample_types);
	ck_assert_str_eq(back.rule, "*/cpu");
	ck_assert_int_eq(back.form, DOCKET_COMPACT);
	ck_assert_int_eq(back.row, 77);
	ck_assert_uint_eq(back.profile.total_count, 2);
	ck_assert_int_eq(back.profile.totals[0], -5);
	ck_assert_int_eq(back.profile.totals[1], INT64_MAX);
	ck_assert_int_eq(back.profile.time_ns, 11);
	ck_assert_int_eq(back.profile.duration_ns, 12);
	ck_assert_int_eq(back.profile.arrived_ns, 13);
	ck_assert_uint_eq(back.profile.size, 14);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut ? cut : 1); /* so that a sanitizer sees a step too far */
		memcpy(part, bytes, cut);
		ck_assert_int_eq(docket_unpack(&back, part, cut), -EBADMSG);
		free(part);
	}
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment");
	TCase *test = tcase_create("segment");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, records_come_back_as_they_were);
	tcase_add_test(test, a_torn_tail_is_found_wherever_it_is_torn);
	tcase_add_test(test, a_changed_bit_is_noticed);
	tcase_add_test(test, another_file_is_no_segment);
	tcase_add_test(test, too_large_a_record_is_refused);
	tcase_add_test(test, a_docket_says_all_that_the_index_knows);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
