/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_test.c -- records taken in this very process, unwound and compared with what is true. */
#include "core/guess.h"
#include "core/unwind.h"
#include "test/unit/suite.h"

#include <check.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { RECORD_SIZE = sizeof(struct sample) + SAMPLE_STACK_MAX };

static struct maps *maps;
static struct unwind *unwinder;
static struct sample *record;
static size_t slice_max = SAMPLE_STACK_MAX;
static uintptr_t stack_top;
static volatile sig_atomic_t taken;
static volatile int sink;
static uint64_t pcs[UNWIND_FRAMES_MAX];
static enum unwind_end end;

/* The kernel's order of registers in a context, in ours. */
static const int ORDER[REGISTER_COUNT] = {
	REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
	REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
};

/* Other functions' frames have red zones that only their own code must not touch. */
__attribute__((no_sanitize("address", "undefined"))) static void take(const ucontext_t *context)
{
	size_t size;

	record->kind = SAMPLE_CPU;
	for (int i = 0; i < REGISTER_COUNT; i++)
		record->regs[i] = (uint64_t)context->uc_mcontext.gregs[ORDER[i]];
	size = stack_top - record->regs[REGISTER_RSP];
	record->stack_cut = size > slice_max;
	record->stack_size = (uint32_t)(size > slice_max ? slice_max : size);
	for (size_t i = 0; i < record->stack_size; i++)
		record->stack[i] = ((const volatile uint8_t *)record->regs[REGISTER_RSP])[i];
	taken = 1;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	if (!taken)
		take(context);
}

static size_t unwound(void)
{
	ck_assert(taken);
	ck_assert_int_ge(maps_refresh(maps), 0);
	unwind_flush(unwinder);
	return unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end);
}

/* The highest address of the stack that the caller runs on. */
static uintptr_t own_stack_top(void)
{
	pthread_attr_t attributes;
	void *start;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &start, &size);
	pthread_attr_destroy(&attributes);
	return (uintptr_t)start + size;
}

static void set_up(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	sigaction(SIGURG, &action, NULL);
	sigaction(SIGPROF, &action, NULL);
	record = calloc(1, RECORD_SIZE);
	maps = maps_create();
	unwinder = unwind_create(maps);
	stack_top = own_stack_top();
	taken = 0;
}

static void tear_down(void)
{
	unwind_destroy(unwinder);
	maps_destroy(maps);
	free(record);
}

static bool is_inside(uint64_t pc, const void *function, size_t size)
{
	return pc - (uintptr_t)function < size;
}

/* Index of the first frame inside a function, or -1. */
static int frame_of(size_t count, const void *function, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (is_inside(pcs[i], function, size))
			return (int)i;
	}
	return -1;
}

static void *truth[64];
static int truth_count;

NOINLINE static int innermost(int n)
{
	truth_count = backtrace(truth, 64);
	raise(SIGURG);
	return n + sink;
}

NOINLINE static int middle(int n)
{
	volatile char frame[100];

	frame[n] = 1;
	return innermost(n + frame[n]) + 1;
}

NOINLINE static int outermost(int n)
{
	return middle(n) * 2;
}

/* The oracle ran in innermost, or in what a sanitizer put in its place; the record was taken
 * deeper, inside raise. */
static void check_against_truth(size_t count)
{
	int at = frame_of(count, (const void *)innermost, 400);
	int from = 0;

	while (from < truth_count &&
	       !is_inside((uintptr_t)truth[from], (const void *)innermost, 400))
		from++;
	ck_assert_int_gt(at, 0);
	ck_assert_int_gt(truth_count - from, 3);
	ck_assert_uint_eq(count - (size_t)at, (size_t)(truth_count - from));
	for (int i = 1; i < truth_count - from; i++) {
		uint64_t callee = (uintptr_t)truth[from + i - 1];
		bool is_exact = guess_is_trampoline(maps, callee);

		ck_assert_uint_eq(pcs[at + i], (uintptr_t)truth[from + i] - !is_exact);
	}
}

