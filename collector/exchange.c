/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c -- one request and the answer to it, apart from how they travel. */
#include "collector/exchange.h"

#include "collector/tenant.h"
#include "collector/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MESSAGE_MAX = 1024,
};

static const char json_type[] = "application/json";

void exchange_send(struct exchange *exchange, unsigned status, const char *type, void *bytes,
		   size_t size)
{
	bool failed = !bytes && size;
	exchange->status = failed ? EXCHANGE_FAILED : status;
	exchange->answer_type = type;
	exchange->answer = bytes;
	exchange->answer_size = failed ? 0 : size;
	exchange->finish(exchange);
}

void exchange_refuse(struct exchange *exchange, unsigned status, const char *format, ...)
{
	char message[MESSAGE_MAX];
	struct text text = {0};
	size_t len;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	text_printf(&text, "{\"code\":%u,\"error\":", status);
	text_json(&text, message);
	text_append(&text, "}\n", 2);
	char *answer = text_take(&text, &len);
	free(exchange->file_name);
	exchange->file_name = NULL;
	exchange_send(exchange, status, json_type, answer, len);
}

void exchange_fail(struct exchange *exchange, int error)
{
	switch (-error) {
	case ENOSPC:
	case EDQUOT:
		exchange_refuse(exchange, EXCHANGE_NO_SPACE, "the disk is full");
		break;
	case ETIME:
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE,
				"the regular expressions take too long: choose less time, a "
				"service, or simpler ones");
		break;
	case EBUSY:
	case ESHUTDOWN:
	case ENOMEM:
		exchange_refuse(exchange, EXCHANGE_UNAVAILABLE, "too busy, try again later");
		break;
	default:
		exchange_refuse(exchange, EXCHANGE_FAILED, "internal server error");
	}
}

void exchange_name_file(struct exchange *exchange, const char *name)
{
	free(exchange->file_name);
	exchange->file_name = strdup(name);
}

const struct tenant *exchange_tenant(const struct exchange *exchange)
{
	if (exchange->is_for_everybody)
		return NULL;
	return exchange->tenant ? exchange->tenant : tenant_nobody();
}

void exchange_clear(struct exchange *exchange)
{
	free(exchange->path);
	query_clear(&exchange->query);
	free(exchange->content_type);
	free(exchange->authorization);
	free(exchange->api_key);
	free(exchange->file_name);
	free(exchange->answer);
	tenant_release(exchange->tenant);
}
