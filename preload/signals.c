/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c -- dispositions and masks: the program's own view of them is kept. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "core/disposition.h"
#include "preload/export.h"
#include "preload/real.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

EXPORT int sigaction(int signal, const struct sigaction *restrict action,
		     struct sigaction *restrict before)
{
	const struct real *real = real_get();
	if (!real->sigaction)
		return fail(ENOSYS);
	return disposition_change(real->sigaction, signal, action, before);
}

/* The other doors to the same room. The C library's own sigaction is behind them, not ours. */
#define DISPOSITION_SETTER(name)                                          \
	EXPORT sighandler_t name(int signal, sighandler_t handler)        \
	{                                                                 \
		const struct real *real = real_get();                     \
		if (!real->name) {                                        \
			errno = ENOSYS;                                   \
			return SIG_ERR;                                   \
		}                                                         \
		bool is_lent = disposition_lend(real->sigaction, signal); \
		sighandler_t before = real->name(signal, handler);        \
		struct sigaction seen = {.sa_handler = before};           \
		disposition_believe(signal, &seen);                       \
		if (is_lent)                                              \
			disposition_take_back(real->sigaction, signal);   \
		return seen.sa_handler;                                   \
	}

sighandler_t sysv_signal(int, sighandler_t);
sighandler_t __sysv_signal(int, sighandler_t);
sighandler_t bsd_signal(int, sighandler_t);
sighandler_t ssignal(int, sighandler_t);

DISPOSITION_SETTER(signal)
DISPOSITION_SETTER(sysv_signal)
DISPOSITION_SETTER(__sysv_signal)
DISPOSITION_SETTER(bsd_signal)
DISPOSITION_SETTER(ssignal)
DISPOSITION_SETTER(sigset)

EXPORT int sigignore(int signal)
{
	const struct real *real = real_get();
	if (!real->sigignore)
		return fail(ENOSYS);
	bool is_lent = disposition_lend(real->sigaction, signal);
	int result = real->sigignore(signal);
	if (is_lent)
		disposition_take_back(real->sigaction, signal);
	return result;
}

EXPORT int sigaltstack(const stack_t *restrict stack, stack_t *restrict before)
{
	const struct real *real = real_get();
	disposition_before_stack(real->sigaction, stack);
	return real->sigaltstack ? real->sigaltstack(stack, before) : fail(ENOSYS);
}

/* Both report an error in their own way, which is not ours to look at. */
static int change_mask(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		       sigset_t *before)
{
	sigset_t room;
	if (set && how == SIG_UNBLOCK)
		set = disposition_widen_unblocked(set, &room);
	if (!disposition_concerns_ticks(how, set))
		return real(how, set, before);
	disposition_before_mask(how, set);
	int result = real(how, set, before);
	disposition_after_mask();
	return result;
}

EXPORT int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
	const struct real *real = real_get();
	return real->pthread_sigmask ? change_mask(real->pthread_sigmask, how, set, before)
				     : ENOSYS;
}

EXPORT int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
	const struct real *real = real_get();
	if (real->sigprocmask)
		return change_mask(real->sigprocmask, how, set, before);
	return fail(ENOSYS);
}

/* ---- those that would find a tick pending
 * ----------------------------------------------------------- */

EXPORT int sigwait(const sigset_t *restrict set, int *restrict signal)
{
	const struct real *real = real_get();
	disposition_before_wait(set);
	return real->sigwait ? real->sigwait(set, signal) : ENOSYS;
}

EXPORT int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	const struct real *real = real_get();
	disposition_before_wait(set);
	return real->sigwaitinfo ? real->sigwaitinfo(set, info) : fail(ENOSYS);
}

EXPORT int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
			const struct timespec *restrict timeout)
{
	const struct real *real = real_get();
	disposition_before_wait(set);
	return real->sigtimedwait ? real->sigtimedwait(set, info, timeout) : fail(ENOSYS);
}

EXPORT int sigpending(sigset_t *set)
{
	const struct real *real = real_get();
	disposition_before_wait(NULL);
	return real->sigpending ? real->sigpending(set) : fail(ENOSYS);
}

EXPORT int signalfd(int fd, const sigset_t *set, int flags)
{
	const struct real *real = real_get();
	disposition_before_wait(set);
	return real->signalfd ? real->signalfd(fd, set, flags) : fail(ENOSYS);
}
