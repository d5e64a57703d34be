/* SPDX-License-Identifier: Apache-2.0 */
/* http_fuzz.c -- any bytes as a server's answer: the attempt ends, and is judged. It is made twice,
 * since the second one finds what the first has left.
 */
#include "core/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void remove_socket(void)
{
	unlink(address.sun_path);
}

static int make_listener(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/conprof-fuzz-%d.sock", getpid());
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4))
		abort();
	atexit(remove_socket);
	return fd;
}

/* Takes the connection, reads what has come, says the bytes and closes. */
static void serve(int listener, const uint8_t *bytes, size_t size)
{
	char request[4096];
	int peer = accept(listener, NULL, NULL);
	if (peer < 0)
		return;
	if (read(peer, request, sizeof request) >= 0 && send(peer, bytes, size, MSG_NOSIGNAL) >= 0)
		shutdown(peer, SHUT_WR);
	close(peer);
}

static void attempt(struct http *http, int listener, const uint8_t *bytes, size_t size)
{
	struct iovec body = {(void *)"x", 1};
	struct http_result result;
	struct http_request request = {.url = "http://localhost/x",
				       .socket_path = address.sun_path,
				       .content_type = "text/plain",
				       .body = &body,
				       .body_count = 1,
				       .timeout_ms = 200};
	if (http_begin(http, 0, &request))
		abort();
	while (!http_result(http, 0, &result)) {
		http_perform(http);
		serve(listener, bytes, size);
		http_wait(http, 1, -1);
	}
	if (verdict_of(&result) > VERDICT_REFUSED_FOR_NOW || !*verdict_text(&result))
		abort();
	for (const char *c = result.text; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct http *http;
	static int listener;

	if (!http) {
		listener = make_listener();
		http = http_create("0", NULL);
	}
	attempt(http, listener, bytes, size);
	attempt(http, listener, bytes, size);
	return 0;
}
