/* SPDX-License-Identifier: Apache-2.0 */
/* multipart.c -- the parts of a multipart/form-data body (RFC 7578), where they lie. */
#include "collector/multipart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";

/* The value of a parameter of a header, "; name=value" or "; name=\"value\""; false when it is not
 * there. The text is ended by a NUL. */
static bool find_parameter(const char *header, const char *name, char *value, size_t size)
{
	size_t name_len = strlen(name);
	while ((header = strchr(header, ';'))) {
		header++;
		header += strspn(header, blanks);
		if (strncasecmp(header, name, name_len) != 0 || header[name_len] != '=')
			continue;
		header += name_len + 1;
		bool quoted = *header == '"';
		header += quoted;
		size_t len = 0;
		for (; *header && *header != (quoted ? '"' : ';'); header++) {
			if (quoted && *header == '\\' && header[1])
				header++;
			if (len + 1 < size)
				value[len++] = *header;
		}
		value[len] = '\0';
		return true;
	}
	return false;
}

int multipart_begin(struct multipart *multipart, const char *content_type, const uint8_t *body,
		    size_t size)
{
	static const char wanted[] = "multipart/form-data";
	char boundary[MULTIPART_BOUNDARY_SIZE];
	memset(multipart, 0, sizeof *multipart);
	content_type += strspn(content_type, blanks);
	if (strncasecmp(content_type, wanted, sizeof wanted - 1) != 0 ||
	    !find_parameter(content_type, "boundary", boundary, sizeof boundary) || !*boundary ||
	    strlen(boundary) >= sizeof boundary - 1)
		return -EINVAL;
	multipart->delimiter_len = (size_t)snprintf(
		multipart->delimiter, sizeof multipart->delimiter, "\r\n--%s", boundary);
	multipart->end = body + size;
	/* The first delimiter may stand at the beginning, without a line end before it. */
	size_t first = multipart->delimiter_len - 2;
	if (size >= first && !memcmp(body, multipart->delimiter + 2, first)) {
		multipart->at = body + first;
		return 0;
	}
	const uint8_t *at =
		size ? memmem(body, size, multipart->delimiter, multipart->delimiter_len) : NULL;
	if (!at)
		return -EINVAL;
	multipart->at = at + multipart->delimiter_len;
	return 0;
}

/* The line at *at without its CRLF, which *at moves behind; NULL when none ends. */
static const uint8_t *take_line(const uint8_t **at, const uint8_t *end, size_t *len)
{
	const uint8_t *line = *at;
	const uint8_t *stop = line < end ? memmem(line, (size_t)(end - line), "\r\n", 2) : NULL;
	if (!stop)
		return NULL;
	*len = (size_t)(stop - line);
	*at = stop + 2;
	return line;
}

static void read_header(struct multipart_part *part, const uint8_t *line, size_t len)
{
	static const char wanted[] = "Content-Disposition:";
	char text[3 * MULTIPART_NAME_SIZE];
	if (len < sizeof wanted || strncasecmp((const char *)line, wanted, sizeof wanted - 1) != 0)
		return;
	snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : sizeof text - 1),
		 (const char *)line);
	find_parameter(text, "name", part->name, sizeof part->name);
	part->is_file = find_parameter(text, "filename", part->file_name, sizeof part->file_name);
}

int multipart_next(struct multipart *multipart, struct multipart_part *part)
{
	const uint8_t *at = multipart->at;
	const uint8_t *line;
	size_t len;
	memset(part, 0, sizeof *part);
	if (multipart->end - at >= 2 && at[0] == '-' && at[1] == '-')
		return 0;
	line = take_line(&at, multipart->end, &len); /* the rest of the delimiter's own */
	if (!line || len > strspn((const char *)line, blanks))
		return -EBADMSG;
	while ((line = take_line(&at, multipart->end, &len)) && len)
		read_header(part, line, len);
	if (!line)
		return -EBADMSG;
	/* An empty body ends right behind the head, whose line end is the delimiter's. */
	at -= 2;
	const uint8_t *stop = memmem(at, (size_t)(multipart->end - at), multipart->delimiter,
				     multipart->delimiter_len);
	if (!stop)
		return -EBADMSG;
	multipart->at = stop + multipart->delimiter_len;
	part->body = stop == at ? stop : at + 2;
	part->size = (size_t)(stop - part->body);
	return 1;
}
