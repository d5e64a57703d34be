/* SPDX-License-Identifier: Apache-2.0 */
/* request_params.c -- which profiles a request means: the parameters that queries have in common.
 */
#include "collector/request_params.h"

#include "collector/moment.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool params_type_is_known(const char *type)
{
	static const char *const known[] = {"cpu",	    "heap",  "block", "mutex", "goroutine",
					    "threadcreate", "other", "trace", "wall",  "threads"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(type, known[i]))
			return true;
	return false;
}

static void read_type(struct params *params, const char *text)
{
	text += strspn(text, " \t\r\n");
	size_t len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len < sizeof params->type)
		snprintf(params->type, sizeof params->type, "%.*s", (int)len, text);
}

/* The first escape that is none, as Go shows it. */
static void find_bad_escape(const char *text, char found[4])
{
	size_t len = 0;
	for (text = strchr(text, '%'); text; text = strchr(text + 1, '%'))
		if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
			break;
	while (text && len < 3 && text[len] && !strchr(",=", text[len])) {
		found[len] = text[len];
		len++;
	}
	found[len] = '\0';
}

static void tell_of_labels(const char *labels, int status, char error[PARAMS_ERROR_SIZE])
{
	char escape[4];
	find_bad_escape(labels, escape);
	if (status == -E2BIG)
		snprintf(error, PARAMS_ERROR_SIZE,
			 "bad \"labels\" \"%.200s\": too many, or too long", labels);
	else
		snprintf(error, PARAMS_ERROR_SIZE,
			 "bad \"labels\" \"%.200s\": invalid URL escape \"%s\"", labels, escape);
}

static bool is_gone(void *asker)
{
	struct exchange *exchange = asker;
	return exchange->is_gone && exchange->is_gone(exchange);
}

static int read_series(struct params *params, const struct query_string *query, bool is_free,
		       char error[PARAMS_ERROR_SIZE])
{
	const char *service = query_get(query, "service");
	const char *labels = query_get(query, "labels");
	read_type(params, query_get(query, "type"));
	if (!*service && !is_free) {
		snprintf(error, PARAMS_ERROR_SIZE, "missing \"service\"");
		return -EINVAL;
	}
	if (strlen(service) >= STORE_TEXT_MAX) {
		snprintf(error, PARAMS_ERROR_SIZE, "bad \"service\": longer than %d bytes",
			 STORE_TEXT_MAX - 1);
		return -EINVAL;
	}
	int status = labels_parse(&params->labels, labels);
	if (status) {
		tell_of_labels(labels, status, error);
		return -EINVAL;
	}
	params->query.service = *service ? service : NULL;
	params->query.type = *params->type ? params->type : NULL;
	params->query.labels = params->labels.count ? &params->labels : NULL;
	return 0;
}

static int read_moment(const struct query_string *query, const char *key, int64_t *ns,
		       char error[PARAMS_ERROR_SIZE])
{
	const char *text = query_get(query, key);
	if (!*text) {
		snprintf(error, PARAMS_ERROR_SIZE, "missing \"%s\"", key);
		return -EINVAL;
	}
	if (moment_parse_bound(text, moment_now(), ns))
		return 0;
	snprintf(error, PARAMS_ERROR_SIZE,
		 "bad \"%s\" timestamp \"%.100s\": time in unsupported format \"%.100s\"; "
		 "understood are " MOMENT_FORMS,
		 key, text, text);
	return -EINVAL;
}

/* What need not be there is all that there is, or up to now. */
static int read_range(struct params *params, const struct query_string *query, bool is_free,
		      char error[PARAMS_ERROR_SIZE])
{
	struct store_query *range = &params->query;
	bool has_from = *query_get(query, "from") || !is_free;
	bool has_to = *query_get(query, "to") || !is_free;
	int status = has_from ? read_moment(query, "from", &range->from_ns, error) : 0;
	if (!status && has_to)
		status = read_moment(query, "to", &range->to_ns, error);
	else if (!status && has_from)
		range->to_ns = moment_now();
	return status;
}

static int read_limit(struct params *params, const struct query_string *query,
		      char error[PARAMS_ERROR_SIZE])
{
	const char *text = query_get(query, "limit");
	char *end;
	errno = 0;
	long limit = strtol(text, &end, 10);
	if (*end || errno || (*text && end == text) || isspace((unsigned char)*text)) {
		snprintf(error, PARAMS_ERROR_SIZE,
			 "bad \"limit\" \"%.100s\": strconv.Atoi: parsing \"%.100s\": invalid "
			 "syntax",
			 text, text);
		return -EINVAL;
	}
	params->limit = limit > 0 ? (size_t)limit : 0;
	return 0;
}

static int read_selector(struct params *params, const struct query_string *query,
			 char error[PARAMS_ERROR_SIZE])
{
	char why[SELECTOR_ERROR_SIZE] = "no memory";
	const char *text = query_get(query, "selector");
	if (selector_parse(&params->selector, text, why)) {
		snprintf(error, PARAMS_ERROR_SIZE, "bad \"selector\": %s", why);
		return -EINVAL;
	}
	params->query.selector = params->selector.count ? &params->selector : NULL;
	return 0;
}

static int read_query(struct params *params, const struct query_string *query, bool is_free,
		      char error[PARAMS_ERROR_SIZE])
{
	int status = read_series(params, query, is_free, error);
	if (!status)
		status = read_range(params, query, is_free, error);
	if (!status)
		status = read_limit(params, query, error);
	if (!status && params->query.from_ns > params->query.to_ns) {
		snprintf(error, PARAMS_ERROR_SIZE, "\"from\" is after \"to\"");
		status = -EINVAL;
	}
	return status ? status : read_selector(params, query, error);
}

/* Who asks, which no parameter changes. */
static void begin(struct params *params, const struct exchange *exchange)
{
	memset(params, 0, sizeof *params);
	params->query.to_ns = INT64_MAX;
	params->query.tenant = exchange_tenant(exchange);
	params->query.is_over = is_gone;
	params->query.asker = (void *)exchange;
}

int params_read(struct params *params, const struct exchange *exchange, bool is_free,
		char error[PARAMS_ERROR_SIZE])
{
	begin(params, exchange);
	return read_series(params, &exchange->query, is_free, error);
}

int params_read_query(struct params *params, const struct exchange *exchange, bool is_free,
		      char error[PARAMS_ERROR_SIZE])
{
	return params_read_query_of(params, exchange, &exchange->query, is_free, error);
}

int params_read_query_of(struct params *params, const struct exchange *exchange,
			 const struct query_string *query, bool is_free,
			 char error[PARAMS_ERROR_SIZE])
{
	begin(params, exchange);
	return read_query(params, query, is_free, error);
}

void params_clear(struct params *params)
{
	labels_clear(&params->labels);
	selector_clear(&params->selector);
}
