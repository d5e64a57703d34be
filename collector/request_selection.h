/* SPDX-License-Identifier: Apache-2.0 */
/* request_selection.h -- which stored profiles a request wants to have merged. */
#pragma once

#include "collector/request_params.h"
#include "collector/selection.h"

/* Each of them: whether there is something to merge; if not, the exchange has been refused. The
 * caller clears the selection in any case. */

/* [any]    Those that the parameters mean, which have a type. */
bool request_selection_find(struct exchange *, const struct params *, struct selection *);
/* [any]    Those of these ids, in their order, separated by one of separators; ids is written
 *          to. */
bool request_selection_split(struct exchange *, char *ids, const char *separators,
			     struct selection *);
