/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h -- which request is answered by whom, and who may ask. */
#pragma once

#include "collector/server.h"

/* [http]   See resolve in struct server_options: finds the handler, and refuses who may not. */
bool routes_resolve(struct exchange *, struct server_task *);
