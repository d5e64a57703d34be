/* SPDX-License-Identifier: Apache-2.0 */
/* wraps_create_too.c -- the same on the other side.
 *
 * flags: -O2 -pthread -DWRAPS_COUNT=wraps_after
 */
#include "wraps_create.c"
