/* SPDX-License-Identifier: Apache-2.0 */
/* faults_come_to_its_own_handler.c -- a program that survives its own faults does so ten thousand
 * times, and nobody else handles one.
 *
 * harm: signals
 * level: P0
 * naive: segv, cpu
 */
#include "life.h"
#include <setjmp.h>
#include <sys/mman.h>

enum { TIMES = 10000 };

/* The two signals that the library is documented to handle are left out. */
static void show_caught(const char *when)
{
	static const unsigned long documented = 1ul << (SIGURG - 1) | 1ul << (SIGWINCH - 1);
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		if (strncmp(line, "SigCgt:", 7) == 0)
			printf("%s: caught %#lx\n", when,
			       strtoul(line + 7, NULL, 16) & ~documented);
	if (status)
		fclose(status);
}

static sigjmp_buf back;
static char *volatile bad;
static volatile int at_the_address;

static void recover(int number, siginfo_t *info, void *context)
{
	(void)context;
	at_the_address += info->si_addr == bad && info->si_code > 0;
	siglongjmp(back, number);
}

static void fault(const char *what, int number, char *address)
{
	int faults = 0;
	bad = address;
	at_the_address = 0;
	for (volatile int i = 0; i < TIMES; i++) {
		if (sigsetjmp(back, 1) == number)
			faults++;
		else
			*bad = 1;
	}
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	printf("%s: %d faults, %d at the address, still blocked %d\n", what, faults, at_the_address,
	       sigismember(&mask, number));
}

static char *page_behind_the_end(void)
{
	FILE *file = tmpfile();
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = recover, .sa_flags = SA_SIGINFO};
	show_caught("at first");
	burn(0.2);
	show_caught("later");
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	fault("null", SIGSEGV, NULL);
	fault("read only", SIGSEGV,
	      mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	fault("behind the end of a file", SIGBUS, page_behind_the_end());
	show_caught("at the end");
	return 0;
}
