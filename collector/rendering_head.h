/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_head.h -- what JSON answers say first: of what they are. */
#pragma once

#include "collector/rendering.h"

/* [any]    Begins the envelope and its body. */
void rendering_head(const struct rendering *, struct text *);
