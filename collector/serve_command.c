/* SPDX-License-Identifier: Apache-2.0 */
/* serve_command.c -- conprofd without a command: it serves.
 *
 * The main thread opens everything, and then only waits for signals, which all other threads block.
 */
#include "collector/serve_command.h"

#include "collector/collector.h"
#include "collector/input.h"
#include "collector/journal.h"
#include "collector/local_store.h"
#include "collector/moment.h"
#include "collector/notify.h"
#include "collector/routes.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STOP_MS = 5000,
	PEM_MAX = 1 << 20,
	DESCRIPTORS = 16384,
	TRIM_S = 10,	       /* between two times that malloc gives back what is free */
	LARGE = 1 << 20,       /* bytes that malloc gives back as soon as they are freed */
	OWN_DESCRIPTORS = 256, /* for what is no connection */
};

struct pem {
	char *certificate, *key;
};

struct service {
	struct options options;
	struct collector collector;
	struct listener listeners[SERVER_LISTENERS_MAX];
	size_t listener_count;
	struct server *server;
	struct pem pem;
};

/* ---- addresses ----------------------------------------------------------------------------- */

/* A unix socket that cannot be had is worth a warning, as long as there is another address. */
static bool open_one(struct service *service, const char *address)
{
	char error[LISTENER_ERROR_SIZE];
	struct listener *listener = &service->listeners[service->listener_count];
	int status =
		listener_open(listener, address, (unsigned)service->options.socket_mode, error);
	if (!status) {
		service->listener_count++;
		return true;
	}
	if (strncmp(address, "unix:", 5) == 0) {
		journal(JOURNAL_WARNING,
			"%s; %s, or set --listen and the programs' CONPROF_URL to another path",
			error,
			status == -EADDRINUSE ? "end who has it, or remove what is there"
			: status == -ENOENT   ? "make its directory"
					      : "run as root");
		return true;
	}
	journal(JOURNAL_ERROR, "%s%s", error,
		status == -EADDRINUSE ? "; end who has it, or set --listen" : "");
	return false;
}

static bool open_listeners(struct service *service)
{
	char addresses[OPTIONS_TEXT_SIZE], *rest = NULL;
	strcpy(addresses, service->options.listen); /* of the same size */
	for (char *one = strtok_r(addresses, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest)) {
		if (service->listener_count == SERVER_LISTENERS_MAX) {
			journal(JOURNAL_ERROR, "more than %d addresses", SERVER_LISTENERS_MAX);
			return false;
		}
		if (!open_one(service, one))
			return false;
	}
	if (service->listener_count == 0)
		journal(JOURNAL_ERROR, "there is no address to listen on");
	return service->listener_count > 0;
}

static bool is_guarded(const struct service *service)
{
	for (size_t i = 0; i < service->listener_count; i++) {
		if (service->listeners[i].is_loopback || service->collector.guard ||
		    service->options.insecure)
			continue;
		journal(JOURNAL_ERROR,
			"%s can be reached by others: set --tokens, or --insecure if that is meant",
			service->listeners[i].address);
		return false;
	}
	return true;
}

/* ---- tokens and certificates --------------------------------------------------------------- */

static bool load_tokens(struct service *service)
{
	char error[GUARD_ERROR_SIZE];
	struct collector *collector = &service->collector;
	if (!*service->options.tokens)
		return true;
	struct guard *guard = guard_load(service->options.tokens, error);
	if (!guard) {
		journal(JOURNAL_ERROR, "%s", error);
		return false;
	}
	pthread_rwlock_wrlock(&collector->guard_lock);
	struct guard *old = collector->guard;
	collector->guard = guard;
	pthread_rwlock_unlock(&collector->guard_lock);
	guard_destroy(old);
	return true;
}

static bool read_pem(const char *path, char **text)
{
	uint8_t *bytes;
	size_t size;
	int error = input_read(path, PEM_MAX, &bytes, &size);
	if (error) {
		journal(JOURNAL_ERROR, "%s: %s", path, strerror(-error));
		return false;
	}
	*text = strndup((char *)bytes, size);
	free(bytes);
	return *text != NULL;
}

static void free_pem(struct pem *pem)
{
	free(pem->certificate);
	free(pem->key);
	*pem = (struct pem){0};
}

static bool read_certificates(const struct service *service, struct pem *pem)
{
	*pem = (struct pem){0};
	if (!*service->options.tls_certificate)
		return true;
	if (read_pem(service->options.tls_certificate, &pem->certificate) &&
	    read_pem(service->options.tls_key, &pem->key))
		return true;
	free_pem(pem);
	return false;
}

/* ---- begin and end ------------------------------------------------------------------------- */

static bool open_store(struct service *service)
{
	const struct options *options = &service->options;
	const struct local_store_options store_options = {
		.directory = options->data,
		.retention = options->retention,
		.queue_bytes = options->memory_max,
		.compact_ms = options->compact_ms,
		.inflated_max = options->inflated_max,
		.seed = service->collector.seed,
	};
	int error = local_store_open(&store_options, &service->collector.store);
	if (!error)
		return true;
	if (error == -EWOULDBLOCK)
		journal(JOURNAL_ERROR, "%s is used by another conprofd", options->data);
	else if (error == -ENOTEMPTY)
		journal(JOURNAL_ERROR,
			"%s holds what is not conprofd's; set --data to a directory of its own",
			options->data);
	else
		journal(JOURNAL_ERROR, "cannot use %s: %s; set --data", options->data,
			strerror(-error));
	return false;
}

/* What takes connections spins as long as there is no descriptor for one, so none is to come then.
 */
