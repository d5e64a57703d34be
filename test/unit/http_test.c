/* SPDX-License-Identifier: Apache-2.0 */
/* http_test.c -- POST requests against servers that behave, and that do not. */
#include "transport/http.h"

#include <check.h>
#include <dlfcn.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "test/unit/server.h"
#include "test/unit/suite.h"

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static struct server server;
static struct http *http;
static struct iovec body[] = {{(void *)"one ", 4}, {(void *)"", 0}, {(void *)"two", 3}};

static struct http_request request(uint32_t timeout_ms)
{
	return (struct http_request){
		.url = "http://localhost/profiling/v1/input",
		.socket_path = server.path,
		.content_type = "text/plain",
		.body = body,
		.body_count = 3,
		.timeout_ms = timeout_ms,
	};
}

/* Drives slot 0 to its end; every single call must return at once. */
static struct http_result finish(void)
{
	struct http_result result;
	uint64_t end_ms = server_clock_ms() + 5000;
	while (!http_result(http, 0, &result)) {
		ck_assert_uint_lt(server_clock_ms(), end_ms);
		uint64_t began_ms = server_clock_ms();
		http_perform(http);
		ck_assert_uint_lt(server_clock_ms() - began_ms, 250); /* less than any timeout */
		http_wait(http, http_timeout_ms(http, 50), -1);
	}
	ck_assert_uint_eq(http_busy(http), 0);
	return result;
}

static struct http_result attempt(enum server_mode mode, const char *answer, uint32_t timeout_ms)
{
	server_start(&server, mode, answer);
	http = http_create("9.9", NULL);
	struct http_request wanted = request(timeout_ms);
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	return finish();
}

static void clean_up(void)
{
	http_destroy(http);
	server_stop(&server);
}

START_TEST(request_is_exactly_what_was_asked_for)
{
	struct http_result result = attempt(SERVER_ANSWERS, ok_answer, 2000);
	size_t size;
	char *text = server_slurp(server.request, &size);
	ck_assert_int_eq(result.outcome, HTTP_ANSWERED);
	ck_assert_int_eq(result.status, 200);
	ck_assert_str_eq(text, "POST /profiling/v1/input HTTP/1.1\r\nHost: localhost\r\n"
			       "User-Agent: conprof/9.9\r\nAccept: */*\r\n"
			       "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\none two");
	free(text);
	clean_up();
}
END_TEST

START_TEST(credentials_go_as_http_basic_only_when_both_are_there)
{
	size_t size;
	server_start(&server, SERVER_ANSWERS, ok_answer);
	http = http_create("9.9", NULL);
	struct http_request wanted = request(2000);
	wanted.user = "id";
	wanted.password = "token";
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	finish();
	char *text = server_slurp(server.request, &size);
	ck_assert_ptr_nonnull(strstr(text, "\r\nAuthorization: Basic aWQ6dG9rZW4=\r\n"));
	free(text);
	wanted.password = "";
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	finish();
	text = server_slurp(server.request, &size);
	ck_assert_ptr_null(strstr(text, "Authorization"));
	free(text);
	clean_up();
}
END_TEST

START_TEST(large_body_without_expect_is_sent_whole)
{
	char *bytes = malloc(3 << 20);
	size_t size;
	memset(bytes, 'x', 3 << 20);
	struct iovec large[] = {{bytes, 1 << 20}, {bytes, 2 << 20}};
	server_start(&server, SERVER_ANSWERS, ok_answer);
	http = http_create("9.9", NULL);
	struct http_request wanted = request(4000);
	wanted.body = large;
	wanted.body_count = 2;
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	ck_assert_int_eq(finish().status, 200);
	char *text = server_slurp(server.request, &size);
	const char *end = strstr(text, "\r\n\r\n");
	ck_assert_uint_eq(size - (size_t)(end + 4 - text), 3 << 20);
	ck_assert_ptr_null(strstr(text, "Expect"));
	free(text);
	free(bytes);
	clean_up();
}
END_TEST

