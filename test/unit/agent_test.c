/* SPDX-License-Identifier: Apache-2.0 */
/* agent_test.c -- the body of an upload, parcels, and what packs them. */
#include "transport/agent.h"
#include "test/unit/suite.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct parcel *make_parcel(const char *service)
{
	struct parcel *parcel = parcel_create(service);
	parcel->start_ns = 1700000000000000001;
	parcel->end_ns = 1700000045123456789;
	parcel->seq = 3;
	parcel->pid = 77;
	ck_assert_int_eq(parcel_add_profile(parcel, "cpu", (uint8_t *)strdup("CPUBYTES"), 8), 0);
	ck_assert_int_eq(parcel_add_profile(parcel, "heap", (uint8_t *)strdup("HEAP"), 4), 0);
	return parcel;
}

/* The whole body as a string from malloc. */
static char *flatten(const struct agent_body *body)
{
	char *all = calloc(1, 1 << 20);
	size_t used = 0;
	for (size_t i = 0; i < body->segment_count; i++) {
		memcpy(all + used, body->segments[i].iov_base, body->segments[i].iov_len);
		used += body->segments[i].iov_len;
	}
	return all;
}

/* The event's tags of a parcel, from malloc, with a comma before and behind. */
static char *tags_of(const struct parcel *parcel)
{
	struct agent_body body;
	char *tags = calloc(1, 1 << 19);
	ck_assert_int_eq(agent_encode(&body, parcel, 1), 0);
	char *all = flatten(&body);
	cJSON *event = cJSON_Parse(strstr(all, "application/json\r\n\r\n") + 20);
	ck_assert_ptr_nonnull(event);
	const cJSON *item = cJSON_GetObjectItem(event, "tags_profiler");
	snprintf(tags, 1 << 19, ",%s,", item->valuestring);
	cJSON_Delete(event);
	free(all);
	agent_release(&body);
	return tags;
}

