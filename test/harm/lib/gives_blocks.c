/* SPDX-License-Identifier: Apache-2.0 */
/* gives_blocks.c -- functions of the C library as this library finds them. */
#include <stdlib.h>

void *gives_blocks_resize(void *, size_t);
void gives_blocks_free(void *);

void *gives_blocks_resize(void *block, size_t size)
{
	return realloc(block, size);
}

void gives_blocks_free(void *block)
{
	free(block);
}
