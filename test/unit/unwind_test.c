/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_test.c -- records taken in this very process, unwound and compared with what is true. */
#include "core/guess.h"
#include "test/unit/suite.h"
#include "test/unit/taken_record.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

int main(void)
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
	tcase_add_test(whole, code_made_at_run_time_is_crossed_by_its_frame_pointers);
	tcase_add_test(whole, an_object_without_a_search_table_is_scanned);
	suite_add_tcase(suite, whole);
	return suite_run(suite);
}
