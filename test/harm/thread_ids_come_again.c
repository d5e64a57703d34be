/* SPDX-License-Identifier: Apache-2.0 */
/* thread_ids_come_again.c -- fifteen hundred threads of one and the same number, one after the
 * other and with others in between.
 *
 * In a namespace of their own, where a process may say which number comes next.
 *
 * harm: threads
 * level: P0
 * needs: root /proc/sys/kernel/ns_last_pid
 */
#include "life.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

enum { THREADS = 1500, NUMBER = 1000, LONG_EVERY = 150 };

static pid_t seen;

static void *work(void *argument)
{
	seen = gettid();
	size_t number = (size_t)argument;
	burn(number % LONG_EVERY ? 0.00005 : 0.005);
	free(malloc(100 + number));
	return argument;
}

static void next_is(int fd, int number)
{
	char text[16];
	int size = snprintf(text, sizeof text, "%d", number - 1);
	expect(pwrite(fd, text, (size_t)size, 0) == size, "number written");
}

static int live(void)
{
	int again = 0, right = 0, fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
	void *result;
	burn(0.15);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_t thread;
		next_is(fd, NUMBER);
		if (pthread_create(&thread, NULL, work, (void *)i))
			break;
		right += pthread_join(thread, &result) == 0 && result == (void *)i;
		again += seen == NUMBER;
	}
	/* the kernel may still be at the last one when the next is made */
	printf("%d threads, nearly all of that number: %d\n", right, again > THREADS / 2);
	fflush(stdout);
	return 0;
}

int main(void)
{
	printf("namespace: %d\n", unshare(CLONE_NEWPID));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(live());
	print_ending("child", wait_at_most(child, 60));
	return 0;
}