START_TEST(connection_that_the_server_closed_is_made_anew)
{
	attempt(SERVER_CLOSES, ok_answer, 2000);
	for (int i = 0; i < 3; i++) {
		struct http_request wanted = request(2000);
		ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
		ck_assert_int_eq(finish().status, 200);
	}
	ck_assert_uint_eq(server_requests(&server), 4);
	clean_up();
}
END_TEST

START_TEST(missing_server_fails_at_once)
{
	server_start(&server, SERVER_LISTENS, "");
	unlink(server.path);
	http = http_create("9.9", NULL);
	struct http_request wanted = request(2000);
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	struct http_result result = finish();
	ck_assert_int_eq(result.outcome, HTTP_FAILED);
	ck_assert_uint_gt(strlen(result.text), 0);
	clean_up();
}
END_TEST

static const struct {
	const char *answer;
	enum server_mode mode;
	enum http_outcome outcome;
	int status;
	uint32_t retry_after_s;
} faults[] = {
	{"", SERVER_SILENT, HTTP_TIMEOUT, 0, 0},
	{"", SERVER_LISTENS, HTTP_TIMEOUT, 0, 0},
	{"", SERVER_RESETS, HTTP_FAILED, 0, 0},
	{"HTTP/1.1 200 OK\r\n", SERVER_DRIBBLES, HTTP_TIMEOUT, 0, 0},
	{"\xff\xfe\r\nnothing like HTTP\r\n\r\n", SERVER_CLOSES, HTTP_NOT_HTTP, 0, 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", SERVER_CLOSES, HTTP_ANSWERED, 200, 0},
	{"HTTP/1.1 503 X\r\nRetry-After: 7\r\n\r\n", SERVER_CLOSES, HTTP_ANSWERED, 503, 7},
	{"HTTP/1.1 429 X\r\nRetry-After: nonsense\r\n\r\n", SERVER_CLOSES, HTTP_ANSWERED, 429, 0},
	{"HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\n\r\n", SERVER_CLOSES, HTTP_ANSWERED,
	 302, 0},
	{"HTTP/1.1 100 Continue\r\n\r\n", SERVER_CLOSES, HTTP_FAILED, 0, 0},
	{"HTTP/1.1 100 Continue\r\n\r\n", SERVER_ENDLESS, HTTP_FAILED, 0, 0},
	{"HTTP/1.1 200 OK\r\n", SERVER_ENDLESS, HTTP_ANSWERED, 200, 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nxxxx", SERVER_ENDLESS,
	 HTTP_ANSWERED, 200, 0},
	{"", SERVER_CLOSES, HTTP_FAILED, 0, 0},
};

START_TEST(every_fault_ends_in_time_and_is_told)
{
	uint64_t began_ms = server_clock_ms();
	struct http_result result = attempt(faults[_i].mode, faults[_i].answer, 400);
	ck_assert_msg(result.outcome == faults[_i].outcome, "fault %d: outcome %d: %s", _i,
		      (int)result.outcome, result.text);
	if (result.outcome == HTTP_ANSWERED)
		ck_assert_int_eq(result.status, faults[_i].status);
	ck_assert_uint_eq(result.retry_after_s, faults[_i].retry_after_s);
	ck_assert_uint_lt(server_clock_ms() - began_ms, 1500);
	clean_up();
}
END_TEST

START_TEST(endless_answer_leaves_memory_flat)
{
	struct rusage before;
	struct rusage after;
	attempt(SERVER_ENDLESS, "HTTP/1.1 200 OK\r\nX: y\r\n\r\n", 400);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 20; i++) {
		struct http_request wanted = request(400);
		ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
		finish();
	}
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 2048);
	clean_up();
}
END_TEST

START_TEST(cancelled_attempt_has_no_result_and_frees_its_slot)
{
	struct http_result result;
	server_start(&server, SERVER_SILENT, "");
	http = http_create("9.9", NULL);
	struct http_request wanted = request(60000);
	ck_assert_int_eq(http_begin(http, 3, &wanted), 0);
	ck_assert_int_eq(http_begin(http, 3, &wanted), -EBUSY);
	http_perform(http);
	ck_assert_uint_eq(http_busy(http), 1);
	http_cancel(http, 3);
	ck_assert_uint_eq(http_busy(http), 0);
	ck_assert(!http_result(http, 3, &result));
	ck_assert_int_eq(http_begin(http, 3, &wanted), 0);
	http_perform(http);
	uint64_t began_ms = server_clock_ms();
	clean_up(); /* with the attempt under way */
	ck_assert_uint_lt(server_clock_ms() - began_ms, 200);
}
END_TEST

