/* SPDX-License-Identifier: Apache-2.0 */
/* multipart_test.c -- the parts of a form, and what profilers put into them. */
#include "collector/multipart.h"
#include "collector/agent_form.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const char form[] = "multipart/form-data; boundary=B";

static int begin(struct multipart *multipart, const char *body)
{
	return multipart_begin(multipart, form, (const uint8_t *)body, strlen(body));
}

START_TEST(parts_are_found_where_they_lie)
{
	static const char body[] =
		"--B\r\n"
		"Content-Disposition: form-data; name=\"a\"\r\n\r\n"
		"one\r\n\r\ntwo--B\r\n"
		"--B \t\r\n"
		"content-type: x\r\n"
		"content-disposition: form-data; filename=\"q\\\"u;o\"; name=b\r\n\r\n"
		"\r\n--B\r\n\r\n\r\n--B--\r\nrest";
	struct multipart multipart;
	struct multipart_part part;
	ck_assert_int_eq(begin(&multipart, body), 0);
	ck_assert_int_eq(multipart_next(&multipart, &part), 1);
	ck_assert_str_eq(part.name, "a");
	ck_assert(!part.is_file);
	ck_assert_uint_eq(part.size, strlen("one\r\n\r\ntwo--B"));
	ck_assert_int_eq(memcmp(part.body, "one\r\n\r\ntwo--B", part.size), 0);
	ck_assert_int_eq(multipart_next(&multipart, &part), 1);
	ck_assert_str_eq(part.name, "b");
	ck_assert_str_eq(part.file_name, "q\"u;o");
	ck_assert(part.is_file);
	ck_assert_uint_eq(part.size, 0);
	ck_assert_int_eq(multipart_next(&multipart, &part), 1);
	ck_assert_str_eq(part.name, "");
	ck_assert_uint_eq(part.size, 0);
	ck_assert_int_eq(multipart_next(&multipart, &part), 0);
}
END_TEST

START_TEST(a_preamble_is_skipped)
{
	struct multipart multipart;
	struct multipart_part part;
	ck_assert_int_eq(begin(&multipart, "before\r\n--B\r\n\r\nx\r\n--B--"), 0);
	ck_assert_int_eq(multipart_next(&multipart, &part), 1);
	ck_assert_uint_eq(part.size, 1);
	ck_assert_int_eq(multipart_next(&multipart, &part), 0);
}
END_TEST

START_TEST(what_is_cut_off_is_told)
{
	static const char body[] =
		"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--B--";
	for (size_t size = 0; size < sizeof body - 1; size++) {
		struct multipart multipart;
		struct multipart_part part;
		int got = multipart_begin(&multipart, form, (const uint8_t *)body, size);
		while (!got && (got = multipart_next(&multipart, &part)) > 0)
			got = 0;
		ck_assert_msg(got < 0, "%zu bytes are taken for the whole", size);
	}
}
END_TEST

START_TEST(another_content_type_is_refused)
{
	static const char *const types[] = {
		"",
		"text/plain",
		"multipart/form-data",
		"multipart/form-data; boundary=",
		"multipart/mixed; boundary=B",
		("multipart/form-data; boundary=0123456789012345678901234567890123456789"
		 "0123456789012345678901234567890123456789"),
	};
	struct multipart multipart;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ck_assert_int_eq(
			multipart_begin(&multipart, types[i], (const uint8_t *)"--B\r\n", 5),
			-EINVAL);
	ck_assert_int_eq(multipart_begin(&multipart,
					 "Multipart/Form-Data;charset=x; Boundary=\"B\"",
					 (const uint8_t *)"--B\r\n", 5),
			 0);
}
END_TEST

/* ---- what profilers send ------------------------------------------------------------------- */

static struct agent_form agent;
static char error[AGENT_FORM_ERROR_SIZE];

static int read_form(const char *body)
{
	return agent_form_read(&agent, form, (const uint8_t *)body, strlen(body), error);
}

static void tear_down(void)
{
	agent_form_clear(&agent);
}

#define FIELD(name, value) \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define PART(name, file, value)                                                               \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\n" \
	"Content-Type: application/octet-stream\r\n\r\n" value "\r\n"
#define END "--B--\r\n"

