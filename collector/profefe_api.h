/* SPDX-License-Identifier: Apache-2.0 */
/* profefe_api.h -- profefe's HTTP API, the present one and that of 2019, side by side. */
#pragma once

#include "collector/exchange.h"

/* [any]    POST /api/0/profiles?service&type[&labels][&created_at]: stores one profile. */
void profefe_create(struct exchange *);
/* [any]    POST /api/0/profile?service&instance_id&type[&labels]: the same in 2019. */
void profefe_create_old(struct exchange *);
/* [any]    GET /api/0/profiles?service&from&to[&type][&labels][&limit]: a list, oldest first. */
void profefe_list(struct exchange *);
/* [any]    GET /api/0/profiles/ID[+ID...]: one profile as it was uploaded, or several merged. */
void profefe_get(struct exchange *);
/* [any]    GET /api/0/profiles/merge?service&type&from&to[&labels][&limit]: one merged profile. */
void profefe_merge(struct exchange *);
/* [any]    GET /api/0/profile: the same in 2019. */
void profefe_merge_old(struct exchange *);
/* [any]    GET /api/0/version. */
void profefe_version(struct exchange *);
