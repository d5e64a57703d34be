/* SPDX-License-Identifier: Apache-2.0 */
/* tick.c -- what a tick takes from the thread it interrupts, and how much stack.
 *
 *     tick STACK_BYTES TICKS PAUSE_US WALK_BYTES
 *
 * The thread sends itself what a timer would send, so that no interrupt, which costs far more
 * than the handler where there is a hypervisor, is in the figure. Whoever was preloaded takes the
 * tick, or an empty handler when nobody was: the difference is the handler. Between two ticks the
 * thread pauses and walks over memory, as a program would that uses its caches. The interrupted
 * stack ends STACK_BYTES above. Handlers run on a painted alternate stack: the damage tells how
 * deep they went. Prints "NANOSECONDS STACK_BYTES" per tick.
 */
#include <alloca.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	WORDS = (32 << 10) / 8,
	LINE = 64,
	STACK_MAX = 1 << 20,
	WALK_MAX = 64 << 20,
};

static const uint64_t PAINT = 0x5aa5c33c0ff0963c;

struct course {
	size_t ticks;
	uint64_t pause_ns;
	size_t walk;
};

static uint64_t painted[WORDS];
static volatile char ground[WALK_MAX];

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void do_nothing(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

/* As the kernel has it: a profiler may show the program what the program has set itself. */
static void *handler_of(int signal)
{
	void *now[4] = {NULL}; /* rt_sigaction(2): handler, flags, restorer, mask */
	long result;
	register long size __asm__("r10") = sizeof(now[3]);
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)SYS_rt_sigaction), "D"((long)signal), "S"(0L), "d"(now),
			   "r"(size)
			 : "rcx", "r11", "memory");
	return result ? NULL : now[0];
}

/* The same flags and mask as the profiler's. */
static int handle_if_nobody_does(void)
{
	struct sigaction action = {0};
	if (handler_of(SIGURG))
		return 0;
	action.sa_sigaction = do_nothing;
	action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
	sigfillset(&action.sa_mask);
	return sigaction(SIGURG, &action, NULL);
}

/* Bytes below the top of the alternate stack that are damaged; the paint is made good. */
static unsigned repair_paint(void)
{
	volatile uint64_t *words = painted;
	unsigned lowest = WORDS;
	for (unsigned i = WORDS; i-- > 0;) {
		if (words[i] == PAINT)
			continue;
		words[i] = PAINT;
		lowest = i;
	}
	return (WORDS - lowest) * 8;
}

/* To its own process the kernel lets anybody say that a timer expired. */
static uint64_t tick(void)
{
	siginfo_t info = {.si_signo = SIGURG, .si_code = SI_TIMER};
	pid_t pid = getpid();
	uint64_t start = now_ns();
	syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGURG, &info);
	return now_ns() - start;
}

static void pause_and_walk(const struct course *course)
{
	uint64_t start = now_ns();
	for (size_t i = 0; i < course->walk; i += LINE)
		ground[i]++;
	while (now_ns() - start < course->pause_ns)
		;
}

static void run(const struct course *course)
{
	for (size_t i = 0; i < course->ticks; i++) {
		pause_and_walk(course);
		uint64_t ns = tick();
		printf("%llu %u\n", (unsigned long long)ns, repair_paint());
	}
}

/* The profiler takes the stack of the first thread to end where environ is. */
__attribute__((noinline)) static int run_at_depth(size_t depth, const struct course *course)
{
	size_t used = (uintptr_t)environ - (uintptr_t)__builtin_frame_address(0);
	volatile char *room = NULL;
	if (depth > used) {
		room = alloca(depth - used);
		memset((void *)room, 0, depth - used);
	}
	run(course);
	return room ? *room : 0;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: tick STACK_BYTES TICKS PAUSE_US WALK_BYTES\n");
		return 2;
	}
	size_t depth = strtoul(argv[1], NULL, 10);
	struct course course = {.ticks = strtoul(argv[2], NULL, 10),
				.pause_ns = strtoul(argv[3], NULL, 10) * 1000,
				.walk = strtoul(argv[4], NULL, 10)};
	stack_t alternate = {.ss_sp = painted, .ss_size = sizeof(painted)};
	repair_paint();
	if (depth > STACK_MAX || course.walk > WALK_MAX || sigaltstack(&alternate, NULL) ||
	    handle_if_nobody_does()) {
		perror("tick");
		return 1;
	}
	return run_at_depth(depth, &course);
}
