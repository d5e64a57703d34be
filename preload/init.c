/* SPDX-License-Identifier: Apache-2.0 */
/* init.c -- the program begins, forks, ends. */
#include <errno.h>
#include <unistd.h>

#include "core/profiler.h"
#include "preload/conprof.h"
#include "preload/export.h"
#include "preload/malloc.h"
#include "preload/real.h"

static void begin_child(void)
{
	int saved = errno;
	profiler_begin_child();
	malloc_count(profiler_samples_heap());
	errno = saved;
}

static void forked(void)
{
	int saved = errno;
	profiler_clone_seen();
	malloc_count(profiler_samples_heap());
	errno = saved;
}

/* Through libc and not by taking over fork, because daemon and forkpty fork inside libc. glibc has
 * pthread_atfork only in a static archive before 2.34; what it calls is there since 2.3.2. */
static void register_atfork(void)
{
	const struct real *real = real_get();
	if (real->__register_atfork)
		real->__register_atfork(profiler_before_fork, forked, begin_child, NULL);
	else if (real->pthread_atfork)
		real->pthread_atfork(profiler_before_fork, forked, begin_child);
}

static void end_quickly(void *unused)
{
	(void)unused;
	profiler_end();
}

/* quick_exit runs no destructors. First in, last out. */
static void register_quick_exit(void)
{
	const struct real *real = real_get();
	if (real->__cxa_at_quick_exit)
		real->__cxa_at_quick_exit(end_quickly, NULL);
	else if (real->at_quick_exit)
		real->at_quick_exit((void (*)(void))end_quickly);
}

__attribute__((constructor)) static void begin(void)
{
	int saved = errno;
	const struct real *real = real_get();
	if (profiler_begin(environ, real->sigaction)) {
		register_atfork();
		register_quick_exit();
		malloc_count(profiler_samples_heap());
	}
	errno = saved;
}

__attribute__((destructor)) static void end(void)
{
	int saved = errno;
	profiler_end();
	errno = saved;
}

EXPORT int conprof_start(const struct conprof_options *options)
{
	int saved = errno;
	int error = profiler_start(options);
	malloc_count(profiler_samples_heap());
	errno = saved;
	return error;
}

EXPORT void conprof_stop(void)
{
	int saved = errno;
	profiler_stop();
	malloc_count(profiler_samples_heap());
	errno = saved;
}
