/* SPDX-License-Identifier: Apache-2.0 */
/* range.h -- the sampled mappings that are alive: unlike a block, one may be given back in parts.
 *
 * Each is in the table of live blocks too, by a name that stays when its addresses change. As
 * there, only the program whose range it is may speak of it. Of a mapping with a hole the larger
 * part is kept.
 */
#pragma once

#include <stddef.h>

enum { RANGE_NONE = -1 };

/* [hook]   Remembers a mapping that is about to be sampled. RANGE_NONE when there is no room. */
int range_claim(const void *start, size_t size);
/* [hook]   What the table of live blocks knows it by: the address of nothing. */
void *range_name(int range);
/* [hook]   It has been entered there, unless it was not sampled after all. */
void range_settle(int range);
/* [hook]   The program is about to give back, or has mapped anew, all pages from start on: what was
 * sampled there ends, or becomes smaller. */
void range_cut(const void *start, size_t size);
/* [hook]   The program is about to have it moved or resized, which may fail: when exactly this was
 * mapped at once it is hidden until range_moved, else it ends. RANGE_NONE: nothing is hidden. */
int range_hide(const void *start, size_t size);
/* [hook]   It is here now, of this size: where it was when nothing came of it. */
void range_moved(int range, const void *start, size_t size);
