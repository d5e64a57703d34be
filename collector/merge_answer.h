/* SPDX-License-Identifier: Apache-2.0 */
/* merge_answer.h -- what a request for merged profiles is answered with. */
#pragma once

#include "collector/exchange.h"
#include "collector/selection.h"

/* [any]    Answers with the profiles of the selection, merged; a single one as it was uploaded. */
void merge_answer(struct exchange *, const struct selection *, const char *file_name);
/* [any]    Refuses with what merging_run has returned and said. */
void merge_refuse(struct exchange *, int error, const char *why);
