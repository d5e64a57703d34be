/* SPDX-License-Identifier: Apache-2.0 */
/* disposition.h -- what the program does with signals, as far as ticks are concerned.
 *
 * The program goes on to see the dispositions that it has set. As long as those of the tick
 * signals say "default" or "ignore", which is the same for them, our handler stays; a handler of
 * the program replaces ours at once. Ticks are held back while a handler of the program runs on
 * an alternate stack, which may be too small for a second frame, and no timer runs while a thread
 * blocks its signal, because a pending tick would be found by sigwait, signalfd or sigpending.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* sigaction of the C library */
typedef int disposition_setter(int, const struct sigaction *, struct sigaction *);

/* [hook]   sigaction(2) as the program sees it. */
int disposition_change(disposition_setter *, int signal, const struct sigaction *,
		       struct sigaction *before);
/* [signal] True for the signals that ticks come with. */
bool disposition_is_of_ticks(int signal);
/* [signal] True when this change of a mask, as of sigprocmask, may hold back or let go ticks. */
bool disposition_concerns_ticks(int how, const sigset_t *);
/* [hook]   Before the calling thread changes its mask as sigprocmask does. */
void disposition_before_mask(int how, const sigset_t *);
/* [hook]   After it, however it ended. */
void disposition_after_mask(void);
