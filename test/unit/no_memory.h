/* SPDX-License-Identifier: Apache-2.0 */
/* no_memory.h -- an allocator that fails when it is told to, for a test to be run once for each
 * allocation of its work.
 */
#pragma once

#include <check.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define BENEATH(name) __interceptor_##name
enum { COUNTS_ALL = false }; /* strdup and others have an allocator of their own there */
/* They are called before there is a shadow to look into. */
#define PLAIN __attribute__((no_sanitize("address", "undefined")))
#else
#define BENEATH(name) __libc_##name
enum { COUNTS_ALL = true };
#define PLAIN
#endif

extern void *BENEATH(malloc)(size_t);
extern void *BENEATH(calloc)(size_t, size_t);
extern void *BENEATH(realloc)(void *, size_t);
extern void BENEATH(free)(void *);

static struct {
	bool armed;
	bool persists;	   /* all later ones fail too */
	unsigned long nth; /* the one that fails; 0: none */
	_Atomic unsigned long seen;
	_Atomic long alive; /* blocks that were made and not freed */
} memory;

PLAIN static bool is_refused(void)
{
	if (!memory.armed)
		return false;
	unsigned long number = ++memory.seen;
	return memory.nth && (number == memory.nth || (memory.persists && number > memory.nth));
}

PLAIN static void *made(void *block)
{
	memory.alive += block != NULL;
	return block;
}

PLAIN void *malloc(size_t size)
{
	return is_refused() ? NULL : made(BENEATH(malloc)(size));
}

PLAIN void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : made(BENEATH(calloc)(count, size));
}

PLAIN void *realloc(void *block, size_t size)
{
	if (is_refused())
		return NULL;
	void *moved = BENEATH(realloc)(block, size);
	if (!block)
		made(moved);
	else if (!size && !moved)
		memory.alive--;
	return moved;
}

PLAIN void free(void *block)
{
	memory.alive -= block != NULL;
	BENEATH(free)(block);
}

/* ---- the sweep ---------------------------------------------------------------------------------
 */

/* What is done; aborts where a promise is broken. True when all of it was done. */
typedef bool task(void);

enum { DONE = 10, DONE_WITHOUT = 11, SPOILT = 12, LEAKS_MEMORY = 13, LEAKS_DESCRIPTORS = 14 };

static void promise(bool kept, const char *what)
{
	if (kept)
		return;
	memory.armed = false;
	fprintf(stderr, "not kept: %s\n", what);
	_exit(SPOILT);
}

/* Without an allocation, because it is also asked while they fail. */
static unsigned count_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* In a child: what one lost allocation breaks must not hide what the next one would. */
static int try_without(task *work, unsigned long nth, bool persists, unsigned long *seen)
{
	int channel[2];
	ck_assert_int_eq(pipe(channel), 0);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(20);
		unsigned descriptors = count_descriptors();
		long alive = memory.alive;
		memory.nth = nth;
		memory.persists = persists;
		memory.armed = true;
		bool is_whole = work();
		memory.armed = false;
		unsigned long number = memory.seen;
		if (write(channel[1], &number, sizeof(number)) != sizeof(number))
			_exit(SPOILT);
		if (COUNTS_ALL && memory.alive != alive)
			_exit(LEAKS_MEMORY);
		if (count_descriptors() != descriptors)
			_exit(LEAKS_DESCRIPTORS);
		_exit(is_whole ? DONE : DONE_WITHOUT);
	}
	close(channel[1]);
	if (read(channel[0], seen, sizeof(*seen)) != sizeof(*seen))
		*seen = 0;
	close(channel[0]);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* least: how many allocations the work needs at the very least, or the sweep proves nothing. */
static void sweep(task *work, unsigned long least)
{
	unsigned long count, seen;
	work(); /* libraries allocate once and for all */
	ck_assert_int_eq(try_without(work, 0, false, &count), DONE);
	ck_assert_uint_ge(count, least);
	for (unsigned long nth = 1; nth <= count; nth++)
		for (int persists = 0; persists < 2; persists++) {
			int end = try_without(work, nth, persists, &seen);
			ck_assert_msg(end == DONE || end == DONE_WITHOUT,
				      "without allocation %lu%s of %lu: %d", nth,
				      persists ? " and all later ones" : "", count, end);
		}
}
