/* SPDX-License-Identifier: Apache-2.0 */
/* resident.h -- memory that the program locks: its own and not ours. */
#pragma once

#include <stdbool.h>

/* [hook]   After mlockall succeeded: our memory may be paged out as before. */
void resident_release(bool in_future);
/* [hook]   mlockall was refused for want of room under RLIMIT_MEMLOCK. True when it is worth
 * another try after resident_shrink. */
bool resident_may_shrink(void);
/* [hook]   Gives back what can be: this process must not be profiled any more, nor may anybody ask
 * for live blocks. */
void resident_shrink(void);
/* [worker] The same for what the worker maps from now on. */
void resident_release_range(void *address, unsigned long size);