static unsigned most_connections(const struct service *service)
{
	const uint64_t wanted = service->options.connections;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return (unsigned)wanted;
	const uint64_t all = limit.rlim_cur;
	uint64_t room = all - (all / 2 < OWN_DESCRIPTORS ? all / 2 : OWN_DESCRIPTORS);
	room /= service->listener_count;
	if (wanted <= room)
		return (unsigned)wanted;
	journal(JOURNAL_WARNING,
		"at most %" PRIu64 " connections, as there are %" PRIu64 " descriptors", room, all);
	return (unsigned)room;
}

static bool start_server(struct service *service)
{
	const struct options *options = &service->options;
	const struct server_options server_options = {
		.collector = &service->collector,
		.resolve = routes_resolve,
		.listeners = service->listeners,
		.listener_count = service->listener_count,
		.threads = (unsigned)options->threads,
		.connections = most_connections(service),
		.connections_per_ip = (unsigned)options->connections_per_ip,
		.body_max = options->body_max,
		.memory_max = options->memory_max,
		.request_ms = options->request_ms,
		.least_rate = options->least_rate,
		.certificate = service->pem.certificate,
		.key = service->pem.key,
	};
	int error = server_start(&server_options, &service->server);
	if (error == -EINVAL && options->tls_certificate[0])
		journal(JOURNAL_ERROR,
			"cannot serve: %s is no certificate of the key in %s, or one is damaged",
			options->tls_certificate, options->tls_key);
	else if (error)
		journal(JOURNAL_ERROR, "cannot serve: %s", strerror(-error));
	service->collector.server = service->server;
	return error == 0;
}

static bool open_all(struct service *service)
{
	struct collector *collector = &service->collector;
	collector->options = &service->options;
	collector->began_ns = moment_now();
	if (getrandom(&collector->seed, sizeof collector->seed, 0) < 0)
		return false;
	collector->inspectors = inspectors_create(service->options.inflated_max);
	return collector->inspectors && load_tokens(service) &&
	       read_certificates(service, &service->pem) && open_listeners(service) &&
	       is_guarded(service) && open_store(service) && start_server(service);
}

/* What was taken is stored before the store closes. */
static void close_all(struct service *service)
{
	struct collector *collector = &service->collector;
	if (service->server)
		server_stop(service->server, STOP_MS);
	for (size_t i = 0; i < service->listener_count; i++)
		listener_close(&service->listeners[i]);
	if (collector->store)
		collector->store->engine->close(collector->store);
	inspectors_destroy(collector->inspectors);
	guard_destroy(collector->guard);
	free_pem(&service->pem);
}

static void reload_certificates(struct service *service)
{
	struct pem pem;
	if (!*service->options.tls_certificate || !read_certificates(service, &pem))
		return;
	int error = server_set_certificate(service->server, pem.certificate, pem.key, STOP_MS);
	if (error) {
		/* The server goes on with the old one, and has to find it. */
		journal(JOURNAL_ERROR,
			"%s cannot be used with the key in %s: %s; the old ones stay in use",
			service->options.tls_certificate, service->options.tls_key,
			error == -EINVAL ? "they do not belong together, or one is damaged"
					 : strerror(-error));
		server_set_certificate(service->server, service->pem.certificate, service->pem.key,
				       STOP_MS);
		free_pem(&pem);
		return;
	}
	free_pem(&service->pem);
	service->pem = pem;
	journal(JOURNAL_INFO, "certificate read again");
}

static void reload(struct service *service)
{
	if (*service->options.tokens)
		journal(JOURNAL_INFO,
			load_tokens(service) ? "tokens read again" : "the old tokens stay in use");
	reload_certificates(service);
}

/* Until it is told to end. What thousands of connections or large uploads have left in malloc's
 * arenas is between smaller pieces that are still used, and nobody else gives it back. */
static void wait_for_end(struct service *service, const sigset_t *signals)
{
	const struct timespec pause = {.tv_sec = TRIM_S};
	int number = 0;
	while (number <= 0 || number == SIGHUP) {
		number = sigtimedwait(signals, NULL, &pause);
		if (number == SIGHUP)
			reload(service);
		else if (number < 0)
			malloc_trim(0);
	}
}

static void run(struct service *service, const sigset_t *signals)
{
	for (size_t i = 0; i < service->listener_count; i++)
		journal(JOURNAL_INFO, "listening on %s", service->listeners[i].address);
	journal(JOURNAL_INFO, "keeping profiles in %s", service->options.data);
	notify("READY=1");
	wait_for_end(service, signals);
	notify("STOPPING=1");
	journal(JOURNAL_INFO, "ending");
}

/* SIGPIPE too is waited for by nobody: a connection that is gone is an error of write. */
static void block_signals(sigset_t *signals)
{
	sigset_t blocked;
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	blocked = *signals;
	sigaddset(&blocked, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

/* A connection is a descriptor, and shells allow 1024 of them where there may be many more. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		journal(JOURNAL_WARNING, "cannot have %d descriptors: %m", DESCRIPTORS);
}

int serve_command(int argc, char **argv)
{
	char error[OPTIONS_ERROR_SIZE];
	struct service service = {0};
	sigset_t signals;
	if (options_read(&service.options, argc, argv, error)) {
		fprintf(stderr, "conprofd: %s\nTry 'conprofd --help'.\n", error);
		return STATUS_USAGE;
	}
	journal_set_level((int)service.options.log_level);
	/* By itself it would learn from the largest piece that was ever freed to keep such ones. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	umask(0077);
	raise_descriptors();
	block_signals(&signals);
	pthread_rwlock_init(&service.collector.guard_lock, NULL);
	bool opened = open_all(&service);
	if (opened)
		run(&service, &signals);
	close_all(&service);
	pthread_rwlock_destroy(&service.collector.guard_lock);
	return opened ? 0 : STATUS_FAILED;
}
