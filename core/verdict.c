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
