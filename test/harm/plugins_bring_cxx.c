/* SPDX-License-Identifier: Apache-2.0 */
/* plugins_bring_cxx.c -- a program of C loads a plugin of C++, whose operators nobody else sees,
 * gives it back and loads it again.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

static unsigned ask(void *plugin, const char *name)
{
	unsigned (*function)(void) = (unsigned (*)(void))dlsym(plugin, name);
	return function ? function() : 0;
}

static void use(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	printf("operators are for all to see: %d\n",
	       dlsym(RTLD_DEFAULT, "_ZSt9terminatev") != NULL);
	printf("%u\n", ask(plugin, "plugin_work"));
	printf("asked for memory %u times\n", ask(plugin, "plugin_handled"));
	printf("closed: %d\n", dlclose(plugin));
}

int main(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lib/plugin_of_cxx.so", getenv("HARM_BIN"));
	free(malloc(10));
	burn(0.12);
	for (int i = 0; i < 5; i++)
		use(path);
	return 0;
}
