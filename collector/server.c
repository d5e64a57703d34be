/* SPDX-License-Identifier: Apache-2.0 */
/* server.c -- HTTP: requests become exchanges, exchanges become answers, and everything is bounded.
 */
#include "collector/server.h"

#include "collector/body.h"
#include "collector/clients.h"
#include "collector/figures.h"
#include "collector/framing.h"
#include "collector/journal.h"
#include "collector/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTION_MEMORY = 32 << 10, /* for the head of a request */
	SILENCE_S = 60,		      /* without any byte */
	WAITING_MAX = 4096,	      /* requests of one lane */
	STOP_LOOK_MS = 20,
};

/* One address, for as long as its certificate holds. */
struct door {
	struct server *server;
	bool is_unix;
	struct MHD_Daemon *daemon;
	int fd;			   /* a copy of the listening socket */
	_Atomic uint64_t visits;   /* requests whose answer is not gone yet */
	_Atomic uint64_t sleeping; /* those of them that wait for a pool or the store */
};

struct server {
	struct server_options options;
	struct clients clients;
	struct pool *pools[SERVER_LANES]; /* none for SERVER_AT_ONCE */
	struct door *doors[SERVER_LISTENERS_MAX];
	atomic_bool stopping; /* what takes long is given up */
	struct body_budget budget;
	_Atomic uint64_t connections;
};

/* One request, from its first line to the last byte of its answer. */
struct visit {
	struct exchange exchange;
	struct pool_job job;
	struct server *server;
	struct door *door;
	struct MHD_Connection *connection;
	struct client *client;
	struct server_task task;
	struct body body;
	uint64_t discarded; /* bytes that came after it was refused */
	bool begun, waits, sleeps;
	int refused; /* -errno of the body, which is told when it is over */
};

/* ---- bodies -------------------------------------------------------------------------------- */

/* Libmicrohttpd takes no answer in the middle of a body, so a little more of it is read for
 * nothing; who goes on sending is cut off. */
