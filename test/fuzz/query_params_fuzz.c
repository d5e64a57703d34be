/* SPDX-License-Identifier: Apache-2.0 */
/* query_params_fuzz.c -- any text as what stands behind the ? of a URL, and all that is read out of
 * it: names, labels, selectors, times, limits.
 */
#include "collector/query_names.h"
#include "collector/request_params.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What is written is read back the same. */
static void round_trip(const struct labels *labels)
{
	struct labels back = {0};
	char *text = labels_write(labels);
	if (!text || labels_parse(&back, text) || back.count != labels->count ||
	    !labels_include(&back, labels))
		abort();
	labels_clear(&back);
	free(text);
}

/* Who takes only what it has takes nothing more than who takes others too. */
static void check_names(const struct query_string *query)
{
	static const char list[] = "service, labels, from, to, group_by, base_selector";
	const struct query_names all = {list, true}, some = {list, false};
	char error[QUERY_NAMES_ERROR_SIZE] = "";
	if (query_names_check(&some, query, error) &&
	    (!*error || !query_names_check(&all, query, error)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char error[PARAMS_ERROR_SIZE] = "";
	struct params params;
	struct exchange exchange = {0};
	char *text = strndup((const char *)bytes, size);
	if (!text || query_parse(&exchange.query, text))
		abort();
	check_names(&exchange.query);
	if (params_read_query(&params, &exchange, true, error)) {
		if (!*error)
			abort();
	} else {
		round_trip(&params.labels);
		selector_matches(&params.selector, "shop", "cpu", &params.labels);
		if (params.query.from_ns < 0 || params.query.from_ns > params.query.to_ns)
			abort();
	}
	params_clear(&params);
	query_clear(&exchange.query);
	free(text);
	return 0;
}
