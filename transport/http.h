/* SPDX-License-Identifier: Apache-2.0 */
/* http.h -- POST requests that never block: one libcurl multi handle and a few slots.
 *
 * A slot holds at most one attempt. http_perform moves all of them forward, http_result hands
 * over the one that has ended. No redirect is followed, no proxy used, no environment read, no
 * answer kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	HTTP_SLOTS = 8,
	HTTP_ANSWER_MAX = 64 << 10, /* bytes of headers, and of body, that an answer may have */
	HTTP_TEXT_SIZE = 192,
};

struct http;

struct http_request {
	const char *url;
	const char *socket_path;     /* unix socket to connect to, or NULL */
	const char *user, *password; /* both set and not empty: HTTP Basic */
	const char *content_type;
	const struct iovec *body; /* not copied: must stay until the attempt has ended */
	size_t body_count;
	uint32_t timeout_ms; /* of the whole attempt */
};

enum http_outcome {
	HTTP_ANSWERED, /* status is what the server said, whatever happened afterwards */
	HTTP_FAILED,   /* no answer: text says why */
	HTTP_TIMEOUT,  /* no answer in time */
	HTTP_NOT_HTTP, /* an answer, but not HTTP */
};

struct http_result {
	enum http_outcome outcome;
	int status;		   /* of HTTP_ANSWERED */
	uint32_t retry_after_s;	   /* what the server asked for, 0 when nothing */
	char text[HTTP_TEXT_SIZE]; /* one printable line; holds no credentials */
};

/* [worker] User-Agent is conprof/version. ca_file: the bundle that https servers are checked
 * against, NULL for the system's. NULL without memory. */
struct http *http_create(const char *version, const char *ca_file);
/* [worker] Breaks off what is under way and gives everything back; NULL is harmless. */
void http_destroy(struct http *);
/* [worker] Starts an attempt in a free slot. 0, -EBUSY, -EINVAL for a slot or timeout that cannot
 * be, -ENOMEM. */
int http_begin(struct http *, unsigned slot, const struct http_request *);
/* [worker] Moves every attempt forward; does not wait. */
void http_perform(struct http *);
/* [worker] True once for each attempt that has ended; its slot is free then. */
bool http_result(struct http *, unsigned slot, struct http_result *);
/* [worker] Breaks the attempt in this slot off, without a result; harmless when there is none. */
void http_cancel(struct http *, unsigned slot);
/* [worker] Number of attempts begun whose result was not taken. */
unsigned http_busy(const struct http *);
/* [worker] Milliseconds after which http_perform wants to run even if no socket stirs, at most
 * max_ms. */
uint32_t http_timeout_ms(struct http *, uint32_t max_ms);
/* [worker] Sleeps until a socket stirs, wake_fd (unless -1) is readable, or max_ms have passed. */
void http_wait(struct http *, uint32_t max_ms, int wake_fd);
