/* SPDX-License-Identifier: Apache-2.0 */
/* closes_every_descriptor.c -- a file written while every other descriptor is closed or replaced.
 *
 * The file takes the numbers that anyone else's descriptors had; its bytes tell who writes there.
 *
 * harm: life
 * level: P0
 * naive: sock
 */
#include "life.h"
#include <fcntl.h>
#include <sys/syscall.h>

enum { FIRST = 3, LAST = 1023, ROUNDS = 6 };

static void by_close_range(const char *path)
{
	syscall(SYS_close_range, FIRST, ~0u, 0);
	while (open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) < FIRST + 8)
		;
}

static void by_closing_each(const char *path)
{
	for (int i = FIRST; i <= LAST; i++)
		close(i);
	while (open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) < FIRST + 8)
		;
}

static void by_dup2(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	for (int i = FIRST; i <= LAST; i++)
		if (i != file)
			dup2(file, i);
}

static void write_beside_others(const char *path, void (*take_all)(const char *))
{
	take_all(path);
	for (int i = 0; i < ROUNDS; i++) {
		burn(0.05);
		dprintf(FIRST + i, "%s %d\n", path, i);
	}
}

int main(void)
{
	burn(0.15);
	write_beside_others("close_range", by_close_range);
	write_beside_others("close", by_closing_each);
	write_beside_others("dup2", by_dup2);
	return 0;
}
