/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_step_test.c -- a child is stepped instruction by instruction; its caller must be known
 * at every one of them.
 *
 * The truth is a shadow stack, kept by watching calls and returns. Parent and child are fork twins,
 * so the parent's own mappings describe the child.
 */
#include "core/unwind.h"
#include "test/unit/suite.h"

#include <alloca.h>
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { SHADOW_MAX = 256, SLICE = 16 << 10, STEPS_MAX = 400000 };

static volatile long sink;
static volatile long one = 1;

/* The functions under the microscope: what compilers make of prologues and epilogues. */

NOINLINE static long leaf(long a)
{
	return a * 3 + one;
}

__attribute__((optimize("O0"), noinline)) static long with_frame_pointer(long a)
{
	long local = leaf(a);

	return local + leaf(local);
}

__attribute__((optimize("O1"), noinline)) static long many_registers(long a, long b, long c)
{
	long x = leaf(a);
	long y = leaf(b);
	long z = leaf(c);

	return leaf(x + y) * leaf(y + z) + leaf(z + x) + a * b * c;
}

__attribute__((optimize("O3"), noinline)) static double loops(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i] * values[count - 1 - i];
	return sum;
}

NOINLINE static long tail_call(long a)
{
	return leaf(a + 1);
}

NOINLINE static long variable_frame(size_t size)
{
	char *text = alloca(size);

	memset(text, 'x', size);
	text[size - 1] = 0;
	return (long)strlen(text);
}

NOINLINE static long early_return(long a)
{
	if (a < 2)
		return a;
	return early_return(a - 1) + early_return(a - 2);
}

NOINLINE static long large_frame(long a)
{
	volatile char room[6000];

	room[a] = 1;
	return leaf(room[a]);
}

NOINLINE static long realigned(long a)
{
	volatile __attribute__((aligned(64))) long wide[8];

	wide[a & 7] = leaf(a);
	return wide[a & 7];
}

/* More arguments than there are registers for them: the rest is pushed around the call. */
NOINLINE static long many_arguments(int count, ...)
{
	va_list arguments;
	long sum = 0;

	va_start(arguments, count);
	while (count--)
		sum += leaf(va_arg(arguments, long));
	va_end(arguments);
	return sum;
}

struct large {
	long words[10];
};

NOINLINE static struct large returns_large(long a)
{
	struct large large = {{a, leaf(a)}};

	return large;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

NOINLINE static long through_libc(void)
{
	int numbers[] = {5, 3, 9, 1, 7};
	struct timespec now;
	char text[64];
	void *block = malloc(100);

	qsort(numbers, 5, sizeof(*numbers), compare);
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "%d %.3f %s", numbers[0], sqrt(2.0 + (double)one), "text");
	free(block);
	return (long)strlen(text) + strtol("12345", NULL, 10) + getpid();
}

/* Assembler as it is found in the field: correct, and without a word about its frame. */
long leaf_without_table(long);
__asm__(".text\n"
	".type leaf_without_table, @function\n"
	"leaf_without_table:\n"
	"	mov %rdi, %rax\n"
	"	add $7, %rax\n"
	"	imul %rdi, %rax\n"
	"	xor %edx, %edx\n"
	"	ret\n"
	".size leaf_without_table, . - leaf_without_table\n");

/* The same with a frame, an early way out and a tail call: only its own code says where it returns
 * to, and where its caller's registers are. */
long frame_without_table(long);
__asm__(".type frame_without_table, @function\n"
	"frame_without_table:\n"
	"	test %rdi, %rdi\n"
	"	je 3f\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	sub $160, %rsp\n"
	"	mov %rdi, %rbx\n"
	"	xor %ebp, %ebp\n"
	"	mov $3, %r12d\n"
	"1:	mov %rbx, %rdi\n"
	"	call leaf_without_table\n"
	"	add %rax, %rbp\n"
	"	dec %r12\n"
	"	jne 1b\n"
	"	lea -1(%rbx), %rdi\n"
	"	call frame_without_table\n"
	"	add %rbp, %rax\n"
	"	test $1, %al\n"
	"	jne 2f\n"
	"	lea (%rax,%rbx), %rdi\n"
	"	add $160, %rsp\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	jmp leaf_without_table\n"
	"2:	add $160, %rsp\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	"3:	mov $2, %eax\n"
	"	ret\n"
	".size frame_without_table, . - frame_without_table\n");

/* Its frame is found through the frame pointer, which the assembler has used for something else. */
__attribute__((optimize("O0"), noinline)) static long calls_assembler(long a)
{
	return leaf_without_table(a) + leaf_without_table(a + 1) + frame_without_table(a + 3) + 1;
}

