/* SPDX-License-Identifier: Apache-2.0 */
/* clients.c -- the connections there are, and an end to those that take too long. */
#include "collector/clients.h"

#include "collector/figures.h"
#include "collector/moment.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
	LOOK_MS = 500,
	FIRST_MS = 15000, /* until the head of the first request is there */
	IDLE_MS = 75000,  /* until that of a later one is */
	GRACE_MS = 5000,  /* before the rate counts */
};

static int64_t now_ms(void)
{
	return moment_monotonic() / 1000000;
}

static bool is_below_rate(uint64_t bytes, int64_t elapsed_ms, uint64_t least_rate)
{
	return elapsed_ms > GRACE_MS &&
	       bytes < (uint64_t)(elapsed_ms - GRACE_MS) * least_rate / 1000;
}

bool client_is_slow(const struct client *client, const struct client_limits *limits, int64_t now)
{
	int64_t elapsed = now - client->since_ms;
	uint64_t bytes = client->bytes;
	int phase = client->phase;
	switch (phase) {
	case CLIENT_NEW:
		return elapsed > FIRST_MS;
	case CLIENT_IDLE:
		return elapsed > IDLE_MS;
	case CLIENT_RECEIVING:
		return elapsed > (int64_t)limits->request_ms ||
		       is_below_rate(bytes, elapsed, limits->least_rate);
	case CLIENT_SENDING:
		return elapsed > (int64_t)limits->request_ms +
					 (int64_t)(bytes * 1000 / (limits->least_rate + 1));
	default:
		return false;
	}
}

static void look(struct clients *clients)
{
	int64_t now = now_ms();
	for (struct client *client = clients->first; client; client = client->next) {
		if (!client_is_slow(client, &clients->limits, now))
			continue;
		/* Under the lock, and clients_remove takes it before the descriptor is closed. */
		shutdown(client->fd, SHUT_RDWR);
		client_enter(client, CLIENT_WORKING); /* once is enough */
		figure_add(FIGURE_slow_clients, 1);
	}
}

static void *look_for_ever(void *context)
{
	struct clients *clients = context;
	pthread_mutex_lock(&clients->lock);
	while (!clients->stop) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&clients->ending, &clients->lock, &until);
		look(clients);
	}
	pthread_mutex_unlock(&clients->lock);
	return NULL;
}

int clients_start(struct clients *clients, const struct client_limits *limits)
{
	pthread_condattr_t attributes;
	*clients = (struct clients){.limits = *limits};
	pthread_mutex_init(&clients->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&clients->ending, &attributes);
	pthread_condattr_destroy(&attributes);
	return -pthread_create(&clients->thread, NULL, look_for_ever, clients);
}

void clients_stop(struct clients *clients)
{
	pthread_mutex_lock(&clients->lock);
	clients->stop = true;
	pthread_cond_signal(&clients->ending);
	pthread_mutex_unlock(&clients->lock);
	pthread_join(clients->thread, NULL);
	pthread_cond_destroy(&clients->ending);
	pthread_mutex_destroy(&clients->lock);
}

void client_enter(struct client *client, enum client_phase phase)
{
	client->bytes = 0;
	client->since_ms = now_ms();
	client->phase = phase;
}

struct client *clients_add(struct clients *clients, int fd)
{
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		return NULL;
	client->fd = fd;
	client_enter(client, CLIENT_NEW);
	pthread_mutex_lock(&clients->lock);
	client->next = clients->first;
	if (client->next)
		client->next->previous = client;
	clients->first = client;
	pthread_mutex_unlock(&clients->lock);
	return client;
}

void clients_remove(struct clients *clients, struct client *client)
{
	if (!client)
		return;
	pthread_mutex_lock(&clients->lock);
	if (client->next)
		client->next->previous = client->previous;
	if (client->previous)
		client->previous->next = client->next;
	else
		clients->first = client->next;
	pthread_mutex_unlock(&clients->lock);
	free(client);
}
