/* SPDX-License-Identifier: Apache-2.0 */
/* request_selection.h -- which stored profiles a request wants to have merged. */
#pragma once

#include "collector/request_params.h"
#include "collector/selection.h"

/* [any]    Finds those that the parameters mean, which have to name a type that can be merged, and
 * to stay as long as the selection. If not, the exchange has been refused; what begins the text.
 * The caller clears the selection in any case. */
bool request_selection_find(struct exchange *, const struct params *, const char *what,
			    struct selection *);
/* [any]    Takes these ids, in their order, separated by one of separators; ids is written to.
 *          False when one is empty, or there are too many of them, or no memory. The caller clears
 *          the selection in any case. */
bool request_selection_split(struct selection *, char *ids, const char *separators);
