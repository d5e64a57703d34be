/* SPDX-License-Identifier: Apache-2.0 */
/* forks_with_much_memory.c -- a fork that takes longer than the time between two ticks completes.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <sys/mman.h>

enum { SIZE = 200 << 20, FORKS = 25 };

/* In small pages, since that is what makes the kernel slow. */
static char *touched(void)
{
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(memory, SIZE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < SIZE; i += 4096)
		memory[i] = (char)(i >> 12);
	return memory;
}

int main(void)
{
	char *memory = touched();
	int right = 0, interrupted = 0;
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();
		if (child == 0)
			_exit(memory[(size_t)i << 12] == (char)i ? 5 : 6);
		int status = 0;
		while (waitpid(child, &status, 0) == -1)
			interrupted++;
		right += WIFEXITED(status) && WEXITSTATUS(status) == 5;
		struct timespec moment = {0, 3000000};
		interrupted += nanosleep(&moment, NULL) != 0;
	}
	printf("%d of %d forks, %d interrupted\n", right, FORKS, interrupted);
	return 0;
}
