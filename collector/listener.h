/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h -- the addresses that conprofd listens on: unix:///path, host:port, [host]:port. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	LISTENER_ERROR_SIZE = 512,
};

struct listener {
	int fd;
	bool is_unix;
	bool is_loopback;  /* nobody else's machine can reach it; true for unix sockets */
	char *path;	   /* of a unix socket, removed by listener_close */
	char address[256]; /* as it is now: the port is the one that the kernel chose for port 0 */
};

/* [any]    Begins to listen. A unix socket gets that mode, and takes the place of one that nobody
 *          listens on. tcp:// and http:// before a host are fine. 0; -errno, and error says why
 *          in one line. */
int listener_open(struct listener *, const char *address, unsigned mode,
		  char error[LISTENER_ERROR_SIZE]);
/* [any]    Ends it; fd -1 is fine. */
void listener_close(struct listener *);
