/* SPDX-License-Identifier: Apache-2.0 */
/* store_query.c -- which series a query means: the one place where all its conditions meet. */
#include "collector/store.h"

#include <string.h>

int store_query_means(const struct store_query *query, const char *service, const char *type,
		      const char *labels_text)
{
	struct labels labels = {0};
	if ((query->service && strcmp(query->service, service) != 0) ||
	    (query->type && strcmp(query->type, type) != 0))
		return 0;
	if (!query->labels && !query->selector && !query->tenant)
		return 1;
	int means = !labels_parse(&labels, labels_text) &&
		    tenant_has(query->tenant, service, type, &labels) &&
		    (!query->labels || labels_include(&labels, query->labels));
	if (means && query->selector)
		means = selector_matches(query->selector, service, type, &labels);
	labels_clear(&labels);
	return means;
}
