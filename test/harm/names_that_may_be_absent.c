/* SPDX-License-Identifier: Apache-2.0 */
/* names_that_may_be_absent.c -- programs that use a function if there is one, by a weak reference,
 * may use it when there is.
 *
 * Whether it is there is not printed: a library that is in front of others has the name.
 *
 * harm: memory
 * level: P1
 * naive: stderr
 * flags: -O2 -fno-builtin -pthread
 */
#include "again.h"

#define WEAK __attribute__((weak))

WEAK void cfree(void *);
WEAK void free_sized(void *, size_t);
WEAK void free_aligned_sized(void *, size_t, size_t);
WEAK void *pvalloc(size_t);
WEAK void *_Znwm(size_t);
WEAK void *_Znam(size_t);
WEAK void _ZdlPv(void *);
WEAK void _ZdlPvm(void *, size_t);
WEAK void _ZdaPv(void *);

enum { SIZE = 128 };

static void try_cfree(void)
{
	void *block = malloc(SIZE);
	(cfree ? cfree : free)(block);
}

static void try_sized(void)
{
	void *block = malloc(SIZE), *aligned = aligned_alloc(64, SIZE);
	free_sized ? free_sized(block, SIZE) : free(block);
	free_aligned_sized ? free_aligned_sized(aligned, 64, SIZE) : free(aligned);
}

static void try_pvalloc(void)
{
	free((pvalloc ? pvalloc : malloc)(SIZE));
}

static void try_operator_delete(void)
{
	void *blocks[] = {malloc(SIZE), malloc(SIZE), malloc(SIZE)};
	(_ZdlPv ? _ZdlPv : free)(blocks[0]);
	(_ZdaPv ? _ZdaPv : free)(blocks[1]);
	_ZdlPvm ? _ZdlPvm(blocks[2], SIZE) : free(blocks[2]);
}

static void try_operator_new(void)
{
	memset((_Znwm ? _Znwm : malloc)(SIZE), 1, SIZE);
	memset((_Znam ? _Znam : malloc)(SIZE), 1, SIZE);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"cfree", try_cfree},
		{"sized frees", try_sized},
		{"pvalloc", try_pvalloc},
		{"operator delete", try_operator_delete},
		{"operator new", try_operator_new},
	};
	return RUN_CASES(argc, argv, cases);
}
