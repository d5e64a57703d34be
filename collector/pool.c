/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c -- threads that do what was handed to them, in the order of its coming. */
#include "collector/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct pool_job *first, **last;
	size_t waiting, waiting_max;
	bool ending;
	unsigned thread_count;
	pthread_t threads[];
};

/* The next job; NULL when the pool ends and none is left. */
static struct pool_job *take(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (!pool->first && !pool->ending)
		pthread_cond_wait(&pool->wake, &pool->lock);
	struct pool_job *job = pool->first;
	if (job) {
		pool->first = job->next;
		if (!pool->first)
			pool->last = &pool->first;
		pool->waiting--;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *work(void *context)
{
	struct pool_job *job;
	while ((job = take(context)))
		job->run(job);
	return NULL;
}

struct pool *pool_create(unsigned threads, size_t waiting_max)
{
	struct pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->last = &pool->first;
	pool->waiting_max = waiting_max;
	int error = 0;
	while (!error && pool->thread_count < threads) {
		error = pthread_create(&pool->threads[pool->thread_count], NULL, work, pool);
		pool->thread_count += !error;
	}
	if (!error)
		return pool;
	pool_destroy(pool);
	errno = error;
	return NULL;
}

void pool_destroy(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->wake);
	free(pool);
}

bool pool_submit(struct pool *pool, struct pool_job *job)
{
	pthread_mutex_lock(&pool->lock);
	bool taken = !pool->ending && pool->waiting < pool->waiting_max;
	if (taken) {
		job->next = NULL;
		*pool->last = job;
		pool->last = &job->next;
		pool->waiting++;
		pthread_cond_signal(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return taken;
}
