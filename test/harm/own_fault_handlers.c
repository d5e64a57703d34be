/* SPDX-License-Identifier: Apache-2.0 */
/* own_fault_handlers.c -- a program that lives on its own faults catches each of them, and only
 * them.
 *
 * harm: signals
 * level: P0
 * naive: segv
 */
#include "life.h"
#include "status.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>

enum { TIMES = 3000 };

static __thread sigjmp_buf place;
static __thread int expected;
static __thread uintptr_t address;
static __thread int strange;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	strange += signal != expected;
	strange += address && (uintptr_t)info->si_addr != address;
	strange += info->si_code <= 0;
	siglongjmp(place, 1);
}

/* SIGURG and SIGWINCH are the two signals that the library is documented to handle. */
static void print_caught(const char *when)
{
	char caught[64];
	unsigned long ours = 1ul << (SIGURG - 1) | 1ul << (SIGWINCH - 1);
	status_text("SigCgt:", caught, sizeof caught);
	printf("%s: catches %016lx\n", when, strtoul(caught, NULL, 16) & ~ours);
}

static void write_to_nothing(void *at)
{
	*(volatile char *)at = 1;
}

static void divide_by_nothing(void *unused)
{
	volatile int nothing = 0, one = 1;
	(void)unused;
	one = one / nothing;
}

static void run_nonsense(void *unused)
{
	(void)unused;
	__asm__ volatile("ud2");
}

static char *closed_page(void)
{
	return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static char *page_behind_the_end(void)
{
	FILE *file = tmpfile();
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
}

static int faults(int signal, void (*fault)(void *), void *at)
{
	volatile int caught = 0;
	expected = signal;
	address = (uintptr_t)at;
	for (volatile int i = 0; i < TIMES; i++) {
		if (!sigsetjmp(place, 1))
			fault(at);
		else
			caught++;
	}
	return caught;
}

static void *fault_in_all_ways(void *who)
{
	static char room[2][1 << 16];
	stack_t stack = {.ss_sp = room[*(char *)who == 'm'], .ss_size = sizeof room[0]};
	sigaltstack(&stack, NULL);
	printf("%s\n", (char *)who);
	printf("  null: %d\n", faults(SIGSEGV, write_to_nothing, NULL));
	burn(0.06);
	printf("  closed page: %d\n", faults(SIGSEGV, write_to_nothing, closed_page()));
	burn(0.06);
	printf("  behind the end: %d\n", faults(SIGBUS, write_to_nothing, page_behind_the_end()));
	printf("  division: %d\n", faults(SIGFPE, divide_by_nothing, NULL));
	printf("  nonsense: %d\n", faults(SIGILL, run_nonsense, NULL));
	printf("  strange: %d\n", strange);
	return NULL;
}

int main(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	struct sigaction action = {.sa_sigaction = on_fault}, before;
	pthread_t thread;
	print_caught("at start");
	for (int i = 0; i < 4; i++) {
		action.sa_flags = SA_SIGINFO | (i % 2 ? 0 : SA_ONSTACK);
		sigaction(signals[i], &action, &before);
		printf("%d was default: %d\n", signals[i], before.sa_handler == SIG_DFL);
	}
	fault_in_all_ways("main");
	pthread_create(&thread, NULL, fault_in_all_ways, "thread");
	pthread_join(thread, NULL);
	print_caught("at end");
	return 0;
}
