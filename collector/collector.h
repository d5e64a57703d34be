/* SPDX-License-Identifier: Apache-2.0 */
/* collector.h -- what all requests share. */
#pragma once

#include "collector/guard.h"
#include "collector/inspector.h"
#include "collector/options.h"
#include "collector/server.h"
#include "collector/store.h"

#include <pthread.h>

struct collector {
	const struct options *options;
	struct store *store;
	struct inspectors *inspectors;
	struct server *_Atomic server; /* for its load; NULL until it is there */
	uint64_t seed;		       /* that an enemy cannot know, for hash tables */
	int64_t began_ns;	       /* when it was started */
	pthread_rwlock_t guard_lock;
	struct guard *guard; /* NULL: everybody may do everything */
};
