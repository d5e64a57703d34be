/* SPDX-License-Identifier: Apache-2.0 */
/* nothing_is_said_of_failures.c -- nobody takes the profiles, by any road, for several periods.
 *
 * harm: data
 * level: P0
 * naive: stderr
 * env: CONPROF_URL=unix:///no/agent.sock,tcp://127.0.0.1:1,http://127.0.0.1:1/x,file:///proc/no
 */
#include <stdio.h>

#include "burn.h"

int main(void)
{
	for (int i = 0; i < 25; i++) {
		burn(0.1);
		fprintf(stderr, "the program's own line %d\n", i);
	}
	return 0;
}
