/* SPDX-License-Identifier: Apache-2.0 */
/* pthread.c -- every thread that the program makes passes here once. */
#include <errno.h>
#include <stdbool.h>

#include "core/profiler.h"
#include "preload/export.h"
#include "preload/malloc.h"
#include "preload/real.h"

/* Its destructor is the one place that return, pthread_exit and cancellation all come to. */
static struct {
	pthread_key_t key;
	_Atomic int state;
} self;

enum key_state { KEY_UNTRIED, KEY_BUSY, KEY_READY, KEY_ABSENT };

static void end_thread(void *slot)
{
	int saved = errno;
	profiler_thread_end(slot);
	errno = saved;
}

static bool key_ready(const struct real *real)
{
	int untried = KEY_UNTRIED;
	if (atomic_compare_exchange_strong(&self.state, &untried, KEY_BUSY)) {
		bool made = real->pthread_key_create && real->pthread_setspecific &&
			    real->pthread_key_create(&self.key, end_thread) == 0;
		atomic_store(&self.state, made ? KEY_READY : KEY_ABSENT);
	}
	return atomic_load(&self.state) == KEY_READY;
}

/* 0 when it cannot be learned: then the stack is read with care. */
static size_t stack_size(const struct real *real, const pthread_attr_t *attributes)
{
	size_t size = 0;
	if (!real->pthread_attr_getstacksize)
		return 0;
	if (attributes)
		return real->pthread_attr_getstacksize(attributes, &size) ? 0 : size;
	union {
		pthread_attr_t attributes;
		char room[128]; /* for any C library's */
	} standard;
	if (!real->pthread_getattr_default_np || !real->pthread_attr_destroy ||
	    real->pthread_getattr_default_np(&standard.attributes))
		return 0;
	if (real->pthread_attr_getstacksize(&standard.attributes, &size))
		size = 0;
	real->pthread_attr_destroy(&standard.attributes);
	return size;
}

/* The routine is called last and in tail position, so that nothing of ours is on the stack that a
 * cancellation or an exception unwinds. */
static void *begin_thread(void *argument)
{
	struct thread *slot = argument;
	void *(*routine)(void *) = slot->routine;
	void *routine_argument = slot->argument;
	profiler_thread_begin(slot, __builtin_frame_address(0));
	malloc_count(profiler_samples_heap()); /* this may have been what sampling waited for */
	real_get()->pthread_setspecific(self.key, slot);
	return routine(routine_argument);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*routine)(void *), void *argument)
{
	const struct real *real = real_get();
	if (!real->pthread_create)
		return EAGAIN;
	struct thread *slot = profiler_thread_new(routine, argument, stack_size(real, attributes));
	if (slot && !key_ready(real)) {
		profiler_thread_refused(slot);
		slot = NULL;
	}
	if (!slot)
		return real->pthread_create(thread, attributes, routine, argument);
	int error = real->pthread_create(thread, attributes, begin_thread, slot);
	if (error)
		profiler_thread_refused(slot);
	return error;
}
