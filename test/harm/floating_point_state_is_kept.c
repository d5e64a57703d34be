/* SPDX-License-Identifier: Apache-2.0 */
/* floating_point_state_is_kept.c -- functions that give blocks compute nothing that a program with
 * exceptions of its own would notice.
 *
 * harm: memory
 * level: P0
 * naive: errno
 * env: CONPROF_HEAP_INTERVAL=1000
 * flags: -O2 -fno-builtin -pthread -lm
 */
#include <errno.h>
#include <fenv.h>

#include "again.h"

enum { BLOCKS = 20000, SIZE = 3000 };

/* Some of them are sampled: an interval of 1 leaves nothing to be drawn. */
static void allocate(void)
{
	for (int i = 0; i < BLOCKS; i++)
		free(realloc(malloc(SIZE), SIZE + (size_t)i));
}

static void raise_nothing(void)
{
	errno = 77;
	feclearexcept(FE_ALL_EXCEPT);
	allocate();
	printf("raised %#x, errno %d\n", (unsigned)fetestexcept(FE_ALL_EXCEPT), errno);
}

static void keep_what_is_raised(void)
{
	feclearexcept(FE_ALL_EXCEPT);
	feraiseexcept(FE_DIVBYZERO);
	allocate();
	printf("raised %#x\n", (unsigned)fetestexcept(FE_ALL_EXCEPT));
}

static void round_otherwise(void)
{
	static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	for (int i = 0; i < 3; i++) {
		fesetround(modes[i]);
		allocate();
		printf("rounding kept: %d\n", fegetround() == modes[i]);
	}
}

static void trap_all(void)
{
	feclearexcept(FE_ALL_EXCEPT);
	feenableexcept(FE_ALL_EXCEPT);
	allocate();
	printf("enabled %#x\n", (unsigned)fegetexcept());
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"nothing is raised", raise_nothing},
		{"what is raised stays", keep_what_is_raised},
		{"rounding", round_otherwise},
		{"each exception traps", trap_all},
	};
	return RUN_CASES(argc, argv, cases);
}
