/* SPDX-License-Identifier: Apache-2.0 */
/* http.c -- POST requests that never block: one libcurl multi handle and a few slots. */
#include "transport/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct attempt {
	struct http *http;
	CURL *easy; /* of this attempt alone */
	struct curl_slist *headers;
	bool is_running; /* curl has it */
	bool is_unix;	 /* through a unix socket, for which curl has no words */
	bool has_ended;	 /* outcome waits for http_result */
	CURLcode outcome;
	const struct iovec *body;
	size_t body_count, at_segment, at_byte; /* what is sent next */
	uint64_t answer_headers, answer_body;	/* bytes received */
	char text[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	char agent[64];
	char *ca_file;
	struct attempt attempts[HTTP_SLOTS];
};

/* The file is built on one system and runs on another: the first bundle that exists is used. */
static const char *const ca_files[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Gentoo, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
	"/etc/ssl/ca-bundle.pem",	      /* SUSE */
	"/etc/ssl/cert.pem",		      /* Alpine */
};

static size_t read_body(char *to, size_t size, size_t count, void *context)
{
	struct attempt *attempt = context;
	size_t room = size * count;
	size_t used = 0;
	while (used < room && attempt->at_segment < attempt->body_count) {
		const struct iovec *segment = &attempt->body[attempt->at_segment];
		size_t left = segment->iov_len - attempt->at_byte;
		size_t len = left < room - used ? left : room - used;
		if (len)
			memcpy(to + used, (const char *)segment->iov_base + attempt->at_byte, len);
		used += len;
		attempt->at_byte += len;
		if (attempt->at_byte == segment->iov_len) {
			attempt->at_segment++;
			attempt->at_byte = 0;
		}
	}
	return used;
}

/* curl starts over when a connection it had kept turns out to be closed. */
static int seek_body(void *context, curl_off_t offset, int origin)
{
	struct attempt *attempt = context;
	if (origin != SEEK_SET || offset != 0)
		return CURL_SEEKFUNC_CANTSEEK;
	attempt->at_segment = 0;
	attempt->at_byte = 0;
	return CURL_SEEKFUNC_OK;
}

/* Returning less than was offered ends the attempt: nothing an endless answer says is kept. */
static size_t count_bytes(uint64_t *total, size_t len)
{
	*total += len;
	return *total > HTTP_ANSWER_MAX ? 0 : len;
}

static size_t receive_body(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	return count_bytes(&((struct attempt *)context)->answer_body, size * count);
}

static size_t receive_header(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	return count_bytes(&((struct attempt *)context)->answer_headers, size * count);
}

/* With CURLOPT_NOSIGNAL curl leaves SIGPIPE's disposition, which is the host's, alone. The handle
 * by which a multi closes kept connections learns that only from a transfer it was given: one
 * passes through at once, so that even an unused multi is closed without touching signals. */
static bool teach_nosignal(CURLM *multi)
{
	CURL *easy = curl_easy_init();
	bool taught = easy && !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
		      !curl_multi_add_handle(multi, easy);
	if (taught)
		curl_multi_remove_handle(multi, easy);
	curl_easy_cleanup(easy);
	return taught;
}

struct http *http_create(const char *version, const char *ca_file)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	struct http *http = calloc(1, sizeof *http);
	if (!http) {
		curl_global_cleanup();
		return NULL;
	}
	for (size_t i = 0; i < HTTP_SLOTS; i++)
		http->attempts[i].http = http;
	snprintf(http->agent, sizeof http->agent, "conprof/%s", version);
	http->multi = curl_multi_init();
	http->ca_file = ca_file ? strdup(ca_file) : NULL;
	if (!http->multi || (ca_file && !http->ca_file) || !teach_nosignal(http->multi)) {
		http_destroy(http);
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_SLOTS);
	return http;
}

static void end_attempt(struct attempt *attempt)
{
	if (attempt->is_running)
		curl_multi_remove_handle(attempt->http->multi, attempt->easy);
	attempt->is_running = false;
	curl_slist_free_all(attempt->headers);
	attempt->headers = NULL;
}

/* A handle is not used again: curl (as of 7.88) appends a first header that begins with a blank to
 * the last one of the answer before, which has been freed. Kept connections are the multi's. */
static void reset(struct attempt *attempt)
{
	end_attempt(attempt);
	curl_easy_cleanup(attempt->easy);
	*attempt = (struct attempt){.http = attempt->http};
}

void http_destroy(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < HTTP_SLOTS; i++)
		reset(&http->attempts[i]);
	curl_multi_cleanup(http->multi);
	free(http->ca_file);
	free(http);
	curl_global_cleanup();
}

static bool add_header(struct attempt *attempt, const char *name, const char *value)
{
	char line[192];
	int len = snprintf(line, sizeof line, "%s:%s%s", name, *value ? " " : "", value);
	if (len >= (int)sizeof line || strpbrk(line, "\r\n"))
		return false;
	struct curl_slist *headers = curl_slist_append(attempt->headers, line);
	if (headers)
		attempt->headers = headers;
	return headers != NULL;
}

static const char *find_ca_file(const struct http *http)
{
	if (http->ca_file)
		return http->ca_file;
	for (size_t i = 0; i < sizeof ca_files / sizeof *ca_files; i++)
		if (!access(ca_files[i], R_OK))
			return ca_files[i];
	return NULL;
}

