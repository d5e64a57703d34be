/* SPDX-License-Identifier: Apache-2.0 */
/* profile_json.h -- a stored profile as profefe's clients read it. */
#pragma once

#include "collector/store.h"
#include "collector/text.h"

/* [any]    Appends {"id":...,"type":...,"service":...,"labels":[...],"created_at":...}. */
void profile_json(struct text *, const struct store_profile *);
