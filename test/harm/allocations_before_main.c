/* SPDX-License-Identifier: Apache-2.0 */
/* allocations_before_main.c -- neighbours on both sides allocate and start threads in constructors.
 *
 * harm: loading
 * level: P0
 * preload: before=lib/storm.so after=lib/storm_again.so
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <stdio.h>

#include "burn.h"

static void settle(const char *name)
{
	unsigned (*function)(void) = (unsigned (*)(void))dlsym(RTLD_DEFAULT, name);
	printf("%s: %u faults\n", name, function());
}

int main(void)
{
	burn(0.4);
	settle("storm_settle");
	settle("storm_again_settle");
	burn(0.1);
	return 0;
}
