/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h -- threads that do what was handed to them, in the order of its coming; what would wait
 * too long is not taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pool;

struct pool_job {
	void (*run)(struct pool_job *); /* on a thread of the pool */
	struct pool_job *next;		/* the pool's */
};

/* [any]    A pool of so many threads, where at most waiting_max jobs wait. NULL and errno. */
struct pool *pool_create(unsigned threads, size_t waiting_max);
/* [any]    Does what waits still, and ends the threads; NULL is fine. */
void pool_destroy(struct pool *);
/* [any]    Takes the job, the caller's, over until it runs; false when too many wait. */
bool pool_submit(struct pool *, struct pool_job *);
