/* SPDX-License-Identifier: Apache-2.0 */
/* compactor.h -- uploads become compact records: what many profiles of a service have in common is
 * in a dictionary, once, and a record says only what is its own.
 */
#pragma once

#include "collector/partition.h"

enum {
	COMPACTOR_GROUP = 128, /* profiles of one step */
};

struct compactor;

/* [any]    For one thread. A profile may have at most inflated_max bytes. NULL without memory. */
struct compactor *compactor_create(uint64_t inflated_max, uint64_t seed);
/* [any]    NULL is fine. */
void compactor_destroy(struct compactor *);
/* [compactor] Makes records of up to COMPACTOR_GROUP profiles of one service that have none, saves
 *          their dictionary, and hands them to commit, which stores them or says -errno. Fewer wait
 *          for more until they are older than before_ns. Returns how many there were, 0 when there
 * is nothing to do, or -errno. */
int compactor_step(struct compactor *, struct partition *, int64_t before_ns,
		   int (*commit)(void *, struct partition *, const struct partition_raw *, size_t),
		   void *context);
