/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h -- a parcel as the body of an upload to a Blackfire or Datadog agent.
 *
 * multipart/form-data: one NAME.pprof part per profile, then event.json. The profiles' bytes are
 * referred to, not copied.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "transport/parcel.h"

enum { AGENT_SEGMENTS_MAX = 2 * PARCEL_PROFILES_MAX + 1 };

struct agent_body {
	char content_type[96];
	char *text; /* everything but the profiles */
	struct iovec segments[AGENT_SEGMENTS_MAX];
	size_t segment_count;
};

/* [worker] Builds the body, which points into the parcel and must not outlive it. random makes the
 * boundary, which is sure not to occur in the body. 0, -ENOMEM, -ENODATA without a profile. */
int agent_encode(struct agent_body *, const struct parcel *, uint64_t random);
/* [worker] Gives back what agent_encode took; harmless on a zeroed body. */
void agent_release(struct agent_body *);
