/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c -- dispositions and masks: the program's own view of them is kept. */
#include <errno.h>
#include <signal.h>

#include "core/disposition.h"
#include "preload/export.h"
#include "preload/real.h"

EXPORT int sigaction(int signal, const struct sigaction *restrict action,
		     struct sigaction *restrict before)
{
	const struct real *real = real_get();
	if (!real->sigaction) {
		errno = ENOSYS;
		return -1;
	}
	return disposition_change(real->sigaction, signal, action, before);
}

/* As the C libraries have it: BSD's semantics. */
EXPORT void (*signal(int signal, void (*handler)(int)))(int)
{
	const struct real *real = real_get();
	if (!disposition_is_of_ticks(signal) || !real->sigaction || handler == SIG_ERR)
		return real->signal ? real->signal(signal, handler) : SIG_ERR;
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
	*(unsigned long *)&action.sa_mask = 1ul << (signal - 1);
	return sigaction(signal, &action, &before) ? SIG_ERR : before.sa_handler;
}

/* Both report an error in their own way, which is not ours to look at. */
static int change_mask(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		       sigset_t *before)
{
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
	errno = ENOSYS;
	return -1;
}