START_TEST(requests_that_cannot_be_are_refused)
{
	http = http_create("9.9", NULL);
	struct http_request wanted = request(0);
	ck_assert_int_eq(http_begin(http, 0, &wanted), -EINVAL);
	wanted.timeout_ms = 1;
	ck_assert_int_eq(http_begin(http, HTTP_SLOTS, &wanted), -EINVAL);
	wanted.content_type = "a\r\nInjected: b";
	ck_assert_int_lt(http_begin(http, 0, &wanted), 0);
	ck_assert_uint_eq(http_busy(http), 0);
	http_destroy(http);
}
END_TEST

START_TEST(other_protocols_are_not_spoken)
{
	server_start(&server, SERVER_LISTENS, "");
	http = http_create("9.9", NULL);
	struct http_request wanted = request(500);
	wanted.url = "file:///etc/passwd";
	wanted.socket_path = NULL;
	ck_assert_int_eq(http_begin(http, 0, &wanted), 0);
	ck_assert_int_ne(finish().outcome, HTTP_ANSWERED);
	clean_up();
}
END_TEST

START_TEST(environment_names_no_proxy)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	ck_assert_int_eq(attempt(SERVER_ANSWERS, ok_answer, 2000).status, 200);
	clean_up();
}
END_TEST

START_TEST(wait_ends_when_the_descriptor_stirs)
{
	int fd = eventfd(1, 0);
	uint64_t began_ms = server_clock_ms();
	http = http_create("9.9", NULL);
	http_wait(http, 5000, fd);
	ck_assert_uint_lt(server_clock_ms() - began_ms, 1000);
	began_ms = server_clock_ms();
	http_wait(http, 100, -1);
	ck_assert_uint_ge(server_clock_ms() - began_ms, 90);
	http_destroy(http);
	close(fd);
}
END_TEST

static int sigpipe_calls;

/* Stands before libc's, so that libcurl's own calls are seen. */
int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict old)
{
	int (*real)(int, const struct sigaction *, struct sigaction *);
	*(void **)&real = dlsym(RTLD_NEXT, "sigaction");
	sigpipe_calls += number == SIGPIPE;
	return real(number, action, old);
}

START_TEST(disposition_of_sigpipe_is_left_alone)
{
	sigpipe_calls = 0;
	http_destroy(http_create("9.9", NULL));
	attempt(SERVER_RESETS, "", 400);
	clean_up();
	attempt(SERVER_ANSWERS, ok_answer, 400); /* its connection is kept to the end */
	clean_up();
	ck_assert_int_eq(sigpipe_calls, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tests = tcase_create("http");
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, request_is_exactly_what_was_asked_for);
	tcase_add_test(tests, credentials_go_as_http_basic_only_when_both_are_there);
	tcase_add_test(tests, large_body_without_expect_is_sent_whole);
	tcase_add_test(tests, connection_that_the_server_closed_is_made_anew);
	tcase_add_test(tests, missing_server_fails_at_once);
	tcase_add_loop_test(tests, every_fault_ends_in_time_and_is_told, 0,
			    (int)(sizeof faults / sizeof *faults));
	tcase_add_test(tests, endless_answer_leaves_memory_flat);
	tcase_add_test(tests, cancelled_attempt_has_no_result_and_frees_its_slot);
	tcase_add_test(tests, requests_that_cannot_be_are_refused);
	tcase_add_test(tests, other_protocols_are_not_spoken);
	tcase_add_test(tests, environment_names_no_proxy);
	tcase_add_test(tests, wait_ends_when_the_descriptor_stirs);
	tcase_add_test(tests, disposition_of_sigpipe_is_left_alone);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
