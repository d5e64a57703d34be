/* SPDX-License-Identifier: Apache-2.0 */
/* crowd_test.c -- what the application's threads and the worker share, used by all at once: slots
 * are claimed and given back, records written and read, commands given and answered, and now and
 * then the process forks. To be run under TSan above all.
 */
#include "core/state.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 4, LIVES = 60, RECORDS = 40, FORKS = 8, FILL = 300 };

struct record {
	uint32_t slot, tid, number, sum;
	uint8_t fill[FILL];
};

static struct state *state;
static _Atomic uint32_t writers_left;

struct counts {
	uint64_t records, bad, commands, threads_seen;
};

static uint32_t sum_of(const struct record *record)
{
	uint32_t sum = record->slot ^ record->tid ^ record->number;

	for (size_t i = 0; i < FILL; i++)
		sum = sum * 31 + record->fill[i];
	return sum;
}

static void command(uint32_t bits)
{
	atomic_fetch_or(&state->command, bits);
	state_wake(&state->command);
}

static void write_record(uint32_t tid, uint32_t slot, uint32_t number)
{
	struct record *record = ring_reserve(&state->ring, sizeof(*record));

	if (!record) {
		state_lost(state, LOST_FULL);
		return;
	}
	record->slot = slot;
	record->tid = tid;
	record->number = number;
	memset(record->fill, (int)(tid + number), FILL);
	record->sum = sum_of(record);
	ring_commit(record);
	if (ring_used(&state->ring) > STATE_RING_SIZE / 2)
		command(COMMAND_DRAIN);
}

/* A thread's life after another, each in a slot of its own. */
static void *live_and_die(void *argument)
{
	uint32_t writer = (uint32_t)(uintptr_t)argument;

	for (uint32_t life = 0; life < LIVES; life++) {
		struct thread *slot = thread_claim(&state->threads);
		uint32_t tid = 1 + writer * LIVES + life;

		if (!slot) {
			state_lost(state, LOST_THREADS);
			continue;
		}
		slot->stack_top = tid;
		slot->argument = &slot->stack_top;
		atomic_store(&slot->tid, tid);
		for (uint32_t i = 0; i < RECORDS; i++)
			write_record(tid, thread_index(&state->threads, slot), i);
		atomic_fetch_add(&state->ticked_ns, RECORDS);
		thread_release(&state->threads, slot);
	}
	atomic_fetch_sub(&writers_left, 1);
	command(COMMAND_DRAIN);
	return NULL;
}

static void drain(struct counts *counts)
{
	uint64_t limit = ring_head(&state->ring);
	struct record *record;
	size_t len;

	while ((record = ring_peek(&state->ring, limit, &len))) {
		counts->records++;
		counts->bad += len < sizeof(*record) || record->sum != sum_of(record);
		ring_release(&state->ring, record);
	}
}

static void look_at_threads(struct counts *counts)
{
	for (uint32_t i = 0; i < thread_count(&state->threads); i++) {
		uint32_t tid = atomic_load(&thread_at(&state->threads, i)->tid);

		counts->threads_seen += tid && tid != THREAD_CLAIMED;
	}
	thread_rewind(&state->threads);
}

/* What the worker does, without its profile. */
static void *stand_in(void *argument)
{
	struct counts *counts = argument;

	for (;;) {
		uint32_t bits = atomic_exchange(&state->command, 0);

		counts->commands += bits != 0;
		drain(counts);
		look_at_threads(counts);
		if (bits & COMMAND_STOP)
			break;
		state_wait(&state->command, 0, 5);
	}
	atomic_store(&state->finished, 1);
	state_wake(&state->finished);
	return NULL;
}

/* The child finds nothing of all that, and begins anew. */
static int look_in_child(void)
{
	if (state_get())
		return 1;
	state = state_open();
	if (!state || state_get() != state)
		return 2;
	if (atomic_load(&state->ticked_ns) || atomic_load(&state->command) ||
	    ring_used(&state->ring) || thread_count(&state->threads))
		return 3;
	struct thread *slot = thread_claim(&state->threads);
	if (!slot || slot->stack_top)
		return 4;
	write_record(1, thread_index(&state->threads, slot), 0);
	struct counts counts = {0};
	drain(&counts);
	return counts.records == 1 && !counts.bad ? 0 : 5;
}

static int fork_once(void)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		_exit(look_in_child());
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(nothing_is_lost_uncounted_or_torn)
{
	pthread_t writers[WRITERS], worker;
	struct counts counts = {0};

	state = state_open();
	ck_assert_ptr_nonnull(state);
	state_protect(state);
	atomic_store(&writers_left, WRITERS);
	pthread_create(&worker, NULL, stand_in, &counts);
	for (uintptr_t i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, live_and_die, (void *)i);
	for (int i = 0; i < FORKS; i++)
		ck_assert_int_eq(fork_once(), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	ck_assert_uint_eq(atomic_load(&writers_left), 0);
	command(COMMAND_STOP);
	while (!atomic_load(&state->finished))
		state_wait(&state->finished, 0, 5);
	pthread_join(worker, NULL);
	ck_assert_uint_eq(counts.bad, 0);
	ck_assert_uint_eq(counts.records + atomic_load(&state->lost[LOST_FULL]) +
				  RECORDS * atomic_load(&state->lost[LOST_THREADS]),
			  (uint64_t)WRITERS * LIVES * RECORDS);
	ck_assert_uint_gt(counts.commands, 0);
	thread_rewind(&state->threads);
	ck_assert_ptr_eq(thread_claim(&state->threads), thread_at(&state->threads, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crowd");
	TCase *tests = tcase_create("crowd");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, nothing_is_lost_uncounted_or_torn);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
