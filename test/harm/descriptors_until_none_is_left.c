/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_until_none_is_left.c -- with few descriptors allowed, all of them are the program's.
 *
 * Limited before it begins, by executing itself, and asked again at several moments of its life.
 *
 * harm: life
 * level: P0
 * naive: fd, sock
 */
#include "life.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { LIMIT = 16 };

static void take_all(const char *when)
{
	int taken[LIMIT + 1], count = 0, number;
	while (count <= LIMIT && (number = open("/dev/null", O_RDONLY)) >= 0)
		taken[count++] = number;
	printf("%s: %s:", when, strerrorname_np(errno));
	for (int i = 0; i < count; i++)
		printf(" %d", taken[i]);
	printf("\n");
	/* Held while the profiler begins and uploads: it has to do without. */
	burn(0.15);
	for (int i = 0; i < count; i++)
		close(taken[i]);
}

int main(int argc, char **argv)
{
	struct rlimit limit = {LIMIT, LIMIT};
	if (argc == 1) {
		setrlimit(RLIMIT_NOFILE, &limit);
		execl("/proc/self/exe", argv[0], "limited", NULL);
		return 1;
	}
	take_all("at the start");
	take_all("after 0.15 s");
	take_all("after 0.3 s");
	int both[2];
	if (pipe(both) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0)
		printf("socket pair: %d %d\n", both[0], both[1]);
	take_all("after 0.45 s");
	return 0;
}
