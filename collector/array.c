/* SPDX-License-Identifier: Apache-2.0 */
/* array.c -- an array that grows within a budget. */
#include "collector/array.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_COUNT = 256,
};

bool array_grow(struct table_budget *budget, void **array, uint32_t *max, size_t count,
		size_t element)
{
	if (count <= *max)
		return true;
	size_t wanted = *max ? (size_t)*max * 2 : FIRST_COUNT, more;
	if (wanted < count)
		wanted = count;
	if (wanted > UINT32_MAX || __builtin_mul_overflow(wanted - *max, element, &more) ||
	    more > budget->left) {
		budget->is_full = true;
		return false;
	}
	char *bigger = realloc(*array, wanted * element);
	if (!bigger)
		return false;
	memset(bigger + *max * element, 0, more);
	budget->left -= more;
	*array = bigger;
	*max = (uint32_t)wanted;
	return true;
}
