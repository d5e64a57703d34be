/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c -- what the end of an attempt means for the parcel it carried. */
#include "core/verdict.h"

enum verdict verdict_of(const struct http_result *result)
{
	if (result->outcome != HTTP_ANSWERED)
		return VERDICT_FAILED;
	switch (result->status) {
	case 408:
	case 425:
	case 429:
		return VERDICT_FAILED;
	case 401: /* these are about us or the backend, not about this profile */
	case 403:
	case 404:
	case 405:
	case 407:
		return VERDICT_REFUSED_FOR_NOW;
	default:
		break;
	}
	if (result->status < 300)
		return VERDICT_TAKEN;
	return result->status >= 500 ? VERDICT_FAILED : VERDICT_REFUSED;
}

const char *verdict_text(const struct http_result *result)
{
	if (result->outcome == HTTP_NOT_HTTP)
		return "no HTTP there: needs Blackfire Agent >= 2.13.0 or a Datadog-style agent";
	if (result->outcome == HTTP_TIMEOUT)
		return "no answer within the upload timeout";
	if (result->outcome == HTTP_ANSWERED && result->status == 404)
		return "HTTP status 404: needs Blackfire Agent >= 2.13.0 or a Datadog-style agent";
	if (result->outcome == HTTP_ANSWERED && result->status / 100 == 3)
		return "a redirect, which is not followed";
	return result->text;
}

/* Full jitter, so that a fleet that lost its backend together does not come back together. */
uint64_t verdict_rest_ms(unsigned failures, uint32_t retry_after_s, uint32_t period_ms,
			 uint64_t random)
{
	unsigned doublings = failures < 16 ? failures - 1 : 15;
	uint64_t most = (uint64_t)VERDICT_FIRST_REST_MS << doublings;
	uint64_t asked = (uint64_t)retry_after_s * 1000;
	if (asked)
		most = VERDICT_FIRST_REST_MS;
	if (most > period_ms)
		most = period_ms;
	uint64_t rest_ms = asked + 1 + (most ? random % most : 0);
	return rest_ms < period_ms ? rest_ms : period_ms;
}
