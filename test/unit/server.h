/* SPDX-License-Identifier: Apache-2.0 */
/* server.h -- a small server in a child process, for tests: takes requests on a unix socket, keeps
 * the last one in a file, and answers, or misbehaves.
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum server_mode {
	SERVER_ANSWERS,	 /* says answer, keeps the connection */
	SERVER_CLOSES,	 /* says answer, closes the connection */
	SERVER_SILENT,	 /* accepts, reads nothing, says nothing */
	SERVER_RESETS,	 /* closes with the request unread */
	SERVER_ENDLESS,	 /* says answer for ever */
	SERVER_DRIBBLES, /* says answer, a byte each 100 ms */
	SERVER_LISTENS,	 /* does not even accept */
};

struct server {
	pid_t pid;
	char directory[64], path[96], request[96], count[96];
};

static uint64_t server_clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Reads one request and writes it to its file; -1 at the end of the connection. */
static int server_read(int peer, const struct server *server)
{
	static char bytes[8 << 20];
	size_t used = 0;
	size_t wanted = SIZE_MAX;
	while (used < wanted && used < sizeof bytes - 1) {
		ssize_t got = read(peer, bytes + used, sizeof bytes - 1 - used);
		if (got <= 0)
			return -1;
		used += (size_t)got;
		bytes[used] = 0;
		const char *end = strstr(bytes, "\r\n\r\n");
		const char *length = end ? strcasestr(bytes, "\r\ncontent-length:") : NULL;
		if (end)
			wanted = (size_t)(end + 4 - bytes) +
				 (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	FILE *file = fopen(server->request, "w");
	fwrite(bytes, 1, used, file);
	fclose(file);
	file = fopen(server->count, "a");
	fputc('.', file);
	fclose(file);
	return 0;
}

static void server_say(int peer, const char *text, size_t len)
{
	while (len) {
		ssize_t sent = send(peer, text, len, MSG_NOSIGNAL);
		if (sent < 0)
			_exit(0);
		text += sent;
		len -= (size_t)sent;
	}
}

static void server_serve(int peer, const struct server *server, enum server_mode mode,
			 const char *answer)
{
	if (mode == SERVER_SILENT)
		pause();
	if (mode == SERVER_RESETS)
		return;
	while (!server_read(peer, server)) {
		if (mode == SERVER_DRIBBLES)
			for (; *answer; answer++, usleep(100000))
				server_say(peer, answer, 1);
		do
			server_say(peer, answer, strlen(answer));
		while (mode == SERVER_ENDLESS);
		if (mode != SERVER_ANSWERS)
			return;
	}
}

/* Ends this child with its parent, even one that has gone already. */
static void server_die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

static void server_loop(int listener, const struct server *server, enum server_mode mode,
			const char *answer)
{
	pid_t self = getpid();
	signal(SIGCHLD, SIG_IGN);
	while (mode == SERVER_LISTENS)
		pause();
	for (;;) {
		int peer = accept(listener, NULL, NULL);
		if (peer >= 0 && !fork()) {
			server_die_with(self);
			close(listener);
			server_serve(peer, server, mode, answer);
			_exit(0);
		}
		close(peer);
	}
}

static void server_start(struct server *server, enum server_mode mode, const char *answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(server->directory, "/tmp/conprof-test-XXXXXX");
	if (!mkdtemp(server->directory))
		abort();
	snprintf(server->path, sizeof server->path, "%s/sock", server->directory);
	snprintf(server->request, sizeof server->request, "%s/request", server->directory);
	snprintf(server->count, sizeof server->count, "%s/count", server->directory);
	strcpy(address.sun_path, server->path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) ||
	    listen(listener, mode == SERVER_LISTENS ? 0 : 16))
		abort();
	pid_t self = getpid();
	server->pid = fork();
	if (!server->pid) {
		server_die_with(self);
		server_loop(listener, server, mode, answer);
		_exit(0);
	}
	close(listener);
}

static void server_stop(struct server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	unlink(server->path);
	unlink(server->request);
	unlink(server->count);
	rmdir(server->directory);
}

/* The whole of a file as a string from malloc; "" when there is none. */
static char *server_slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *bytes = calloc(1, 8 << 20);
	*size = file ? fread(bytes, 1, (8 << 20) - 1, file) : 0;
	if (file)
		fclose(file);
	return bytes;
}

/* Number of requests that were read whole. */
static inline size_t server_requests(const struct server *server)
{
	size_t size;
	free(server_slurp(server->count, &size));
	return size;
}
