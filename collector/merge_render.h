/* SPDX-License-Identifier: Apache-2.0 */
/* merge_render.h -- one or two merged profiles become a tree of calls, and that an answer.
 *
 * Of two, one is merged after the other, and only its calls are kept: so the memory that a merge
 * may have is enough for all.
 */
#pragma once

#include "collector/answer_wish.h"
#include "collector/selection.h"

/* [any]    Answers with the profiles of the selection, merged, in any format but pprof. */
void merge_render(struct exchange *, const struct selection *, const struct answer_wish *);
/* [any]    Answers with those of one selection compared with those of another. */
void merge_render_diff(struct exchange *, const struct selection *, const struct selection *base,
		       const struct answer_wish *);
