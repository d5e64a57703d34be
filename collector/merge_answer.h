/* SPDX-License-Identifier: Apache-2.0 */
/* merge_answer.h -- what a request for merged profiles is answered with. */
#pragma once

#include "collector/answer_wish.h"
#include "collector/selection.h"

/* [any]    Answers with the profiles of the selection, merged; as pprof a single one as it was
 *          uploaded. */
void merge_answer(struct exchange *, const struct selection *, const struct answer_wish *,
		  const char *file_name);