START_TEST(nested_calls_reach_the_outermost_frame)
{
	sink = outermost(3);
	check_against_truth(unwound());
	ck_assert_int_eq(end, UNWIND_COMPLETE);
}
END_TEST

static void *run_thread(void *unused)
{
	(void)unused;
	stack_top = own_stack_top();
	sink = outermost(4);
	return NULL;
}

START_TEST(a_thread_is_unwound_to_its_start)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run_thread, NULL), 0);
	pthread_join(thread, NULL);
	check_against_truth(unwound());
	ck_assert_int_eq(end, UNWIND_COMPLETE);
}
END_TEST

static void outer_handler(int number)
{
	(void)number;
	sink = outermost(5);
}

static volatile uint64_t interrupted_pc;

static void note_interrupted(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	interrupted_pc = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	sink = outermost(6);
}

NOINLINE static void fault(void)
{
	__asm__ volatile("ud2");
}

static void skip_fault(int number, siginfo_t *info, void *context)
{
	note_interrupted(number, info, context);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

START_TEST(below_a_signal_frame_the_address_is_exact)
{
	struct sigaction action = {.sa_sigaction = skip_fault, .sa_flags = SA_SIGINFO};
	size_t count;
	bool found = false;

	sigaction(SIGILL, &action, NULL);
	fault();
	count = unwound();
	ck_assert_int_eq(end, UNWIND_COMPLETE);
	for (size_t i = 0; i < count; i++)
		found |= pcs[i] == interrupted_pc;
	ck_assert(found);
	ck_assert_int_ge(frame_of(count, (const void *)fault, 16), 0);
}
END_TEST

START_TEST(a_handler_on_a_handler_is_unwound)
{
	struct sigaction action = {.sa_handler = outer_handler};

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	check_against_truth(unwound());
	ck_assert_int_eq(end, UNWIND_COMPLETE);
}
END_TEST

static char alternate[64 << 10];

START_TEST(an_alternate_stack_ends_truncated_at_the_interrupted_address)
{
	struct sigaction action = {.sa_sigaction = skip_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	stack_t off = {.ss_flags = SS_DISABLE};
	size_t count;

	sigaltstack(&stack, NULL);
	sigaction(SIGILL, &action, NULL);
	stack_top = (uintptr_t)alternate + sizeof(alternate);
	fault();
	sigaltstack(&off, NULL);
	count = unwound();
	ck_assert_int_eq(end, UNWIND_TRUNCATED);
	ck_assert_uint_eq(pcs[count - 1], interrupted_pc);
}
END_TEST

NOINLINE static int recurse(int depth)
{
	volatile char frame[200];

	frame[0] = (char)depth;
	return depth ? recurse(depth - 1) + frame[0] : outermost(1);
}

START_TEST(recursion_beyond_the_slice_is_truncated)
{
	size_t count;

	slice_max = 8 << 10;
	sink = recurse(1000);
	count = unwound();
	slice_max = SAMPLE_STACK_MAX;
	ck_assert_int_eq(end, UNWIND_TRUNCATED);
	ck_assert_uint_gt(count, 20);
	ck_assert(is_inside(pcs[count - 1], (const void *)recurse, 400));
}
END_TEST

START_TEST(more_frames_than_asked_for_are_truncated)
{
	size_t count;

	sink = outermost(3);
	ck_assert_uint_gt(unwound(), 4);
	count = unwind_sample(unwinder, record, pcs, 4, &end);
	ck_assert_uint_eq(count, 4);
	ck_assert_int_eq(end, UNWIND_TRUNCATED);
	count = unwind_sample(unwinder, record, pcs, 1, &end);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(pcs[0], record->regs[REGISTER_RIP]);
}
END_TEST

START_TEST(the_end_of_a_thread_is_its_start_routine_alone)
{
	record->kind = SAMPLE_THREAD_END;
	record->regs[REGISTER_RIP] = (uintptr_t)run_thread;
	ck_assert_uint_eq(unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end), 1);
	ck_assert_uint_eq(pcs[0], (uintptr_t)run_thread);
	ck_assert_int_eq(end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(garbage_registers_lose_all_but_the_first_frame)
{
	sink = outermost(3);
	ck_assert_uint_gt(unwound(), 4);
	for (uint64_t pc = 1; pc; pc <<= 1) {
		record->regs[REGISTER_RIP] = pc;
		ck_assert_uint_eq(unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end), 1);
		ck_assert_int_eq(end, UNWIND_LOST);
	}
}
END_TEST

static void check_every_frame_is_code(size_t count)
{
	for (size_t i = 1; i < count; i++)
		ck_assert_ptr_nonnull(maps_find(maps, pcs[i]));
}

START_TEST(mutated_slices_terminate_and_name_only_code)
{
	static uint8_t good[RECORD_SIZE];
	unsigned seed = 1;

	sink = recurse(20);
	unwound();
	memcpy(good, record, RECORD_SIZE);
	for (int i = 0; i < 100000; i++) {
		size_t flips = 1 + (size_t)rand_r(&seed) % 64;

		memcpy(record->stack, ((struct sample *)good)->stack, record->stack_size);
		memcpy(record->regs, ((struct sample *)good)->regs, sizeof(record->regs));
		while (flips--)
			record->stack[(unsigned)rand_r(&seed) % record->stack_size] ^=
				(uint8_t)(1 << rand_r(&seed) % 8);
		if (i % 4 == 0)
			record->regs[(unsigned)rand_r(&seed) % REGISTER_RSP] ^=
				8u << rand_r(&seed) % 8;
		check_every_frame_is_code(
			unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end));
	}
}
END_TEST

NOINLINE static int compare_bytes(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* What a ticking program does: libc through stubs, the vDSO, callbacks out of libc. */
NOINLINE static void busy(void)
{
	struct timespec now;
	uint8_t bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	qsort(bytes, sizeof(bytes), 1, compare_bytes);
	clock_gettime(CLOCK_MONOTONIC, &now);
	free(malloc(bytes[3] + 1u));
	sink += (int)strlen("some text to measure") + (memchr(bytes, 200, 64) != NULL);
}

NOINLINE static void busy_until_taken(void)
{
	while (!taken)
		busy();
}

START_TEST(ticks_anywhere_reach_the_outermost_frame)
{
	enum { TICKS = 300 };
	struct itimerval tick = {{0, 1000}, {0, 1000}};
	int complete = 0;

	setitimer(ITIMER_PROF, &tick, NULL);
	for (int i = 0; i < TICKS; i++) {
		size_t count;

		taken = 0;
		busy_until_taken();
		count = unwound();
		complete += end == UNWIND_COMPLETE &&
			    frame_of(count, (const void *)busy_until_taken, 64) >= 0;
	}
	memset(&tick, 0, sizeof(tick));
	setitimer(ITIMER_PROF, &tick, NULL);
	ck_assert_int_ge(complete, TICKS * 99 / 100);
}
END_TEST

/* push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret -- as a compiler at run time would write. */
static const uint8_t JIT_CODE[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};

NOINLINE static void raise_one(void)
{
	raise(SIGURG);
	sink++;
}

START_TEST(code_made_at_run_time_is_crossed_by_its_frame_pointers)
{
	uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t count;
	int at;

	memcpy(code, JIT_CODE, sizeof(JIT_CODE));
	((void (*)(void (*)(void)))(uintptr_t)code)(raise_one);
	count = unwound();
	at = frame_of(count, code, sizeof(JIT_CODE));
	ck_assert_int_gt(at, 0);
	ck_assert_int_gt((int)count, at + 2);
	ck_assert_int_eq(end, UNWIND_COMPLETE);
	munmap(code, 4096);
}
END_TEST

/* An object as some linkers leave it: frame descriptions, and no table that leads to them. */
START_TEST(an_object_without_a_search_table_is_scanned)
{
	static const char source[] = "long middle(void (*f)(void), long n)"
				     "{ volatile char a[n]; a[0] = 1; f(); return a[0]; }"
				     "long outer(void (*f)(void), long n)"
				     "{ return middle(f, n) + 1; }";
	char path[] = "/tmp/conprof-unwind-XXXXXX";
	char command[256];
	int fd = mkstemp(path);
	FILE *pipe;
	void *object;
	long (*outer)(void (*)(void), long);
	const struct mapping *mapping;

	ck_assert_int_ge(fd, 0);
	snprintf(command, sizeof(command),
		 "gcc -O1 -shared -fPIC -Wl,--no-eh-frame-hdr -xc - -o %s", path);
	pipe = popen(command, "w");
	ck_assert_ptr_nonnull(pipe);
	fputs(source, pipe);
	ck_assert_int_eq(pclose(pipe), 0);
	object = dlopen(path, RTLD_NOW);
	ck_assert_ptr_nonnull(object);
	*(void **)&outer = dlsym(object, "outer");
	sink = (int)outer(raise_one, 300);
	ck_assert_int_ge(maps_refresh(maps), 0);
	mapping = maps_find(maps, (uintptr_t)outer);
	ck_assert_uint_eq(mapping->table, 0);
	ck_assert_uint_ne(mapping->frames, 0);
	ck_assert_int_gt(frame_of(unwound(), (void *)outer, 64), 0);
	ck_assert_int_eq(end, UNWIND_COMPLETE);
	dlclose(object);
	close(fd);
	unlink(path);
}
END_TEST

/* Pages of private memory of this process. */
static long data_pages(void)
{
	char text[128] = {0};
	int fd = open("/proc/self/statm", O_RDONLY);
	long pages = -1;

	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_int_eq(sscanf(text, "%*d %*d %*d %*d %*d %ld", &pages), 1);
	return pages;
}

static void unwind_from_each(uint64_t first, uint64_t last)
{
	for (uint64_t pc = first; pc < last; pc++) {
		record->regs[REGISTER_RIP] = pc;
		unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end);
	}
}

START_TEST(memory_stays_flat_over_many_addresses)
{
	uint64_t code;
	long before;

	sink = outermost(3);
	unwound();
	code = maps_find(maps, (uintptr_t)memcpy)->start;
	unwind_from_each(code, code + 10000);
	before = data_pages();
	unwind_from_each(code + 10000, code + 400000);
	ck_assert_int_le(data_pages(), before + 4);
}
END_TEST

static Suite *unwind_suite(void)
{
	Suite *suite = suite_create("unwind");
	TCase *whole = tcase_create("whole");

	tcase_add_checked_fixture(whole, set_up, tear_down);
	tcase_set_timeout(whole, 60);
	tcase_add_test(whole, nested_calls_reach_the_outermost_frame);
	tcase_add_test(whole, a_thread_is_unwound_to_its_start);
	tcase_add_test(whole, below_a_signal_frame_the_address_is_exact);
	tcase_add_test(whole, a_handler_on_a_handler_is_unwound);
	tcase_add_test(whole, an_alternate_stack_ends_truncated_at_the_interrupted_address);
	tcase_add_test(whole, recursion_beyond_the_slice_is_truncated);
	tcase_add_test(whole, more_frames_than_asked_for_are_truncated);
	tcase_add_test(whole, the_end_of_a_thread_is_its_start_routine_alone);
	tcase_add_test(whole, garbage_registers_lose_all_but_the_first_frame);
	tcase_add_test(whole, mutated_slices_terminate_and_name_only_code);
	tcase_add_test(whole, ticks_anywhere_reach_the_outermost_frame);
	tcase_add_test(whole, code_made_at_run_time_is_crossed_by_its_frame_pointers);
	tcase_add_test(whole, an_object_without_a_search_table_is_scanned);
	tcase_add_test(whole, memory_stays_flat_over_many_addresses);
	suite_add_tcase(suite, whole);
	return suite;
}

int main(void)
{
	return suite_run(unwind_suite());
}
