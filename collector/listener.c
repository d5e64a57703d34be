/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c -- the addresses that conprofd listens on: unix:///path, host:port, [host]:port. */
#include "collector/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 4096, /* a flood fills less, and others wait a second when it is full */
};

static int complain(char error[LISTENER_ERROR_SIZE], const char *address, int code)
{
	snprintf(error, LISTENER_ERROR_SIZE, "cannot listen on %s: %s", address, strerror(code));
	return -code;
}

/* ---- unix sockets -------------------------------------------------------------------------- */

/* Whether somebody answers there. */
static bool is_alive(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = fd >= 0 &&
		     (!connect(fd, (const struct sockaddr *)name, sizeof *name) || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return alive;
}

static int bind_unix(int fd, const struct sockaddr_un *name)
{
	struct stat status;
	if (!bind(fd, (const struct sockaddr *)name, sizeof *name))
		return 0;
	/* A process that was killed leaves its socket behind. */
	if (errno == EADDRINUSE && !lstat(name->sun_path, &status) && S_ISSOCK(status.st_mode) &&
	    !is_alive(name) && !unlink(name->sun_path) &&
	    !bind(fd, (const struct sockaddr *)name, sizeof *name))
		return 0;
	return -errno;
}

/* Only the last directory is made: /var/run/blackfire is nobody else's to make. 0, -errno. */
static int make_parent(const char *path)
{
	char parent[sizeof((struct sockaddr_un *)0)->sun_path];
	snprintf(parent, sizeof parent, "%s", path);
	char *slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return 0;
	*slash = '\0';
	if (mkdir(parent, 0755))
		return errno == EEXIST ? 0 : -errno;
	/* Who may connect is said by the socket's own mode. */
	return chmod(parent, 0755) ? -errno : 0;
}

static int open_unix(struct listener *listener, const char *path, unsigned mode)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof name.sun_path)
		return -ENAMETOOLONG;
	strcpy(name.sun_path, path); /* its length was checked */
	int made = make_parent(path);
	listener->is_unix = listener->is_loopback = true;
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return -errno;
	int error = bind_unix(listener->fd, &name);
	if (error) /* rather why there is no directory than that there is none */
		return error == -ENOENT && made ? made : error;
	listener->path = strdup(path);
	if (!listener->path)
		return -ENOMEM;
	return chmod(path, mode) || listen(listener->fd, BACKLOG) ? -errno : 0;
}

/* ---- TCP ----------------------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr *name)
{
	if (name->sa_family == AF_INET) {
		const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)name;
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	}
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)name;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static void note_address(struct listener *listener)
{
	struct sockaddr_storage name = {0};
	socklen_t len = sizeof name;
	char host[128], port[16];
	if (getsockname(listener->fd, (struct sockaddr *)&name, &len) ||
	    getnameinfo((struct sockaddr *)&name, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		return;
	snprintf(listener->address, sizeof listener->address,
		 name.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int open_found(struct listener *listener, const struct addrinfo *found)
{
	int on = 1;
	listener->is_loopback = is_loopback(found->ai_addr);
	listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0 ||
	    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(listener->fd, found->ai_addr, found->ai_addrlen) || listen(listener->fd, BACKLOG))
		return -errno;
	note_address(listener);
	return 0;
}

/* "host:port", "[host]:port", ":port" into two; false when it is none of them. */
static bool split(const char *text, char host[256], char port[32])
{
	const char *colon = strrchr(text, ':');
	if (!colon || strlen(text) >= 256 || strlen(colon + 1) >= 32 || !colon[1])
		return false;
	/* getaddrinfo would take what is left of 99999 in 16 bits. */
	if (strtoul(colon + 1, NULL, 10) > UINT16_MAX)
		return false;
	snprintf(host, 256, "%.*s", (int)(colon - text), text);
	snprintf(port, 32, "%s", colon + 1);
	size_t len = strlen(host);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	return true;
}

static int open_tcp(struct listener *listener, const char *text, char error[LISTENER_ERROR_SIZE])
{
	char host[256], port[32];
	struct addrinfo *found;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	if (!split(text, host, port)) {
		snprintf(error, LISTENER_ERROR_SIZE,
			 "cannot listen on %s: it is neither unix:///path nor host:port, a port "
			 "being at most 65535",
			 text);
		return -EINVAL;
	}
	int code = getaddrinfo(*host ? host : NULL, port, &hints, &found);
	if (code) {
		snprintf(error, LISTENER_ERROR_SIZE, "cannot listen on %s: %s", text,
			 gai_strerror(code));
		return -EINVAL;
	}
	int status = open_found(listener, found);
	freeaddrinfo(found);
	return status ? complain(error, text, -status) : 0;
}

int listener_open(struct listener *listener, const char *address, unsigned mode,
		  char error[LISTENER_ERROR_SIZE])
{
	static const char unix_scheme[] = "unix://";
	static const char *const schemes[] = {"tcp://", "http://"};
	*listener = (struct listener){.fd = -1};
	snprintf(listener->address, sizeof listener->address, "%s", address);
	int status;
	if (!strncmp(address, unix_scheme, sizeof unix_scheme - 1)) {
		status = open_unix(listener, address + sizeof unix_scheme - 1, mode);
		if (status)
			complain(error, address, -status);
	} else {
		const char *text = address;
		for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
			if (!strncmp(address, schemes[i], strlen(schemes[i])))
				text = address + strlen(schemes[i]);
		status = open_tcp(listener, text, error);
	}
	if (status)
		listener_close(listener);
	return status;
}

void listener_close(struct listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->path)
		unlink(listener->path);
	free(listener->path);
	listener->path = NULL;
	listener->fd = -1;
}
