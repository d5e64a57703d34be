/* SPDX-License-Identifier: Apache-2.0 */
/* generated.h -- libraries that a row makes for itself, in its directory, with the compiler. */
#pragma once

#include <dlfcn.h>
#include <stdarg.h>

/* Compiles this text, C or with "-xassembler", to a shared library NAME. True if that worked. */
__attribute__((format(printf, 3, 4))) static inline int
generate(const char *name, const char *options, const char *text, ...)
{
	char command[512];
	snprintf(command, sizeof command, "LD_PRELOAD= cc -shared -fPIC %s -o %s - 2>/dev/null",
		 options, name);
	fflush(stdout);
	FILE *compiler = popen(command, "w");
	va_list values;
	va_start(values, text);
	vfprintf(compiler, text, values);
	va_end(values);
	return pclose(compiler) == 0;
}

/* The function of this name in the library ./NAME; NULL if there is none. */
static inline void (*load(const char *path, const char *function))(void)
{
	void *library = dlopen(path, RTLD_NOW);
	return library ? (void (*)(void))dlsym(library, function) : NULL;
}
