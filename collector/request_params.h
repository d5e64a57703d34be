/* SPDX-License-Identifier: Apache-2.0 */
/* request_params.h -- which profiles a request means: the parameters that queries have in common.
 *
 * They are profefe's service, type, labels, from, to and limit, with profefe's texts for what is
 * wrong, and "selector" beside "labels".
 */
#pragma once

#include "collector/exchange.h"
#include "collector/store.h"

enum {
	PARAMS_ERROR_SIZE = 512,
};

struct params {
	char type[STORE_TEXT_MAX]; /* trimmed; "" when not given */
	struct labels labels;
	struct selector selector;
	size_t limit;		  /* 0: none */
	struct store_query query; /* which points into the others and the exchange */
};

/* Whether profefe knows this type, or it is one that our own library has. */
bool params_type_is_known(const char *type);
/* [any]    Reads service, which may only be missing when is_free, type and labels. 0; -EINVAL, and
 *          error says why. Cleared by the caller in any case. */
int params_read(struct params *, const struct exchange *, bool is_free,
		char error[PARAMS_ERROR_SIZE]);
/* [any]    Reads from, to, limit and selector too; the times may only be missing when is_free: then
 *          a "to" that is missing beside a "from" is now. */
int params_read_query(struct params *, const struct exchange *, bool is_free,
		      char error[PARAMS_ERROR_SIZE]);
/* [any]    The same out of another query than the exchange's own, for whoever the exchange is. */
int params_read_query_of(struct params *, const struct exchange *, const struct query_string *,
			 bool is_free, char error[PARAMS_ERROR_SIZE]);
/* [any]    Frees them; a struct of zeros is fine. */
void params_clear(struct params *);
