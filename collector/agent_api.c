/* SPDX-License-Identifier: Apache-2.0 */
/* agent_api.c -- what conprofd is to Blackfire's and Datadog's profilers, and to our own. */
#include "collector/agent_api.h"

#include "collector/agent_form.h"
#include "collector/figures.h"
#include "collector/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* These clients take any 2xx, give up after 4xx, and try again after 5xx. */
static void answer(struct ingest *ingest, int error)
{
	if (error)
		exchange_fail(ingest->exchange, error);
	else
		exchange_send(ingest->exchange, EXCHANGE_OK, NULL, NULL, 0);
}

static void refuse(struct exchange *exchange, int status, const char *why)
{
	if (status == -ENOMEM) {
		exchange_fail(exchange, status);
		return;
	}
	if (status == -EACCES) {
		exchange_refuse(exchange, EXCHANGE_FORBIDDEN, "%s", why);
		return;
	}
	figure_add(FIGURE_uploads_malformed, 1);
	exchange_refuse(exchange, status == -EFBIG ? EXCHANGE_TOO_LARGE : EXCHANGE_BAD_REQUEST,
			"bad request: %s", why);
}

static int add(struct ingest *ingest, const struct agent_form *form,
	       const struct agent_profile *profile, char error[INGEST_ERROR_SIZE])
{
	char *identity = NULL;
	if (form->sequence && asprintf(&identity, "%s/%s", form->sequence, profile->name) < 0)
		return -ENOMEM;
	const struct upload upload = {
		.service = form->service,
		.type = profile->type,
		.labels = &form->labels,
		.body = profile->body,
		.size = profile->size,
		.time_ns = form->start_ns,
		.duration_ns = form->end_ns > form->start_ns && form->start_ns
				       ? form->end_ns - form->start_ns
				       : 0,
		.identity = identity,
	};
	int status = ingest_add(ingest, &upload, error);
	free(identity);
	/* Go's profilers send a heap profile even when nothing was allocated. */
	return status == -ENODATA ? 0 : status;
}

static void store(struct exchange *exchange, const struct agent_form *form)
{
	char error[INGEST_ERROR_SIZE];
	struct ingest *ingest = ingest_create(exchange, answer);
	int status = ingest ? 0 : -ENOMEM;
	for (size_t i = 0; i < form->profile_count && !status; i++)
		status = add(ingest, form, &form->profiles[i], error);
	if (!status) {
		figure_add(FIGURE_attachments_left_out, form->left_out);
		ingest_submit(ingest);
		return;
	}
	if (ingest)
		ingest_destroy(ingest);
	refuse(exchange, status, error);
}

void agent_input(struct exchange *exchange)
{
	char error[AGENT_FORM_ERROR_SIZE];
	struct agent_form form;
	int status = agent_form_read(&form, exchange->content_type, exchange->body,
				     exchange->body_size, error);
	if (status)
		refuse(exchange, status, error);
	else
		store(exchange, &form);
	agent_form_clear(&form);
}
