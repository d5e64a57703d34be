/* SPDX-License-Identifier: Apache-2.0 */
/* real.h -- the functions behind those that this library takes over.
 *
 * They are found by reading the symbol tables of the loaded objects in search order, not by dlsym:
 * dlsym allocates, is not in every libc.so.6, and on failure leaves an error for the host to find.
 */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>

#include "preload/family.h"

#undef mmap64 /* which musl's headers make another name of mmap */

/* Those that are taken over, and what their wrappers need. Any of them may be absent; mallctl,
 * cfree and the like are those of the object that has malloc. */
#define REAL_FUNCTIONS(X)                                                                        \
	X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)) \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *))                   \
	X(sighandler_t, signal, (int, sighandler_t))                                             \
	X(int, sigaltstack, (const stack_t *, stack_t *))                                        \
	X(sighandler_t, sysv_signal, (int, sighandler_t))                                        \
	X(sighandler_t, __sysv_signal, (int, sighandler_t))                                      \
	X(sighandler_t, bsd_signal, (int, sighandler_t))                                         \
	X(sighandler_t, ssignal, (int, sighandler_t))                                            \
	X(sighandler_t, sigset, (int, sighandler_t))                                             \
	X(int, sigignore, (int))                                                                 \
	X(int, sigwait, (const sigset_t *, int *))                                               \
	X(int, sigwaitinfo, (const sigset_t *, siginfo_t *))                                     \
	X(int, sigtimedwait, (const sigset_t *, siginfo_t *, const struct timespec *))           \
	X(int, sigpending, (sigset_t *))                                                         \
	X(int, signalfd, (int, const sigset_t *, int))                                           \
	X(int, pthread_sigmask, (int, const sigset_t *, sigset_t *))                             \
	X(int, sigprocmask, (int, const sigset_t *, sigset_t *))                                 \
	X(int, mlockall, (int))                                                                  \
	X(int, unshare, (int))                                                                   \
	X(int, setns, (int, int))                                                                \
	X(int, prctl, (int, ...))                                                                \
	X(long, syscall, (long, ...))                                                            \
	X(int, setuid, (uid_t))                                                                  \
	X(int, seteuid, (uid_t))                                                                 \
	X(int, setreuid, (uid_t, uid_t))                                                         \
	X(int, setresuid, (uid_t, uid_t, uid_t))                                                 \
	X(int, setgid, (gid_t))                                                                  \
	X(int, setegid, (gid_t))                                                                 \
	X(int, setregid, (gid_t, gid_t))                                                         \
	X(int, setresgid, (gid_t, gid_t, gid_t))                                                 \
	X(int, setgroups, (size_t, const gid_t *))                                               \
	X(int, initgroups, (const char *, gid_t))                                                \
	X(int, capset, (void *, const void *))                                                   \
	X(void, _exit, (int))                                                                    \
	X(int, __cxa_at_quick_exit, (void (*)(void *), void *))                                  \
	X(int, at_quick_exit, (void (*)(void)))                                                  \
	X(int, pthread_key_create, (pthread_key_t *, void (*)(void *)))                          \
	X(int, pthread_setspecific, (pthread_key_t, const void *))                               \
	X(int, pthread_attr_getstacksize, (const pthread_attr_t *, size_t *))                    \
	X(int, pthread_attr_destroy, (pthread_attr_t *))                                         \
	X(int, pthread_getattr_default_np, (pthread_attr_t *))                                   \
	X(int, __register_atfork, (void (*)(void), void (*)(void), void (*)(void), void *))      \
	X(int, pthread_atfork, (void (*)(void), void (*)(void), void (*)(void)))                 \
	X(void *, mmap, (void *, size_t, int, int, int, off_t))                                  \
	X(void *, mmap64, (void *, size_t, int, int, int, off_t))                                \
	X(int, munmap, (void *, size_t))                                                         \
	X(void *, mremap, (void *, size_t, size_t, int, ...))                                    \
	X(int, mallctl, (const char *, void *, size_t *, void *, size_t))                        \
	ALLOCATORS(X) NEWS(X) FREES(X)

struct real {
#define X(result, name, parameters, ...) result(*name) parameters;
	REAL_FUNCTIONS(X)
#undef X
};

/* [hook]   The real functions, looked up at the first call; a pointer is NULL when no object that
 * is loaded behind this library, nor any other, defines the function. */
const struct real *real_get(void);
/* [hook]   What any object that is loaded now has of this name, to be called at once; or NULL. */
void *real_find_now(const char *name);
/* [hook]   Whether this code is the allocator's own: that of the object that has malloc. */
bool real_is_allocator(const void *code);
/* [init]   True when an object in front of this library has a malloc of its own: then the program's
 * calls do not come here. */
bool real_is_bypassed(void);
