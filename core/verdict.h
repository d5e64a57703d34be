/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h -- what the end of an attempt means for the parcel it carried. */
#pragma once

#include "transport/http.h"

enum { VERDICT_FIRST_REST_MS = 1000 };

enum verdict {
	VERDICT_TAKEN,
	VERDICT_FAILED,		 /* another attempt may succeed */
	VERDICT_REFUSED,	 /* this parcel never will be taken */
	VERDICT_REFUSED_FOR_NOW, /* nor will others, until somebody mends backend or configuration
				  */
};

/* [worker] Judges a result: no answer, 5xx, 408, 425 and 429 invite another attempt. */
enum verdict verdict_of(const struct http_result *);
/* [worker] One line for people; it may point into the result. */
const char *verdict_text(const struct http_result *);
/* [worker] Milliseconds to rest after this many failures in a row (at least 1): random in
 * 1 to VERDICT_FIRST_REST_MS, doubled per failure, up to the period; what the server asked for, if
 * anything, is kept to up to the period. */
uint64_t verdict_rest_ms(unsigned failures, uint32_t retry_after_s, uint32_t period_ms,
			 uint64_t random);