START_TEST(the_first_generation_sends_labels_as_fields)
{
	ck_assert_int_eq(read_form(FIELD("application_name", "shop") FIELD("region", "eu")
					   PART("cpu", "cpu", "PROFILE") END),
			 0);
	ck_assert_str_eq(agent.service, "shop");
	ck_assert_uint_eq(agent.labels.count, 1);
	ck_assert_str_eq(labels_get(&agent.labels, "region"), "eu");
	ck_assert_uint_eq(agent.profile_count, 1);
	ck_assert_str_eq(agent.profiles[0].type, "cpu");
	ck_assert_uint_eq(agent.profiles[0].size, 7);
	ck_assert_int_eq(agent.start_ns, 0);
	ck_assert_ptr_null(agent.sequence);
}
END_TEST

START_TEST(later_ones_send_an_event_with_tags)
{
	ck_assert_int_eq(
		read_form(
			PART("cpu.pprof", "cpu.pprof",
			     "C") PART("delta-heap.pprof", "delta-heap.pprof",
				       "H") PART("metrics.json", "metrics.json",
						 "[]") PART("go.trace", "go.trace", "T")
				PART("event", "event.json",
				     "{\"version\":\"4\",\"family\":\"go\","
				     "\"start\":\"2019-05-30T11:49:00.5Z\","
				     "\"end\":\"2019-05-30T13:49:45+02:00\","
				     "\"tags_profiler\":\"runtime:go,service:binary,"
				     "runtime:last,url:http://x:1,alone,"
				     "application_name:shop,profile_seq:7,go_execution_traced:yes,"
				     "runtime-id:abc\"}") END),
		0);
	ck_assert_str_eq(agent.service, "shop");
	ck_assert_str_eq(labels_get(&agent.labels, "runtime"), "last");
	ck_assert_str_eq(labels_get(&agent.labels, "url"), "http://x:1");
	ck_assert_str_eq(labels_get(&agent.labels, "alone"), "");
	ck_assert_ptr_null(labels_get(&agent.labels, "profile_seq"));
	ck_assert_ptr_null(labels_get(&agent.labels, "go_execution_traced"));
	ck_assert_ptr_null(labels_get(&agent.labels, "service"));
	ck_assert_str_eq(agent.sequence, "abc/7/1559216940500000000");
	ck_assert_int_eq(agent.end_ns - agent.start_ns, 44500000000);
	ck_assert_uint_eq(agent.profile_count, 2);
	ck_assert_str_eq(agent.profiles[1].type, "heap");
	ck_assert_str_eq(agent.profiles[1].name, "delta-heap");
}
END_TEST

START_TEST(python_sends_the_event_first_and_names_no_type)
{
	ck_assert_int_eq(
		read_form(PART("event", "event.json", "{\"tags_profiler\":\"service:web\"}")
				  PART("auto", "auto.pprof", "P")
					  PART("code-provenance", "code-provenance.json", "X") END),
		0);
	ck_assert_str_eq(agent.service, "web");
	ck_assert_uint_eq(agent.profile_count, 1);
	ck_assert_ptr_null(agent.profiles[0].type);
}
END_TEST

START_TEST(what_is_no_upload_is_refused_with_a_reason)
{
	static const char *const bodies[] = {
		"",
		"no form",
		END,
		FIELD("region", "eu") END,
		PART("metrics.json", "metrics.json", "[]") END,
		PART("event", "event.json", "[") END,
		PART("event", "event.json", "[]") END,
		PART("cpu", "cpu.pprof", "P"),
	};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		error[0] = '\0';
		ck_assert_msg(read_form(bodies[i]) == -EINVAL, "%s is taken", bodies[i]);
		ck_assert_str_ne(error, "");
		agent_form_clear(&agent);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("multipart");
	TCase *test = tcase_create("multipart");
	tcase_add_test(test, parts_are_found_where_they_lie);
	tcase_add_test(test, a_preamble_is_skipped);
	tcase_add_test(test, what_is_cut_off_is_told);
	tcase_add_test(test, another_content_type_is_refused);
	suite_add_tcase(suite, test);
	TCase *forms = tcase_create("agent_form");
	tcase_add_checked_fixture(forms, NULL, tear_down);
	tcase_add_test(forms, the_first_generation_sends_labels_as_fields);
	tcase_add_test(forms, later_ones_send_an_event_with_tags);
	tcase_add_test(forms, python_sends_the_event_first_and_names_no_type);
	tcase_add_test(forms, what_is_no_upload_is_refused_with_a_reason);
	suite_add_tcase(suite, forms);
	return suite_run(suite);
}