static CURLcode set_place(struct attempt *attempt, const struct http_request *request)
{
	CURL *easy = attempt->easy;
	const char *ca_file =
		strncmp(request->url, "https:", 6) ? NULL : find_ca_file(attempt->http);
	bool has_user = request->user && *request->user && request->password && *request->password;
	CURLcode error = curl_easy_setopt(easy, CURLOPT_URL, request->url);
	attempt->is_unix = request->socket_path && *request->socket_path;
	if (!error && attempt->is_unix)
		error = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->socket_path);
	if (!error && ca_file)
		error = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	if (!error && has_user) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		error = curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
		if (!error)
			error = curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password);
	}
	return error;
}

static CURLcode set_body(struct attempt *attempt, const struct http_request *request)
{
	CURL *easy = attempt->easy;
	curl_off_t size = 0;
	for (size_t i = 0; i < request->body_count; i++)
		size += (curl_off_t)request->body[i].iov_len;
	attempt->body = request->body;
	attempt->body_count = request->body_count;
	/* An empty Expect keeps curl from waiting for a 100 that some agents never send. */
	if (!add_header(attempt, "Content-Type", request->content_type) ||
	    !add_header(attempt, "Expect", ""))
		return CURLE_OUT_OF_MEMORY;
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, attempt);
	return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt->headers);
}

static CURLcode set_manners(struct attempt *attempt, const struct http_request *request)
{
	CURL *easy = attempt->easy;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); /* its cleanup heeds it as well */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt->text);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, attempt);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, attempt);
	/* An empty proxy also keeps curl from reading http_proxy and its kin. */
	CURLcode error = curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (!error)
		error = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	if (!error)
		error = curl_easy_setopt(easy, CURLOPT_USERAGENT, attempt->http->agent);
	return error;
}

int http_begin(struct http *http, unsigned slot, const struct http_request *request)
{
	if (slot >= HTTP_SLOTS || !request->timeout_ms)
		return -EINVAL;
	struct attempt *attempt = &http->attempts[slot];
	if (attempt->is_running || attempt->has_ended)
		return -EBUSY;
	attempt->easy = curl_easy_init();
	if (!attempt->easy)
		return -ENOMEM;
	CURLcode error = set_manners(attempt, request);
	if (!error)
		error = set_place(attempt, request);
	if (!error)
		error = set_body(attempt, request);
	if (!error && !curl_multi_add_handle(http->multi, attempt->easy)) {
		attempt->is_running = true;
		return 0;
	}
	reset(attempt);
	return -ENOMEM;
}

void http_perform(struct http *http)
{
	int running = 0;
	int left = 0;
	struct CURLMsg *message;
	curl_multi_perform(http->multi, &running);
	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct attempt *attempt = NULL;
		CURLcode outcome = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&attempt);
		if (message->msg != CURLMSG_DONE || !attempt)
			continue;
		end_attempt(attempt); /* message is gone with it */
		attempt->outcome = outcome;
		attempt->has_ended = true;
	}
}

static enum http_outcome outcome_of(CURLcode code, long status)
{
	if (status >= 200)
		return HTTP_ANSWERED;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return HTTP_TIMEOUT;
	/* What curl makes of an answer without an HTTP status line. */
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
		return HTTP_NOT_HTTP;
	return HTTP_FAILED;
}

static void set_text(struct http_result *result, const struct attempt *attempt)
{
	const char *text = *attempt->text ? attempt->text : curl_easy_strerror(attempt->outcome);
	if (attempt->is_unix && attempt->outcome == CURLE_COULDNT_CONNECT)
		text = "nobody answers on this socket: does the agent run, may we connect to it?";
	snprintf(result->text, sizeof result->text, "%.*s", HTTP_TEXT_SIZE - 1, text);
	for (char *c = result->text; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?'; /* curl may quote what the server said */
}

bool http_result(struct http *http, unsigned slot, struct http_result *result)
{
	if (slot >= HTTP_SLOTS || !http->attempts[slot].has_ended)
		return false;
	struct attempt *attempt = &http->attempts[slot];
	long status = 0;
	curl_off_t retry_after_s = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(attempt->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	memset(result, 0, sizeof *result);
	result->outcome = outcome_of(attempt->outcome, status);
	result->status = (int)status;
	result->retry_after_s = retry_after_s > UINT32_MAX ? UINT32_MAX : (uint32_t)retry_after_s;
	if (result->outcome == HTTP_ANSWERED)
		snprintf(result->text, sizeof result->text, "HTTP status %ld", status);
	else
		set_text(result, attempt);
	reset(attempt);
	return true;
}

void http_cancel(struct http *http, unsigned slot)
{
	if (slot < HTTP_SLOTS)
		reset(&http->attempts[slot]);
}

unsigned http_busy(const struct http *http)
{
	unsigned busy = 0;
	for (size_t i = 0; i < HTTP_SLOTS; i++)
		busy += http->attempts[i].is_running || http->attempts[i].has_ended;
	return busy;
}

uint32_t http_timeout_ms(struct http *http, uint32_t max_ms)
{
	long timeout_ms = -1;
	curl_multi_timeout(http->multi, &timeout_ms);
	return timeout_ms < 0 || timeout_ms > (long)max_ms ? max_ms : (uint32_t)timeout_ms;
}

void http_wait(struct http *http, uint32_t max_ms, int wake_fd)
{
	struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
	int limit = max_ms > INT32_MAX ? INT32_MAX : (int)max_ms;
	curl_multi_poll(http->multi, &wake, wake_fd >= 0, limit, NULL);
}
