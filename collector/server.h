/* SPDX-License-Identifier: Apache-2.0 */
/* server.h -- HTTP: requests become exchanges, exchanges become answers, and everything is bounded.
 *
 * libmicrohttpd's threads only move bytes. A request that is whole is handed to the pool of its
 * lane, so that a slow query never keeps an upload waiting; the connection sleeps until the
 * exchange is answered. Bounded are: connections, connections per address, the size of a body, the
 * bytes of all bodies that are here at once, the requests that wait, and the time that a client
 * may take. What is beyond is refused, never kept.
 */
#pragma once

#include "collector/exchange.h"
#include "collector/listener.h"

enum {
	SERVER_LISTENERS_MAX = 8,
};

/* What takes long does not keep the others waiting. */
enum server_lane { SERVER_AT_ONCE, SERVER_INGEST, SERVER_QUERY, SERVER_MERGE, SERVER_LANES };

struct server_task {
	enum server_lane lane;
	void (*run)(struct exchange *);
};

struct server_options {
	struct collector *collector;
	/* Says by method, path and headers what is to be done; or false, and the exchange has been
	 * answered. Called before the body is there. */
	bool (*resolve)(struct exchange *, struct server_task *);
	const struct listener *listeners; /* stay the caller's */
	size_t listener_count;
	unsigned threads;			  /* of each lane, and for connections */
	unsigned connections, connections_per_ip; /* of each listener */
	uint64_t body_max;			  /* of one request */
	uint64_t memory_max;			  /* of all bodies together */
	uint64_t request_ms, least_rate;	  /* see clients.h */
	const char *certificate, *key;		  /* PEM texts for TLS on TCP; NULL: none */
};

struct server;

/* [any]    Begins to serve. 0 and *server, or -errno. */
int server_start(const struct server_options *, struct server **);
/* [any]    Takes no more connections, answers what has been asked, at most grace_ms long, and
 *          ends. */
void server_stop(struct server *, unsigned grace_ms);
/* [main]   Another certificate and key, which have to stay, for all TCP connections from now on;
 *          requests on older ones are answered, within grace_ms, before those are closed. 0, or
 *          -errno: then the addresses that were not reached yet keep the old one. */
int server_set_certificate(struct server *, const char *certificate, const char *key,
			   unsigned grace_ms);
/* [any]    Bytes of bodies that are here now, and the connections. */
void server_load(struct server *, uint64_t *bytes, uint64_t *connections);
