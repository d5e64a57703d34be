/* SPDX-License-Identifier: Apache-2.0 */
/* disposition.h -- what the program does with signals, as far as ticks are concerned.
 *
 * The program goes on to see the dispositions that it has set. As long as those of the tick
 * signals say "default" our handler stays; a handler of the program replaces ours at once. Ticks
 * are held back while a handler of the program runs on an alternate stack that is too small for a
 * second frame, and no timer runs while a thread blocks its signal, because a pending tick would be
 * found by sigwait, signalfd or sigpending.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* sigaction of the C library */
typedef int disposition_setter(int, const struct sigaction *, struct sigaction *);

/* [hook]   sigaction(2) as the program sees it. */
int disposition_change(disposition_setter *, int signal, const struct sigaction *,
		       struct sigaction *before);
/* [hook]   Before any other function that changes the disposition of this signal: the kernel has
 * the one that the program believes in, unless such a signal pends, and no tick comes. False when
 * there was nothing to lend: then disposition_take_back is not called. */
bool disposition_lend(disposition_setter *, int signal);
/* [hook]   After it: our handler is back, unless the program has installed its own. */
void disposition_take_back(disposition_setter *, int signal);
/* [signal] What has been seen of this signal, as the program may see it. */
void disposition_believe(int signal, struct sigaction *seen);
/* [hook]   Before the calling thread gets this alternate stack, as of sigaltstack. */
void disposition_before_stack(disposition_setter *, const stack_t *);
/* [signal] True when this change of a mask, as of sigprocmask, may hold back or let go ticks. */
bool disposition_concerns_ticks(int how, const sigset_t *);
/* [hook]   What the calling thread lets through when it lets set through: the same, and the signals
 * of ticks that it blocks only because it has jumped out of a handler that was to be quiet. room
 * is for the answer. */
const sigset_t *disposition_widen_unblocked(const sigset_t *set, sigset_t *room);
/* [hook]   Before the calling thread changes its mask as sigprocmask does. */
void disposition_before_mask(int how, const sigset_t *);
/* [hook]   After it, however it ended. */
void disposition_after_mask(void);
/* [hook]   Before the calling thread looks for pending signals of set (NULL: all): a tick that
 * pends because the mask was changed by a way that does not pass here is taken away, and the next
 * ones are held back. */
void disposition_before_wait(const sigset_t *);
