/* SPDX-License-Identifier: Apache-2.0 */
/* agent_form.h -- what a Blackfire or Datadog profiler says in its upload, in all generations.
 *
 * The oldest sends each label as a field; later ones send an event with tags. Which attachments are
 * profiles is told by their names.
 */
#pragma once

#include "collector/labels.h"

#include <stddef.h>
#include <stdint.h>

enum {
	AGENT_FORM_PROFILES_MAX = 16,
	AGENT_FORM_ERROR_SIZE = 160,
	AGENT_FORM_NAME_SIZE = 64,
};

struct agent_form {
	char service[512];
	struct labels labels;
	int64_t start_ns, end_ns; /* 0 when not said */
	char *sequence; /* what tells this upload from others of the process; NULL when not said */
	bool has_event;
	size_t left_out; /* attachments that are no profiles */
	size_t profile_count;
	struct agent_profile {
		char name[AGENT_FORM_NAME_SIZE]; /* of the attachment, without ".pprof" */
		const char *type;		 /* NULL: only the profile itself can tell */
		const uint8_t *body;		 /* in the form's bytes */
		size_t size;
	} profiles[AGENT_FORM_PROFILES_MAX];
};

/* [any]    Reads the body of an upload, which stays. 0; -EINVAL, and error says why; -ENOMEM.
 *          Cleared by the caller in any case. */
int agent_form_read(struct agent_form *, const char *content_type, const uint8_t *body, size_t size,
		    char error[AGENT_FORM_ERROR_SIZE]);
/* [any]    Frees it; a struct of zeros is fine. */
void agent_form_clear(struct agent_form *);
