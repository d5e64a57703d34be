// SPDX-License-Identifier: Apache-2.0
// threads_end_in_every_way.cc -- by return, exception, pthread_exit and cancellation, and every
// object that lives on their stacks is destroyed.
//
// With no descriptor left, since what unwinds must not have to open anything.
//
// harm: threads
// level: P0
// naive: fd
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

#include "burn.h"

namespace
{

enum { ROUNDS = 50, WAYS = 6, COPIES = 7, MOST_DESCRIPTORS = 64 };

std::atomic<int> created, destroyed, cleaned;

struct Guard {
	Guard()
	{
		created++;
	}
	~Guard()
	{
		destroyed++;
	}
};

void clean(void *)
{
	cleaned++;
}

void *returns(void *)
{
	Guard guard;
	return reinterpret_cast<void *>(1);
}

void *throws(void *)
{
	Guard outer;
	try {
		Guard inner;
		throw std::runtime_error("thrown");
	} catch (const std::runtime_error &) {
		return reinterpret_cast<void *>(2);
	}
}

void leave_deep_inside(int depth)
{
	Guard guard;
	if (depth == 0)
		pthread_exit(reinterpret_cast<void *>(3));
	if (depth > 0)
		leave_deep_inside(depth - 1);
}

void *exits(void *)
{
	pthread_cleanup_push(clean, nullptr);
	leave_deep_inside(5);
	pthread_cleanup_pop(0);
	return nullptr;
}

void *is_cancelled(void *)
{
	Guard guard;
	pthread_cleanup_push(clean, nullptr);
	for (;;)
		usleep(1000000);
	pthread_cleanup_pop(0);
	return nullptr;
}

void *is_cancelled_at_work(void *)
{
	Guard guard;
	for (;;)
		pthread_testcancel();
	return nullptr;
}

// Nothing to destroy: at just any instruction no object may be half made.
void *is_cancelled_at_once(void *)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
	for (volatile int i = 0;; i++)
		;
	return nullptr;
}

void *(*const ways[WAYS])(void *) = {
	returns, throws, exits, is_cancelled, is_cancelled_at_work, is_cancelled_at_once};

int fill_descriptors()
{
	int opened = 0;
	struct rlimit limit = {MOST_DESCRIPTORS, MOST_DESCRIPTORS};
	setrlimit(RLIMIT_NOFILE, &limit);
	while (open("/dev/null", O_RDONLY) != -1)
		opened++;
	return opened;
}

void live_and_count(int counts[WAYS])
{
	pthread_t threads[WAYS * COPIES];
	for (int i = 0; i < WAYS * COPIES; i++)
		pthread_create(&threads[i], nullptr, ways[i % WAYS], nullptr);
	for (int i = 3; i < WAYS * COPIES; i++)
		if (i % WAYS >= 3)
			pthread_cancel(threads[i]);
	for (int i = 0; i < WAYS * COPIES; i++) {
		void *result;
		pthread_join(threads[i], &result);
		void *expected =
			i % WAYS < 3 ? reinterpret_cast<void *>(i % WAYS + 1) : PTHREAD_CANCELED;
		counts[i % WAYS] += result == expected;
	}
}

} // namespace

int main()
{
	int counts[WAYS] = {0};
	burn(0.2);
	printf("descriptors: %d\n", fill_descriptors());
	for (int i = 0; i < ROUNDS; i++)
		live_and_count(counts);
	for (int i = 0; i < WAYS; i++)
		printf("way %d: %d threads\n", i, counts[i]);
	printf("objects left %d, cleaned up %d\n", created - destroyed, cleaned.load());
	return 0;
}
