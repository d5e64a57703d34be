/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c -- which request is answered by whom, and who may ask. */
#include "collector/routes.h"

#include "collector/agent_api.h"
#include "collector/collector.h"
#include "collector/diff_api.h"
#include "collector/explore_api.h"
#include "collector/profefe_api.h"
#include "collector/pyroscope_api.h"
#include "collector/query_names.h"
#include "collector/series_api.h"
#include "collector/status_api.h"
#include "collector/text.h"

#include <string.h>

struct route {
	const char *method, *path; /* a path that ends with / is the beginning of one */
	enum guard_scope scope;
	enum server_lane lane;
	void (*run)(struct exchange *);
	const struct query_names *names; /* of its parameters; NULL: they may have any */
};

#define CHOICE "service, type, labels, selector, from, to"
#define FORM   "format, nodes, sample_type"
#define BASE                                                                                    \
	"base_service, base_type, base_labels, base_selector, base_from, base_to, base_limit, " \
	"base_ids"

/* Of profefe's addresses, and of our own. */
static const struct query_names of_list = {CHOICE ", limit", false};
static const struct query_names of_merge = {CHOICE ", limit, " FORM, false};
static const struct query_names of_profile = {FORM, false};
static const struct query_names of_services = {CHOICE, false};
static const struct query_names of_names = {CHOICE, true};
static const struct query_names of_diff = {CHOICE ", limit, ids, " BASE ", mode, " FORM, true};
static const struct query_names of_series = {CHOICE ", sample_type, step, group_by", true};

/* The first that fits. */
static const struct route routes[] = {
	{"POST", "/api/0/profiles", GUARD_INGEST, SERVER_INGEST, profefe_create, NULL},
	{"POST", "/api/0/profile", GUARD_INGEST, SERVER_INGEST, profefe_create_old, NULL},
	{"POST", "/profiling/v1/input", GUARD_INGEST, SERVER_INGEST, agent_input, NULL},
	{"POST", "/ingest", GUARD_INGEST, SERVER_INGEST, pyroscope_ingest, NULL},
	{"POST", "/pyroscope/ingest", GUARD_INGEST, SERVER_INGEST, pyroscope_ingest, NULL},
	{"GET", "/api/0/profiles", GUARD_QUERY, SERVER_QUERY, profefe_list, &of_list},
	{"GET", "/api/0/profile", GUARD_QUERY, SERVER_MERGE, profefe_merge_old, &of_merge},
	{"GET", "/api/0/profiles/merge", GUARD_QUERY, SERVER_MERGE, profefe_merge, &of_merge},
	{"GET", "/api/0/profiles/diff", GUARD_QUERY, SERVER_MERGE, diff_get, &of_diff},
	{"GET", "/api/0/profiles/", GUARD_QUERY, SERVER_MERGE, profefe_get, &of_profile},
	{"GET", "/api/0/services", GUARD_QUERY, SERVER_QUERY, explore_services, &of_services},
	{"GET", "/api/0/types", GUARD_QUERY, SERVER_QUERY, explore_types, &of_names},
	{"GET", "/api/0/labels", GUARD_QUERY, SERVER_QUERY, explore_labels, &of_names},
	{"GET", "/api/0/labels/", GUARD_QUERY, SERVER_QUERY, explore_values, &of_names},
	{"GET", "/api/0/series", GUARD_QUERY, SERVER_QUERY, series_get, &of_series},
	{"GET", "/api/0/status", GUARD_ADMIN, SERVER_QUERY, status_overview, NULL},
	{"GET", "/api/0/version", GUARD_QUERY, SERVER_AT_ONCE, profefe_version, NULL},
	{"GET", "/healthz", GUARD_NONE, SERVER_AT_ONCE, status_health, NULL},
	{"GET", "/readyz", GUARD_NONE, SERVER_AT_ONCE, status_ready, NULL},
	{"GET", "/metrics", GUARD_OVERVIEW, SERVER_QUERY, status_metrics, NULL},
};

static bool fits(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);
	return route->path[len - 1] == '/' ? !strncmp(path, route->path, len)
					   : !strcmp(path, route->path);
}

static const struct route *find(const struct exchange *exchange, bool *is_path)
{
	*is_path = false;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!fits(&routes[i], exchange->path))
			continue;
		*is_path = true;
		if (!strcmp(routes[i].method, exchange->method))
			return &routes[i];
	}
	return NULL;
}

/* In profefe's words, but not as what is asked for and not stored. */
static void refuse_address(struct exchange *exchange)
{
	struct text list = {0};
	const char *between = "";
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].method, "GET") != 0)
			continue;
		text_printf(&list, "%s%s", between, routes[i].path);
		between = ", ";
	}
	exchange_refuse(exchange, EXCHANGE_NOT_FOUND,
			"nothing found: there is no such address; to GET there are %s",
			list.at ? list.at : "");
	text_clear(&list);
}

static enum guard_verdict may(struct exchange *exchange, enum guard_scope scope)
{
	struct collector *collector = exchange->collector;
	enum guard_verdict verdict = GUARD_GRANTED;
	/* Who may write to the unix socket is said by its permissions. */
	if (scope == GUARD_NONE || (scope == GUARD_INGEST && exchange->is_local))
		return verdict;
	pthread_rwlock_rdlock(&collector->guard_lock);
	if (collector->guard)
		verdict = guard_check(collector->guard, exchange->authorization, exchange->api_key,
				      scope, &exchange->tenant);
	pthread_rwlock_unlock(&collector->guard_lock);
	return verdict;
}

static void check_query(struct exchange *exchange, const struct route *route)
{
	char why[QUERY_NAMES_ERROR_SIZE];
	if (exchange->query.has_nul)
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST,
				"bad request: there is a NUL in the query");
	else if (route->names && query_names_check(route->names, &exchange->query, why))
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
}

bool routes_resolve(struct exchange *exchange, struct server_task *task)
{
	bool is_path;
	const struct route *route = find(exchange, &is_path);
	if (!route) {
		if (is_path)
			exchange_refuse(exchange, EXCHANGE_METHOD_NOT_ALLOWED,
					"method not allowed");
		else
			refuse_address(exchange);
		return false;
	}
	enum guard_verdict verdict = may(exchange, route->scope);
	if (verdict == GUARD_UNKNOWN)
		exchange_refuse(exchange, EXCHANGE_UNAUTHORIZED,
				*exchange->authorization || *exchange->api_key
					? "this token is not known"
					: "a token is needed");
	else if (verdict == GUARD_FORBIDDEN)
		exchange_refuse(exchange, EXCHANGE_FORBIDDEN, "this token may not do that");
	else
		check_query(exchange, route);
	exchange->is_for_everybody = verdict == GUARD_GRANTED && !exchange->tenant;
	*task = (struct server_task){route->lane, route->run};
	return exchange->status == 0;
}
