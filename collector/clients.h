/* SPDX-License-Identifier: Apache-2.0 */
/* clients.h -- the connections there are, and an end to those that take too long.
 *
 * libmicrohttpd only knows a time without any byte; a client that sends one each second would stay
 * for ever. So a thread looks at all connections twice a second: at how long it took to send a
 * request, and at how fast its body comes. One that is too slow is shut down, and the server's
 * own thread then sees it closed.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum client_phase {
	CLIENT_NEW,	  /* nothing was asked yet */
	CLIENT_IDLE,	  /* between two requests */
	CLIENT_RECEIVING, /* a body comes */
	CLIENT_WORKING,	  /* it waits for us */
	CLIENT_SENDING,	  /* an answer goes */
};

struct visit;

struct client {
	int fd;
	struct visit *visit;	  /* what it asks; the server's */
	atomic_int phase;	  /* enum client_phase */
	_Atomic int64_t since_ms; /* monotonic; when the phase began */
	_Atomic uint64_t bytes;	  /* received, or to be sent, in this phase */
	struct client *next, *previous;
};

struct client_limits {
	uint64_t request_ms; /* a whole request, or answer, at the least rate and more */
	uint64_t least_rate; /* bytes per second */
};

struct clients {
	pthread_mutex_t lock;
	pthread_cond_t ending;
	struct client *first;
	struct client_limits limits;
	bool stop;
	pthread_t thread;
};

/* [any]    Begins to look. 0, -errno. */
int clients_start(struct clients *, const struct client_limits *);
/* [any]    Ends the thread. */
void clients_stop(struct clients *);
/* [http]   A connection is there; NULL without memory. */
struct client *clients_add(struct clients *, int fd);
/* [http]   It is about to be closed; NULL is fine. */
void clients_remove(struct clients *, struct client *);
/* [any]    What it does from now on. */
void client_enter(struct client *, enum client_phase);
/* [any]    Whether it took too long at now_ms: what the thread decides by. */
bool client_is_slow(const struct client *, const struct client_limits *, int64_t now_ms);
