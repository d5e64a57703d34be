/* SPDX-License-Identifier: Apache-2.0 */
/* fresh_user.h -- becomes a user of whom there is nobody else, because the kernel counts pending
 * signals, timers and processes per user. Needs root.
 */
#pragma once
#include "life.h"
#include <grp.h>

static inline void become_fresh_user(void)
{
	uid_t user = 200000000 + (uid_t)getpid();
	if (!expect(!setgroups(0, NULL) && !setgid(user) && !setuid(user), "another user"))
		exit(3);
}