NOINLINE static long walk(void)
{
	static const double values[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	long (*volatile by_pointer)(long) = tail_call;

	return with_frame_pointer(one) + many_registers(one, 2, 3) + (long)loops(values, 9) +
	       tail_call(one) + by_pointer(4) + variable_frame(100) + early_return(6) +
	       large_frame(one) + realigned(one) +
	       many_arguments(9, one, one, one, one, one, one, one, one, one) +
	       returns_large(one).words[1] + through_libc() + calls_assembler(one);
}

struct stepper {
	pid_t child;
	struct user_regs_struct regs;
	uint64_t shadow[SHADOW_MAX]; /* return addresses, innermost last */
	size_t depth;
	struct unwind *unwinder;
	struct sample *record;
	long steps, callers, chains, wrong;
};

static size_t read_child(const struct stepper *s, uint64_t address, void *to, size_t len)
{
	struct iovec local = {to, len};
	struct iovec remote = {(void *)address, len};
	ssize_t got = process_vm_readv(s->child, &local, 1, &remote, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

static void take_record(struct stepper *s)
{
	const struct user_regs_struct *r = &s->regs;
	const uint64_t regs[REGISTER_COUNT] = {
		r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
		r->r9,	r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip,
	};

	memcpy(s->record->regs, regs, sizeof(regs));
	s->record->kind = SAMPLE_CPU;
	s->record->stack_cut = 1;
	s->record->stack_size = (uint32_t)read_child(s, r->rsp, s->record->stack, SLICE);
}

static bool is_chain(const struct stepper *s, const uint64_t *pcs, size_t count)
{
	if (count < s->depth + 1)
		return false;
	for (size_t i = 0; i < s->depth; i++) {
		if (pcs[i + 1] != s->shadow[s->depth - 1 - i] - 1)
			return false;
	}
	return true;
}

static void compare_with_shadow(struct stepper *s)
{
	uint64_t pcs[UNWIND_FRAMES_MAX];
	enum unwind_end end;
	size_t count;
	bool is_right;
	bool is_whole;

	take_record(s);
	count = unwind_sample(s->unwinder, s->record, pcs, UNWIND_FRAMES_MAX, &end);
	is_right = count > 1 && pcs[1] == s->shadow[s->depth - 1] - 1;
	s->steps++;
	s->callers += is_right;
	s->wrong += count > 1 && !is_right;
	is_whole = is_chain(s, pcs, count);
	s->chains += is_whole;
	if (!is_whole && getenv("CK_VERBOSITY"))
		printf("%#llx: %zu of %zu frames, %s caller\n", s->regs.rip, count, s->depth + 1,
		       is_right	   ? "right"
		       : count > 1 ? "wrong"
				   : "no");
}

static void step(struct stepper *s)
{
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, s->child, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(s->child, &status, 0), s->child);
	ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	ck_assert_int_eq(ptrace(PTRACE_GETREGS, s->child, NULL, &s->regs), 0);
}

enum kind { OTHER, CALL, RETURN };

static enum kind kind_of(const uint8_t *code)
{
	while (*code == 0xf2 || *code == 0xf3 || *code == 0x66 || *code == 0x3e ||
	       (*code & 0xf0) == 0x40)
		code++;
	if (*code == 0xe8 || (*code == 0xff && (code[1] >> 3 & 7) == 2))
		return CALL;
	return *code == 0xc3 || *code == 0xc2 ? RETURN : OTHER;
}

/* One instruction further; the shadow follows. */
static void follow(struct stepper *s)
{
	uint8_t code[16] = {0};
	enum kind kind;

	read_child(s, s->regs.rip, code, sizeof(code));
	kind = kind_of(code);
	step(s);
	if (kind == CALL) {
		ck_assert_uint_lt(s->depth, SHADOW_MAX);
		read_child(s, s->regs.rsp, &s->shadow[s->depth++], sizeof(uint64_t));
	} else if (kind == RETURN) {
		ck_assert_uint_eq(s->regs.rip, s->shadow[--s->depth]);
	}
}

static pid_t start_child(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		sink = walk();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return child;
}

START_TEST(the_caller_is_known_at_every_instruction)
{
	static struct stepper s;
	struct maps *maps = maps_create();

	s.record = calloc(1, sizeof(struct sample) + SLICE);
	s.unwinder = unwind_create(maps);
	ck_assert_int_ge(maps_refresh(maps), 0);
	s.child = start_child();
	do
		step(&s);
	while (s.regs.rip != (uintptr_t)walk);
	read_child(&s, s.regs.rsp, &s.shadow[s.depth++], sizeof(uint64_t));
	while (s.depth && s.steps < STEPS_MAX) {
		compare_with_shadow(&s);
		follow(&s);
	}
	kill(s.child, SIGKILL);
	waitpid(s.child, NULL, 0);
	printf("%ld instructions: caller known at %.3f %%, wrong at %.3f %%, whole chain at %.3f "
	       "%%\n",
	       s.steps, 100.0 * (double)s.callers / (double)s.steps,
	       100.0 * (double)s.wrong / (double)s.steps,
	       100.0 * (double)s.chains / (double)s.steps);
	fflush(stdout);
	ck_assert_int_eq(s.depth, 0);
	ck_assert_int_gt(s.steps, 3000);
	ck_assert_int_ge(s.callers * 1000, s.steps * 999);
	ck_assert_int_ge(s.chains * 1000, s.steps * 999);
	unwind_destroy(s.unwinder);
	maps_destroy(maps);
	free(s.record);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unwind_step");
	TCase *whole = tcase_create("whole");
	tcase_set_timeout(whole, 120);
	tcase_add_test(whole, the_caller_is_known_at_every_instruction);
	suite_add_tcase(suite, whole);
	return suite_run(suite);
}
