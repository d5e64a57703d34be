/* SPDX-License-Identifier: Apache-2.0 */
/* mixed.cc -- threads, a fork and exceptions, all the way through the C++ library of the system. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stdexcept>

static double cpu_seconds()
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int caught(int depth)
{
	try {
		if (!depth)
			throw std::runtime_error("bottom");
		return caught(depth - 1) + 1;
	} catch (const std::runtime_error &) {
		if (depth < 5)
			throw;
		return 0;
	}
}

extern "C" __attribute__((noinline)) void spend_time_here(double seconds)
{
	double until = cpu_seconds() + seconds;
	while (cpu_seconds() < until)
		for (volatile int i = 0; i < 10000; i++)
			;
}

static void *work(void *result)
{
	int sum = 0;
	spend_time_here(0.2);
	for (int i = 0; i < 3000; i++)
		sum += caught(5 + i % 7);
	*static_cast<int *>(result) = sum;
	return nullptr;
}

int main()
{
	pthread_t thread;
	int results[2] = {-1, -1};
	int status = -1;
	if (pthread_create(&thread, nullptr, work, &results[0]))
		return 1;
	work(&results[1]);
	pthread_join(thread, nullptr);
	printf("results %d %d\n", results[0], results[1]);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		work(&results[0]);
		_exit(results[0] == results[1] ? 7 : 8);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}
