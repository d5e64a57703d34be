/* SPDX-License-Identifier: Apache-2.0 */
/* profile_json.c -- a stored profile as profefe's clients read it. */
#include "collector/profile_json.h"

#include "collector/moment.h"

static void append_labels(struct text *text, const char *written)
{
	struct labels labels = {0};
	if (labels_parse(&labels, written) || labels.count == 0) {
		labels_clear(&labels);
		return;
	}
	text_printf(text, ",\"labels\":[");
	for (size_t i = 0; i < labels.count; i++) {
		text_printf(text, "%s{\"key\":", i ? "," : "");
		text_json(text, labels.at[i].key);
		text_printf(text, ",\"value\":");
		text_json(text, labels.at[i].value);
		text_printf(text, "}");
	}
	text_printf(text, "]");
	labels_clear(&labels);
}

void profile_json(struct text *text, const struct store_profile *profile)
{
	char created_at[MOMENT_SIZE];
	moment_format(created_at, profile->time_ns);
	text_printf(text, "{\"id\":\"%s\",\"type\":", profile->id);
	text_json(text, profile->type);
	text_printf(text, ",\"service\":");
	text_json(text, profile->service);
	append_labels(text, profile->labels);
	text_printf(text, ",\"created_at\":\"%s\"}", created_at);
}
