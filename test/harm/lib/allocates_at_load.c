/* SPDX-License-Identifier: Apache-2.0 */
/* allocates_at_load.c -- allocates when it is loaded, in memory of threads, and frees as it goes.
 */
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 50, SIZE = 2000 };

static char *blocks[BLOCKS];
static __thread char own[8192];

unsigned allocates_at_load_check(void);

__attribute__((constructor)) static void begin(void)
{
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = memset(malloc(SIZE), i, SIZE);
}

__attribute__((destructor)) static void end(void)
{
	for (int i = 0; i < BLOCKS; i++)
		free(realloc(blocks[i], SIZE * 2));
}

unsigned allocates_at_load_check(void)
{
	unsigned faults = own[8191] != 0;
	for (int i = 0; i < BLOCKS; i++)
		faults += blocks[i][0] != i || blocks[i][SIZE - 1] != i;
	own[0]++;
	return faults;
}
