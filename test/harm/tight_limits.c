/* SPDX-License-Identifier: Apache-2.0 */
/* tight_limits.c -- each resource limit, set before the program begins, leaves it what it left.
 *
 * harm: life
 * level: P0
 * naive: thread+fsize, fd
 * needs: root
 */
#include "life.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	int resource;
	rlim_t limit;
} limits[] = {{"processes: itself", RLIMIT_NPROC, 1}, {"processes: one more", RLIMIT_NPROC, 2},
	      {"address space", RLIMIT_AS, 12 << 20}, {"data", RLIMIT_DATA, 10 << 20},
	      {"stack", RLIMIT_STACK, 160 << 10},     {"file size", RLIMIT_FSIZE, 0},
	      {"descriptors", RLIMIT_NOFILE, 4},      {"pending signals", RLIMIT_SIGPENDING, 0},
	      {"locked memory", RLIMIT_MEMLOCK, 0}};

/* The limit on processes is one on those of a user, and none on those of root. */
enum { SOMEBODY = 54321 };

enum { LIMITS = sizeof limits / sizeof *limits };

static void *work(void *unused)
{
	return unused;
}

static int thread_error(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, work, NULL);
	if (error == 0)
		pthread_join(thread, NULL);
	return error;
}

static const char *fork_error(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	if (child < 0)
		return strerrorname_np(errno);
	waitpid(child, NULL, 0);
	return "none";
}

static const char *timer_error(void)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	return timer_create(CLOCK_MONOTONIC, &event, &timer) ? strerrorname_np(errno) : "none";
}

static void live(const char *name)
{
	char room[32 << 10];
	int of_processes = strncmp(name, "processes", 9) == 0;
	int refused = of_processes && setuid(SOMEBODY + (uid_t)getpid());
	burn(0.11);
	void *memory = malloc(2 << 20);
	memset(room, 1, sizeof room);
	int file = open("file", O_RDWR | O_CREAT, 0600);
	printf("%s: memory %d, descriptor %d, fork %s, timer %s, ", name, memory != NULL, file,
	       fork_error(), timer_error());
	printf("thread %d, lock %d\n", thread_error(), mlock(room, 4096));
	close(file);
	unlink("file");
	free(memory);
	if (refused)
		printf("not another user\n");
	burn(0.03);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		live(argv[1]);
		return 7;
	}
	for (int i = 0; i < LIMITS; i++) {
		struct rlimit limit = {limits[i].limit, limits[i].limit};
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			setrlimit((__rlimit_resource_t)limits[i].resource, &limit);
			execl("/proc/self/exe", argv[0], limits[i].name, NULL);
			_exit(1);
		}
		print_ending(limits[i].name, wait_at_most(child, 20));
	}
	return 0;
}
