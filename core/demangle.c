/* SPDX-License-Identifier: Apache-2.0 */
/* demangle.c -- from the linker's name to the one that stands in the source. */
#include "core/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

/* DMGL_NO_RECURSE_LIMIT must never be among the options: it lifts libiberty's own bound on the size
 * of what it puts on the stack. */

struct output {
	char *start;
	char *at;
	size_t left; /* the NUL included */
	jmp_buf full;
};

/* The callback has no way to say "enough", and a name of 200 bytes can expand to gigabytes; the
 * callback interfaces of libiberty hold nothing but stack, so that a jump leaves nothing behind. */
static void output_append(const char *text, size_t len, void *context)
{
	struct output *output = context;

	if (len >= output->left)
		longjmp(output->full, 1);
	memcpy(output->at, text, len);
	output->at += len;
	output->left -= len;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool output_demangled(struct output *output, const char *mangled)
{
	if (setjmp(output->full) != 0)
		return false;
	/* Rust first: its older names are C++ names with a hash at the end. */
	if (rust_demangle_callback(mangled, 0, output_append, output) != 0)
		return true;
	if (begins_with(mangled, "_R") || strlen(mangled) > DEMANGLE_NAME_MAX)
		return false;
	/* A Rust name that broke off half-way has written something. */
	output->left += (size_t)(output->at - output->start);
	output->at = output->start;
	return cplus_demangle_v3_callback(mangled, DMGL_ANSI, output_append, output) != 0;
}

bool demangle_name(const char *mangled, char *to, size_t size)
{
	struct output output = {.start = to, .at = to, .left = size};

	if (!begins_with(mangled, "_Z") && !begins_with(mangled, "_R") &&
	    !begins_with(mangled, "_GLOBAL__"))
		return false;
	if (!output_demangled(&output, mangled))
		return false;
	*output.at = '\0';
	return output.at != to;
}
