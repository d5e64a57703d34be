/* SPDX-License-Identifier: Apache-2.0 */
/* starts_without_standard_descriptors.c -- with 0, 1 and 2 closed, the files opened next are the
 * program's own.
 *
 * harm: loading
 * level: P0
 * naive: fd, sock
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "burn.h"

/* The descriptors 0, 1 and 2 are these three files now; uploads go out meanwhile. */
static int work(void)
{
	static const char *const names[] = {"in", "out", "err"};
	int numbers[3];
	for (int i = 0; i < 3; i++)
		numbers[i] = open(names[i], O_CREAT | O_RDWR | O_APPEND, 0600);
	dprintf(numbers[0], "%d %d %d\n", numbers[0], numbers[1], numbers[2]);
	for (int i = 0; i < 12; i++) {
		printf("line %d\n", i);
		fprintf(stderr, "line %d\n", i);
		burn(0.1);
	}
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return work();
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	return execv(argv[0], (char *[]){argv[0], "again", NULL});
}
