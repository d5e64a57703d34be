/* SPDX-License-Identifier: Apache-2.0 */
/* leaks.c -- loses some blocks, keeps others.
 *
 * flags: -O0 -g -fsanitize=leak -pthread
 */
#include "leaks.inc"
