/* SPDX-License-Identifier: Apache-2.0 */
/* merging.h -- stored profiles become the one that a request asks for. */
#pragma once

#include "collector/exchange.h"
#include "collector/selection.h"

/* [any]    Answers with the profiles of the selection, merged; a single one as it was uploaded. It
 *          ends when nobody waits for the answer any more. */
void merging_answer(struct exchange *, const struct selection *, const char *file_name);
