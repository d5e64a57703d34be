/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_of_the_strict_kind.c -- only read, write and _exit are left, and _exit is of one thread.
 *
 * harm: life
 * level: P0
 * naive: thread
 */
#include "life.h"
#include "sandbox.h"

/* Strict mode takes away even the time stamp counter, so that no clock can be read in it. */
static unsigned long spin(unsigned long laps)
{
	volatile unsigned long i = 0;
	while (i < laps)
		i++;
	return i;
}

static unsigned long laps_of(double seconds)
{
	enum { LAPS = 2000000 };
	double begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
	spin(LAPS);
	return (unsigned long)(LAPS * seconds / (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - begin));
}

static void live(double before)
{
	unsigned long laps = laps_of(0.12);
	burn(before);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(1);
	spin(laps);
	ssize_t written = write(1, "strict\n", 7);
	syscall(SYS_exit, written == 7 ? 7 : 8);
}

int main(int argc, char **argv)
{
	static const char *const before[] = {"0", "0.05", "0.12"};
	if (argc > 1)
		live(atof(argv[1]));
	for (int i = 0; i < 3; i++)
		print_ending(before[i], wait_at_most(begin_again(before[i]), 20));
	return 0;
}