START_TEST(body_is_exactly_the_form_of_the_agents)
{
	struct agent_body body;
	struct parcel *parcel = make_parcel("shop");
	ck_assert_int_eq(parcel_set_tag(parcel, "host", "web1"), 0);
	ck_assert_int_eq(agent_encode(&body, parcel, 1), 0);
	char *all = flatten(&body);
	const char *boundary = strstr(body.content_type, "boundary=") + 9;
	char expected[4096];
	snprintf(expected, sizeof expected,
		 "--%s\r\nContent-Disposition: form-data; name=\"cpu.pprof\"; "
		 "filename=\"cpu.pprof\"\r\nContent-Type: application/octet-stream\r\n\r\n"
		 "CPUBYTES\r\n--%s\r\nContent-Disposition: form-data; name=\"delta-heap.pprof\"; "
		 "filename=\"delta-heap.pprof\"\r\nContent-Type: application/octet-stream\r\n\r\n"
		 "HEAP\r\n--%s\r\nContent-Disposition: form-data; name=\"event\"; "
		 "filename=\"event.json\"\r\nContent-Type: application/json\r\n\r\n"
		 "{\"version\":\"4\",\"family\":\"native\",\"start\":\"2023-11-14T22:13:20."
		 "000000001Z\","
		 "\"end\":\"2023-11-14T22:14:05.123456789Z\",\"attachments\":[\"cpu.pprof\","
		 "\"delta-heap.pprof\"],\"tags_profiler\":\"application_name:shop,service:shop,"
		 "language:native,runtime:native,runtime_os:linux,runtime_arch:amd64,process_id:77,"
		 "profile_seq:3,host:web1\"}\r\n--%s--\r\n",
		 boundary, boundary, boundary, boundary);
	ck_assert_str_eq(all, expected);
	free(all);
	agent_release(&body);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(labels_of_the_user_override_automatic_ones)
{
	struct parcel *parcel = make_parcel("shop");
	parcel_set_tag(parcel, "host", "web1");
	parcel_set_tag(parcel, "service", "mine");
	parcel_set_tag(parcel, "language", "rust");
	parcel_set_tag(parcel, "host", "web2");
	char *tags = tags_of(parcel);
	ck_assert_ptr_nonnull(strstr(tags, ",host:web2,"));
	ck_assert_ptr_nonnull(strstr(tags, ",service:mine,"));
	ck_assert_ptr_nonnull(strstr(tags, ",language:rust,"));
	ck_assert_ptr_nonnull(strstr(tags, ",application_name:shop,"));
	ck_assert_ptr_null(strstr(tags, "web1"));
	ck_assert_ptr_null(strstr(tags, "language:native"));
	free(tags);
	parcel_destroy(parcel);
}
END_TEST

static const struct {
	const char *key, *value, *tag; /* tag NULL: none comes of it */
} strange[] = {
	{"k", "a,b", ",k:a_b,"},
	{"k", "a\r\nHost: x", ",k:a__Host: x,"},
	{"k", "\xff\xfe", ",k:\xef\xbf\xbd\xef\xbf\xbd,"},
	{"k", "\xc3\xa9", ",k:\xc3\xa9,"},
	{"k", "\xed\xa0\x80", ",k:\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd,"},
	{"k", "\xc2\x85", ",k:_,"},
	{"k", "\xf0\x9f\x98", ",k:\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd,"},
	{"k", "quote\" \\ <", ",k:quote\" \\ <,"},
	{"k", "a:b", ",k:a:b,"},
	{"k:l m", "v", ",k_l_m:v,"},
	{"k", "", NULL},
};

START_TEST(strange_values_cannot_break_the_list_of_tags)
{
	struct parcel *parcel = make_parcel("shop");
	ck_assert_int_eq(parcel_set_tag(parcel, strange[_i].key, strange[_i].value), 0);
	char *tags = tags_of(parcel);
	if (strange[_i].tag)
		ck_assert_msg(strstr(tags, strange[_i].tag), "%s", tags);
	else
		ck_assert_ptr_null(strstr(tags, ",k:"));
	free(tags);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(tags_are_bounded)
{
	char key[16];
	char *huge = calloc(1, 65537);
	memset(huge, '\xff', 65536);
	struct parcel *parcel = make_parcel(huge);
	ck_assert_int_eq(parcel_set_tag(parcel, "", "x"), -EINVAL);
	for (int i = 0; i < PARCEL_TAGS_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		ck_assert_int_eq(parcel_set_tag(parcel, key, huge), 0);
	}
	ck_assert_int_eq(parcel_set_tag(parcel, "more", "x"), -ENOSPC);
	ck_assert_int_eq(parcel_set_tag(parcel, "k0", "still"), 0);
	ck_assert_uint_eq(strlen(parcel_tag(parcel, "k1")), PARCEL_VALUE_MAX);
	char *tags = tags_of(parcel);
	ck_assert_ptr_nonnull(strstr(tags, ",k63:"));
	free(tags);
	free(huge);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(boundary_does_not_occur_in_the_body)
{
	struct agent_body body;
	struct parcel *parcel = make_parcel("shop");
	ck_assert_int_eq(agent_encode(&body, parcel, 7), 0);
	char *boundary = strdup(strstr(body.content_type, "boundary=") + 9);
	agent_release(&body);
	parcel_add_profile(parcel, "wall", (uint8_t *)boundary, strlen(boundary));
	ck_assert_int_eq(agent_encode(&body, parcel, 7), 0);
	ck_assert_ptr_null(strstr(body.content_type, boundary));
	agent_release(&body);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(parcel_without_profile_has_no_body)
{
	struct agent_body body;
	struct parcel *parcel = parcel_create("shop");
	ck_assert_int_eq(agent_encode(&body, parcel, 7), -ENODATA);
	agent_release(&body);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(profiles_have_plain_types_and_a_bound)
{
	struct parcel *parcel = parcel_create("shop");
	const char *bad[] = {"", "CPU", "a/b", "a\"b", "a b", "abcdefghijklmnopqrstuvwxyzabcdef"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(parcel_add_profile(parcel, bad[i], NULL, 0), -EINVAL);
	for (int i = 0; i < PARCEL_PROFILES_MAX; i++)
		ck_assert_int_eq(parcel_add_profile(parcel, "cpu", NULL, 0), 0);
	ck_assert_int_eq(parcel_add_profile(parcel, "cpu", NULL, 0), -ENOSPC);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(packed_parcel_comes_back_the_same)
{
	size_t size;
	size_t again_size;
	struct parcel *parcel = make_parcel("shop");
	parcel_set_tag(parcel, "host", "web1");
	uint8_t *bytes = parcel_pack(parcel, &size);
	struct parcel *back = parcel_unpack(bytes, size);
	ck_assert_ptr_nonnull(back);
	ck_assert_uint_eq(back->end_ns, parcel->end_ns);
	ck_assert_uint_eq(back->seq, 3);
	ck_assert_uint_eq(back->pid, 77);
	ck_assert_str_eq(back->service, "shop");
	ck_assert_str_eq(parcel_tag(back, "host"), "web1");
	ck_assert_mem_eq(back->profiles[0].bytes, "CPUBYTES", 8);
	uint8_t *again = parcel_pack(back, &again_size);
	ck_assert_uint_eq(size, again_size);
	ck_assert_mem_eq(bytes, again, size);
	free(again);
	free(bytes);
	parcel_destroy(back);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(damaged_packed_parcels_are_refused)
{
	size_t size;
	struct parcel *parcel = make_parcel("shop");
	uint8_t *bytes = parcel_pack(parcel, &size);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 0x10;
		ck_assert_ptr_null(parcel_unpack(bytes, size));
		ck_assert_int_eq(errno, EBADMSG);
		bytes[i] ^= 0x10;
		ck_assert_ptr_null(parcel_unpack(bytes, i));
	}
	free(bytes);
	parcel_destroy(parcel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agent");
	TCase *tests = tcase_create("agent");
	tcase_add_test(tests, body_is_exactly_the_form_of_the_agents);
	tcase_add_test(tests, labels_of_the_user_override_automatic_ones);
	tcase_add_loop_test(tests, strange_values_cannot_break_the_list_of_tags, 0,
			    (int)(sizeof strange / sizeof *strange));
	tcase_add_test(tests, tags_are_bounded);
	tcase_add_test(tests, boundary_does_not_occur_in_the_body);
	tcase_add_test(tests, parcel_without_profile_has_no_body);
	tcase_add_test(tests, profiles_have_plain_types_and_a_bound);
	tcase_add_test(tests, packed_parcel_comes_back_the_same);
	tcase_add_test(tests, damaged_packed_parcels_are_refused);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
