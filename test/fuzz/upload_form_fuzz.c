/* SPDX-License-Identifier: Apache-2.0 */
/* upload_form_fuzz.c -- any bytes as the body of an upload: it is read or refused, within its
 * bytes.
 */
#include "collector/agent_form.h"
#include "collector/multipart.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Every part lies in the body. */
static void walk(const char *type, const uint8_t *bytes, size_t size)
{
	struct multipart multipart;
	struct multipart_part part;
	if (multipart_begin(&multipart, type, bytes, size))
		return;
	while (multipart_next(&multipart, &part) > 0)
		if (part.body < bytes || part.body + part.size > bytes + size ||
		    !memchr(part.name, '\0', sizeof part.name) ||
		    !memchr(part.file_name, '\0', sizeof part.file_name))
			abort();
}

static void read_form(const char *type, const uint8_t *bytes, size_t size)
{
	char error[AGENT_FORM_ERROR_SIZE] = "";
	struct agent_form form;
	int status = agent_form_read(&form, type, bytes, size, error);
	if (status && !*error)
		abort();
	for (size_t i = 0; !status && i < form.profile_count; i++)
		if (form.profiles[i].body < bytes ||
		    form.profiles[i].body + form.profiles[i].size > bytes + size)
			abort();
	agent_form_clear(&form);
}

/* The first line is the Content-Type; without one the boundary is B. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char type[256] = "multipart/form-data; boundary=B";
	const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - bytes) : 0;
	if (len > 1 && bytes[0] == '@' && len < sizeof type) {
		memcpy(type, bytes + 1, len - 1);
		type[len - 1] = '\0';
		size -= len + 1;
		bytes += len + 1;
	}
	walk(type, bytes, size);
	read_form(type, bytes, size);
	return 0;
}
