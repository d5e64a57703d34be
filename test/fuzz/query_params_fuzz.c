/* SPDX-License-Identifier: Apache-2.0 */
/* query_params_fuzz.c -- any text as what stands behind the ? of a URL, and all that is read out of
 * it: labels, selectors, times, limits.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char error[PARAMS_ERROR_SIZE] = "";
	struct params params;
	struct exchange exchange = {0};
	char *text = strndup((const char *)bytes, size);
	if (!text || query_parse(&exchange.query, text))
		abort();
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
