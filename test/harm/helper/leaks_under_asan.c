/* SPDX-License-Identifier: Apache-2.0 */
/* leaks_under_asan.c -- loses some blocks, keeps others.
 *
 * flags: -O0 -g -fsanitize=address -static-libasan -pthread
 */
#include "leaks.inc"