static enum MHD_Result receive(struct visit *visit, const char *bytes, size_t size)
{
	struct server *server = visit->server;
	visit->client->bytes += size;
	if (!visit->refused)
		visit->refused = body_append(&visit->body, &server->budget, bytes, size);
	if (!visit->refused)
		return MHD_YES;
	body_drop(&visit->body, &server->budget);
	visit->discarded += size;
	return visit->discarded > server->options.body_max ? MHD_NO : MHD_YES;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void count_answer(unsigned status)
{
	if (status == EXCHANGE_UNAVAILABLE)
		figure_add(FIGURE_overloads, 1);
	else if (status == EXCHANGE_TOO_LARGE)
		figure_add(FIGURE_too_large, 1);
	else if (status == EXCHANGE_UNAUTHORIZED || status == EXCHANGE_FORBIDDEN)
		figure_add(FIGURE_unauthorized, 1);
}

static void add_headers(struct MHD_Response *response, const struct exchange *exchange)
{
	char text[600];
	if (exchange->answer_type && exchange->answer_size)
		MHD_add_response_header(response, "Content-Type", exchange->answer_type);
	if (exchange->file_name) {
		snprintf(text, sizeof text, "attachment; filename=\"%s\"", exchange->file_name);
		MHD_add_response_header(response, "Content-Disposition", text);
	}
	if (exchange->status == EXCHANGE_UNAVAILABLE)
		MHD_add_response_header(response, "Retry-After", "1"); /* second */
	if (exchange->status == EXCHANGE_UNAUTHORIZED)
		MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"conprofd\"");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result send_answer(struct visit *visit)
{
	struct exchange *exchange = &visit->exchange;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		exchange->answer_size, exchange->answer, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	exchange->answer = NULL;
	add_headers(response, exchange);
	count_answer(exchange->status);
	client_enter(visit->client, CLIENT_SENDING);
	visit->client->bytes = exchange->answer_size;
	enum MHD_Result queued = MHD_queue_response(visit->connection, exchange->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* An answer that is ready, from whatever thread. */
static void finish(struct exchange *exchange)
{
	struct visit *visit = (struct visit *)exchange; /* its first member */
	body_drop(&visit->body, &visit->server->budget);
	if (visit->waits)
		MHD_resume_connection(visit->connection);
}

static bool is_gone(struct exchange *exchange)
{
	const struct visit *visit = (struct visit *)exchange;
	struct pollfd poll_fd = {.fd = visit->client->fd, .events = POLLRDHUP};
	if (visit->server->stopping)
		return true;
	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* ---- requests ------------------------------------------------------------------------------ */

static char *header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
	return strdup(value ? value : "");
}

/* What is before the body, and what it is refused for already. */
static void begin(struct visit *visit, const char *method)
{
	struct exchange *exchange = &visit->exchange;
	exchange->method = strcmp(method, "HEAD") == 0	 ? "GET"
			   : strcmp(method, "POST") == 0 ? "POST"
			   : strcmp(method, "GET") == 0	 ? "GET"
							 : "";
	exchange->content_type = header(visit->connection, "Content-Type");
	exchange->authorization = header(visit->connection, "Authorization");
	exchange->api_key = header(visit->connection, "DD-API-KEY");
	if (!exchange->content_type || !exchange->authorization || !exchange->api_key) {
		exchange_fail(exchange, -ENOMEM);
		return;
	}
	if (!framing_is_clear(visit->connection)) {
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "it is not clear where it ends");
		return;
	}
	const char *length =
		MHD_lookup_connection_value(visit->connection, MHD_HEADER_KIND, "Content-Length");
	if (length && strtoull(length, NULL, 10) > visit->server->options.body_max) {
		exchange_refuse(exchange, EXCHANGE_TOO_LARGE, "more than %llu bytes (--body-max)",
				(unsigned long long)visit->server->options.body_max);
		return;
	}
	if (visit->server->options.resolve(exchange, &visit->task))
		client_enter(visit->client, CLIENT_RECEIVING);
}

static void wake(struct visit *visit)
{
	visit->door->sleeping -= visit->sleeps;
	visit->sleeps = false;
}

static void run(struct pool_job *job)
{
	struct visit *visit = (struct visit *)((char *)job - offsetof(struct visit, job));
	visit->task.run(&visit->exchange);
}

/* The request is whole. */
static enum MHD_Result work(struct visit *visit)
{
	struct exchange *exchange = &visit->exchange;
	client_enter(visit->client, CLIENT_WORKING);
	exchange->body = visit->body.bytes;
	exchange->body_size = visit->body.size;
	if (visit->refused == -EFBIG)
		exchange_refuse(exchange, EXCHANGE_TOO_LARGE, "more than %llu bytes (--body-max)",
				(unsigned long long)visit->server->options.body_max);
	else if (visit->refused)
		exchange_fail(exchange, visit->refused);
	else if (visit->task.lane == SERVER_AT_ONCE)
		visit->task.run(exchange);
	if (exchange->status)
		return send_answer(visit);
	/* Before it is handed over: the answer may be there at once. */
	visit->waits = true;
	visit->job.run = run;
	visit->sleeps = true;
	visit->door->sleeping++;
	MHD_suspend_connection(visit->connection);
	if (!pool_submit(visit->server->pools[visit->task.lane], &visit->job))
		exchange_fail(exchange, -EBUSY);
	return MHD_YES;
}

/* [http]   Called by libmicrohttpd when the head is there, for each piece of the body, at its end,
 * and when a connection that slept goes on. */
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd gives so many arguments */
static enum MHD_Result access_handler(void *context, struct MHD_Connection *connection,
				      const char *url, const char *method, const char *version,
				      const char *upload, size_t *upload_size, void **state)
{
	struct visit *visit = *state;
	(void)context;
	(void)url;
	(void)version;
	if (!visit)
		return MHD_NO;
	if (!visit->begun) {
		visit->begun = true;
		visit->connection = connection;
		begin(visit, method);
		return visit->exchange.status ? send_answer(visit) : MHD_YES;
	}
	if (visit->waits) {
		wake(visit);
		return send_answer(visit);
	}
	if (*upload_size == 0)
		return work(visit);
	enum MHD_Result result = receive(visit, upload, *upload_size);
	*upload_size = 0;
	return result;
}

/* The path as it was sent: ids may hold a +, and what is behind the ? is read by us. */
static bool take_target(struct exchange *exchange, const char *uri)
{
	const char *scheme = strstr(uri, "://");
	if (*uri != '/' && scheme)
		uri = strchrnul(scheme + 3, '/');
	size_t len = strcspn(uri, "?#");
	const char *query = uri[len] == '?' ? uri + len + 1 : NULL;
	while (len > 1 && uri[len - 1] == '/')
		len--;
	exchange->path = strndup(uri, len);
	return exchange->path && !query_parse(&exchange->query, query);
}

static void drop_visit(struct visit *visit)
{
	if (!visit)
		return;
	visit->client->visit = NULL;
	wake(visit);
	body_drop(&visit->body, &visit->server->budget);
	visit->door->visits--;
	exchange_clear(&visit->exchange);
	free(visit);
}

/* [http]   The first thing that is known of a request. What it returns is its state. */
static void *note_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct door *door = context;
	struct client *client =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	struct visit *visit = client ? calloc(1, sizeof *visit) : NULL;
	if (!visit)
		return NULL;
	/* As of 0.9.75 a request whose head does not fit is begun twice and ended once. */
	drop_visit(client->visit);
	client->visit = visit;
	*visit = (struct visit){.client = client, .server = door->server, .door = door};
	visit->exchange.is_local = door->is_unix;
	visit->exchange.collector = door->server->options.collector;
	visit->exchange.finish = finish;
	visit->exchange.is_gone = is_gone;
	figure_add(FIGURE_requests, 1);
	door->visits++;
	if (take_target(&visit->exchange, uri))
		return visit;
	drop_visit(visit);
	return NULL;
}

/* [http] */
static void end_visit(void *context, struct MHD_Connection *connection, void **state,
		      enum MHD_RequestTerminationCode code)
{
	struct visit *visit = *state;
	(void)context;
	(void)connection;
	(void)code;
	*state = NULL;
	if (visit)
		client_enter(visit->client, CLIENT_IDLE);
	drop_visit(visit);
}

/* [http] */
static void note_connection(void *context, struct MHD_Connection *connection, void **state,
			    enum MHD_ConnectionNotificationCode code)
{
	struct door *door = context;
	struct server *server = door->server;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;
		*state = clients_add(&server->clients, fd);
		server->connections++;
	} else {
		struct client *client = *state;
		drop_visit(client ? client->visit : NULL);
		clients_remove(&server->clients, client);
		server->connections--;
	}
}

