/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.h -- whose profiles a token is for: constraints, all of which they fit.
 *
 * They are written as labels are, KEY=VALUE,KEY=VALUE with percent-encoding. The keys service and
 * type mean those of a profile, and their values may have * and ?; any other is a label, whose
 * value is compared as it is. Shared by the tokens and by the requests that came with one.
 */
#pragma once

#include "collector/labels.h"

enum {
	TENANT_ERROR_SIZE = 256,
};

struct tenant;

/* [any]    Reads constraints. 0 and *tenant, with one reference; -EINVAL when they cannot be
 *          understood, or there are none; -ENOMEM. */
int tenant_parse(struct tenant **, const char *text);
/* [any]    The tenant that has nothing. */
const struct tenant *tenant_nobody(void);
/* [any]    One user more, and less; NULL, which is everybody, is fine. */
struct tenant *tenant_hold(struct tenant *);
void tenant_release(struct tenant *);
/* [any]    Whether a profile is the tenant's; NULL has all. */
bool tenant_has(const struct tenant *, const char *service, const char *type,
		const struct labels *);
/* [any]    Makes a new profile the tenant's: labels that it does not have are set. 0; -EACCES when
 *          it says that it is somebody else's, and error says how; -E2BIG, -ENOMEM. */
int tenant_admit(const struct tenant *, const char *service, const char *type, struct labels *,
		 char error[TENANT_ERROR_SIZE]);
