/* SPDX-License-Identifier: Apache-2.0 */
/* threads_end_in_every_way.cc -- however a thread ends, all that it was to destroy is destroyed.
 *
 * Return, exception, pthread_exit, cancellation both ways; objects on the stack, thread_local ones,
 * and keys whose destructors set them again and allocate.
 *
 * harm: threads
 * level: P0
 * flags: -O2 -pthread -Wno-infinite-recursion
 */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include "burn.h"

namespace
{
constexpr int Threads = 400;
constexpr int Rounds = 3; // of a key's destructor, after the first

std::atomic<int> on_stack, in_thread, by_key, caught;
pthread_key_t key;

struct Counted {
	std::atomic<int> &count;
	std::string text;
	explicit Counted(std::atomic<int> &which) : count(which), text(100, 'x')
	{
	}
	~Counted()
	{
		if (text.size() == 100)
			count++;
	}
};

thread_local Counted local(in_thread);

void end_key(void *value)
{
	long left = *static_cast<long *>(value);
	free(value);
	by_key++;
	for (int i = 0; i < 20; i++)
		free(malloc(100 + i));
	if (!left)
		return;
	auto *again = static_cast<long *>(malloc(sizeof left));
	*again = left - 1;
	pthread_setspecific(key, again);
}

void set_key()
{
	auto *rounds = static_cast<long *>(malloc(sizeof(long)));
	*rounds = Rounds;
	pthread_setspecific(key, rounds);
}

void compute()
{
	burn(0.0002);
}

__attribute__((noinline)) void exit_deep(int depth)
{
	Counted counted(on_stack);
	if (depth) {
		exit_deep(depth - 1);
	} else {
		compute();
		pthread_exit(nullptr);
	}
}

__attribute__((noinline)) void throw_deep(int depth)
{
	Counted counted(on_stack);
	if (depth) {
		throw_deep(depth - 1);
	} else {
		compute();
		throw std::runtime_error("deep");
	}
}

void *begin()
{
	set_key();
	return local.text.empty() ? &local : nullptr;
}

void *by_return(void *)
{
	begin();
	Counted counted(on_stack);
	compute();
	return nullptr;
}

void *by_exception(void *)
{
	begin();
	try {
		throw_deep(3);
	} catch (const std::runtime_error &error) {
		caught++;
	}
	return nullptr;
}

void *by_exit(void *)
{
	begin();
	exit_deep(3);
	return nullptr;
}

void *by_cancellation(void *)
{
	begin();
	Counted counted(on_stack);
	for (;;) {
		burn(0.0001);
		usleep(50);
	}
}

/* Apart, because only a call can be unwound through where something is to be destroyed. */
__attribute__((noinline)) void spin()
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
	for (volatile long i = 0;;)
		i = i + 1;
}

void *by_asynchronous_cancellation(void *)
{
	begin();
	Counted counted(on_stack);
	spin();
	return nullptr;
}

void *by_cancelling_itself(void *)
{
	begin();
	Counted counted(on_stack);
	compute();
	pthread_cancel(pthread_self());
	pthread_testcancel();
	return nullptr;
}

struct Way {
	const char *name;
	void *(*routine)(void *);
	bool is_cancelled;
};

const Way ways[] = {
	{"return", by_return, false},
	{"exception", by_exception, false},
	{"pthread_exit", by_exit, false},
	{"cancellation", by_cancellation, true},
	{"asynchronous cancellation", by_asynchronous_cancellation, true},
	{"its own cancellation", by_cancelling_itself, false},
};

void end_all(const Way &way)
{
	int cancelled = 0;
	on_stack = in_thread = by_key = caught = 0;
	for (int i = 0; i < Threads; i++) {
		pthread_t thread;
		void *result;
		pthread_create(&thread, nullptr, way.routine, nullptr);
		if (way.is_cancelled) {
			usleep(200);
			pthread_cancel(thread);
		}
		pthread_join(thread, &result);
		cancelled += result == PTHREAD_CANCELED;
	}
	printf("%s: stack %d, thread_local %d, key %d, caught %d, cancelled %d\n", way.name,
	       on_stack.load(), in_thread.load(), by_key.load(), caught.load(), cancelled);
}

} // namespace

int main()
{
	setvbuf(stdout, nullptr, _IOLBF, 0);
	pthread_key_create(&key, end_key);
	for (const Way &way : ways)
		end_all(way);
	std::thread([] { throw_deep(1); }).join(); // ends the process, as nobody catches it
	return 0;
}
