/* SPDX-License-Identifier: Apache-2.0 */
/* request_selection.c -- which stored profiles a request wants to have merged. */
#include "collector/request_selection.h"

#include "collector/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	IDS_MAX = 10000, /* of one request */
};

static void refuse(struct exchange *exchange, const struct params *params, const char *what,
		   const struct selection *selection)
{
	if (selection->too_many)
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE,
				"%smore than %zu profiles (--merge-max): choose less time, labels "
				"or a limit",
				what, selection->most);
	else if (!params_type_is_known(params->type))
		exchange_refuse(exchange, EXCHANGE_METHOD_NOT_ALLOWED,
				"%scan't merge profiles of unknown type", what);
	else
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "%snothing found", what);
}

bool request_selection_find(struct exchange *exchange, const struct params *params,
			    const char *what, struct selection *selection)
{
	if (!*params->type || !strcmp(params->type, "trace")) {
		exchange_refuse(exchange, EXCHANGE_METHOD_NOT_ALLOWED,
				"%scan't merge profiles of %s type", what,
				*params->type ? params->type : "unknown");
		return false;
	}
	selection->most = exchange->collector->options->merge_max;
	selection->newest = params->limit < selection->most ? params->limit : selection->most;
	if (!params->limit)
		selection->newest = 0;
	/* The newest of all are not to be told from a sum. */
	int error =
		params->limit
			? selection_find(selection, exchange->collector->store, &params->query)
			: selection_cover(selection, exchange->collector->store, &params->query);
	if (!error && selection->count)
		return true;
	if (error && !selection->too_many)
		exchange_fail(exchange, error);
	else
		refuse(exchange, params, what, selection);
	return false;
}

static bool add_id(struct selection *selection, const char *id)
{
	if (selection->count == selection->room) {
		size_t room = selection->room ? 2 * selection->room : 16;
		struct selected *more = realloc(selection->at, room * sizeof *more);
		if (!more)
			return false;
		selection->at = more;
		selection->room = room;
	}
	struct selected *selected = &selection->at[selection->count++];
	selection->profiles++;
	memset(selected, 0, sizeof *selected);
	/* One that is too long is nobody's, and stays so when it is cut. */
	snprintf(selected->id, sizeof selected->id, "%s", id);
	return true;
}

/* An id that is empty, or that is one too many, nobody has stored. */
bool request_selection_split(struct selection *selection, char *ids, const char *separators)
{
	for (char *id = ids; id;) {
		char *end = strpbrk(id, separators);
		if (end)
			*end++ = '\0';
		if (!*id || selection->count == IDS_MAX || !add_id(selection, id))
			return false;
		id = end;
	}
	return true;
}
