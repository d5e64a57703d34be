/* SPDX-License-Identifier: Apache-2.0 */
/* registers_hold_no_stack.c -- code that keeps anything in rbp and its stack anywhere computes.
 *
 * Below the stack pointer there is room, as signals need; above it there is nothing: the stack ends
 * with its page, and the next one is not mapped, not readable, or never answers.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+backtrace
 */
#include "life.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096, ROOM = 32 * PAGE, LAPS = 400000000 };

/* LAPS laps with these values in rsp and rbp; its unwind table says of neither. */
void compute_with(char *stack, unsigned long frame, long laps);
__asm__(".text\n"
	".globl compute_with\n"
	"compute_with:\n"
	".cfi_startproc\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	mov %rsp, %rbx\n"
	"	mov %rdi, %rsp\n"
	"	mov %rsi, %rbp\n"
	"1:	dec %rdx\n"
	"	jnz 1b\n"
	"	mov %rbx, %rsp\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".cfi_endproc\n");

static char *stack_end;

static int nothing(char *page)
{
	return munmap(page, PAGE);
}

static int unreadable(char *page)
{
	return mprotect(page, PAGE, PROT_NONE);
}

static int behind_the_end(char *page)
{
	int file = open("empty", O_RDWR | O_CREAT, 0600);
	return mmap(page, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED;
}

/* Whoever reads the page waits for this process to say what is in it, which it never does. */
static int never_answers(char *page)
{
	int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {(unsigned long)page, PAGE},
					.mode = UFFDIO_REGISTER_MODE_MISSING};
	return faults >= 0 &&
	       (ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &range));
}

static const struct {
	const char *name;
	int (*make)(char *page);
} holes[] = {{"not mapped", nothing},
	     {"not readable", unreadable},
	     {"beyond the file", behind_the_end},
	     {"never answers", never_answers}};

static void live(int hole, int distance)
{
	char *room =
		mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_end = room + ROOM;
	memset(room, 0x5a, ROOM);
	if (holes[hole].make(stack_end))
		_exit(1);
	compute_with(stack_end - distance, (unsigned long)stack_end - 8, LAPS / 2);
	compute_with(stack_end - distance, 0xdeadbeefdeadbee1, LAPS / 2);
	_exit(7);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		live(atoi(argv[1]) / 2, atoi(argv[1]) % 2 ? 0 : 2000);
	for (int i = 0; i < 8; i++)
		print_ending(holes[i / 2].name, wait_at_most(begin_again_with(i), 20));
	unlink("empty");
	return 0;
}
