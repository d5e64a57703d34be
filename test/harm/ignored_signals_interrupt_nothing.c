/* SPDX-License-Identifier: Apache-2.0 */
/* ignored_signals_interrupt_nothing.c -- signals whose default is to be ignored come from another
 * process all the time, and no waiting call notices.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "waits.h"
#include <sys/prctl.h>

static void send_for_ever(int number, pid_t process)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == process) {
		kill(process, number);
		usleep(5000);
	}
	_exit(0);
}

static void wait_under(int number, const char *when, int times)
{
	pid_t self = getpid(), sender = fork();
	if (sender == 0)
		send_for_ever(number, self);
	waits_show(when, times);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
}

int main(void)
{
	waits_begin();
	wait_under(SIGWINCH, "window size, early", 2);
	wait_under(SIGURG, "urgent data, early", 2);
	burn(0.15);
	wait_under(SIGWINCH, "window size, later", 4);
	wait_under(SIGURG, "urgent data, later", 4);
	waits_end();
	return 0;
}