/* ---- begin and end ------------------------------------------------------------------------- */

static void log_line(void *context, const char *format, va_list arguments)
{
	char line[512];
	(void)context;
	vsnprintf(line, sizeof line, format, arguments);
	line[strcspn(line, "\n")] = '\0';
	journal(JOURNAL_DEBUG, "http: %s", line);
}

static struct MHD_Daemon *start_daemon(const struct server_options *options, struct door *door)
{
	bool secure = options->certificate && !door->is_unix;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (secure ? MHD_USE_TLS : 0);
	unsigned threads = door->is_unix || options->threads < 2 ? 1 : options->threads;
	struct MHD_OptionItem items[] = {
		{threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem tls[] = {
		{secure ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
		 (void *)options->certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key},
		{MHD_OPTION_END, 0, NULL},
	};
	return MHD_start_daemon(
		flags, 0, NULL, NULL, access_handler, door, MHD_OPTION_EXTERNAL_LOGGER, log_line,
		NULL, MHD_OPTION_LISTEN_SOCKET, door->fd, MHD_OPTION_CONNECTION_LIMIT,
		options->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		options->connections_per_ip, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_URI_LOG_CALLBACK, note_uri, door, MHD_OPTION_NOTIFY_COMPLETED, end_visit,
		door, MHD_OPTION_NOTIFY_CONNECTION, note_connection, door, MHD_OPTION_ARRAY, items,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static struct door *open_door(struct server *server, const struct listener *listener)
{
	struct door *door = calloc(1, sizeof *door);
	if (!door)
		return NULL;
	door->server = server;
	door->is_unix = listener->is_unix;
	door->fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
	errno = 0;
	door->daemon = door->fd < 0 ? NULL : start_daemon(&server->options, door);
	if (door->daemon)
		return door;
	/* A certificate that is none. As of 0.9.75 the copy has been closed then. */
	errno = errno ? errno : EINVAL;
	free(door);
	return NULL;
}

static int open_doors(struct server *server)
{
	for (size_t i = 0; i < server->options.listener_count; i++) {
		server->doors[i] = open_door(server, &server->options.listeners[i]);
		if (!server->doors[i])
			return -errno;
	}
	return 0;
}

/* Requests that are still being sent get their time; those that we are at are always finished, as
 * nobody else may take their connections away. */
static void wait_for_visits(const struct door *door, unsigned *grace_ms)
{
	const struct timespec moment = {.tv_nsec = STOP_LOOK_MS * 1000000L};
	while (door->sleeping || (door->visits && *grace_ms)) {
		nanosleep(&moment, NULL);
		*grace_ms -= *grace_ms < STOP_LOOK_MS ? *grace_ms : STOP_LOOK_MS;
	}
}

/* Takes no more connections. */
static void shut_door(struct door *door)
{
	MHD_quiesce_daemon(door->daemon);
	close(door->fd);
}

static void close_door(struct door *door)
{
	MHD_stop_daemon(door->daemon);
	free(door);
}

int server_start(const struct server_options *options, struct server **server_out)
{
	const struct client_limits limits = {options->request_ms, options->least_rate};
	struct server *server = calloc(1, sizeof *server);
	if (!server)
		return -ENOMEM;
	server->options = *options;
	server->budget.all_max = options->memory_max;
	server->budget.one_max = options->body_max;
	int error = clients_start(&server->clients, &limits);
	if (error) {
		free(server);
		return error;
	}
	for (size_t i = SERVER_INGEST; i < SERVER_LANES && !error; i++) {
		server->pools[i] = pool_create(options->threads, WAITING_MAX);
		error = server->pools[i] ? 0 : -errno;
	}
	if (!error)
		error = open_doors(server);
	if (error)
		server_stop(server, 0);
	else
		*server_out = server;
	return error;
}

void server_stop(struct server *server, unsigned grace_ms)
{
	size_t count = 0;
	server->stopping = true;
	while (count < SERVER_LISTENERS_MAX && server->doors[count])
		count++;
	/* The listening sockets are their owner's; they are only not accepted from any more. */
	for (size_t i = 0; i < count; i++)
		shut_door(server->doors[i]);
	for (size_t i = 0; i < count; i++)
		wait_for_visits(server->doors[i], &grace_ms);
	for (size_t i = 0; i < SERVER_LANES; i++)
		pool_destroy(server->pools[i]);
	for (size_t i = 0; i < count; i++)
		close_door(server->doors[i]);
	clients_stop(&server->clients);
	free(server);
}

int server_set_certificate(struct server *server, const char *certificate, const char *key,
			   unsigned grace_ms)
{
	server->options.certificate = certificate;
	server->options.key = key;
	for (size_t i = 0; i < server->options.listener_count; i++) {
		if (server->options.listeners[i].is_unix)
			continue;
		/* Two doors for a while, so that nobody stands before none. */
		struct door *old = server->doors[i];
		struct door *door = open_door(server, &server->options.listeners[i]);
		if (!door)
			return -errno;
		server->doors[i] = door;
		unsigned grace = grace_ms;
		shut_door(old);
		wait_for_visits(old, &grace);
		close_door(old);
	}
	return 0;
}

void server_load(struct server *server, uint64_t *bytes, uint64_t *connections)
{
	*bytes = server->budget.bytes;
	*connections = server->connections;
}
