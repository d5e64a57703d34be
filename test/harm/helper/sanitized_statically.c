/* SPDX-License-Identifier: Apache-2.0 */
/* sanitized_statically.c -- the same with the sanitizer inside the program.
 *
 * flags: -O1 -fsanitize=address -static-libasan -pthread
 */
#include "sanitized.c"
