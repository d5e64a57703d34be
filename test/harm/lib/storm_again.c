/* SPDX-License-Identifier: Apache-2.0 */
/* storm_again.c -- the same neighbour on the other side: one file is loaded once only.
 *
 * flags: -O2 -pthread -Dstorm_settle=storm_again_settle
 */
#include "storm.c"
