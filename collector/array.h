/* SPDX-License-Identifier: Apache-2.0 */
/* array.h -- an array that grows within a budget. */
#pragma once

#include "collector/table.h"

/* [any]    Room for count elements in *array, which has room for *max; what is new is zeros. It at
 *          least doubles, so that copies stay few. False beyond the budget or without memory. */
bool array_grow(struct table_budget *, void **array, uint32_t *max, size_t count, size_t element);
