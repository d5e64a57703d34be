/* SPDX-License-Identifier: Apache-2.0 */
/* second_namespace.c -- dlmopen gives a library a C library of its own, in which it makes threads.
 *
 * harm: loading
 * level: P1
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

static int (*find_work(int deep))(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lib/has_own_libc.so", getenv("HARM_BIN"));
	void *library = deep ? dlopen(path, RTLD_NOW | RTLD_DEEPBIND)
			     : dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
	return library ? (int (*)(void))dlsym(library, "has_own_libc_work") : NULL;
}

int main(void)
{
	int (*here)(void) = find_work(1), (*there)(void) = find_work(0);
	burn(0.2);
	printf("bound deeply: %d of 6\n", here ? here() : -1);
	printf("in a namespace: %d of 6\n", there ? there() : -1);
	burn(0.1);
	return 0;
}
