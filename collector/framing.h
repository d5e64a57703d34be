/* SPDX-License-Identifier: Apache-2.0 */
/* framing.h -- whether all who read a request agree where it ends.
 *
 * Behind a proxy that reads the same headers in another way, what is the body for one of them is
 * the next request for the other, and nobody has asked who sent that one.
 */
#pragma once

#include <stdbool.h>

struct MHD_Connection;

/* [http]   False with two lengths, a length and a coding, a coding that is not chunked, or a name
 * of a header that has a blank in it. */
bool framing_is_clear(struct MHD_Connection *);
