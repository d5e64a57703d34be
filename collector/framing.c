/* SPDX-License-Identifier: Apache-2.0 */
/* framing.c -- whether all who read a request agree where it ends. */
#include "collector/framing.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

struct framing {
	unsigned lengths, codings;
	bool is_odd;
};

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct framing *framing = context;
	(void)kind;
	if (strpbrk(name, " \t"))
		framing->is_odd = true;
	if (!strcasecmp(name, "Content-Length"))
		framing->lengths++;
	if (!strcasecmp(name, "Transfer-Encoding")) {
		framing->codings++;
		framing->is_odd |= !value || strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

bool framing_is_clear(struct MHD_Connection *connection)
{
	struct framing framing = {0};
	MHD_get_connection_values(connection, MHD_HEADER_KIND, note_header, &framing);
	return !framing.is_odd && framing.lengths + framing.codings <= 1;
}
