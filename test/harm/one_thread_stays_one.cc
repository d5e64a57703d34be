// SPDX-License-Identifier: Apache-2.0
// one_thread_stays_one.cc -- the C library goes on believing that there is one thread, and counts
// references without locked instructions.
//
// harm: threads
// level: P0
// naive: thread
#include <algorithm>
#include <cstdio>
#include <memory>
#include <sys/single_threaded.h>

#include "burn.h"

namespace
{

double seconds_of_copies(const std::shared_ptr<int> &shared)
{
	double began = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < 1000000; i++) {
		std::shared_ptr<int> copy(shared);
		__asm__ volatile("" : : "r"(copy.get()) : "memory");
	}
	return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - began;
}

// The least of several is that which nobody disturbed.
double least_seconds()
{
	auto shared = std::make_shared<int>(1);
	double least = seconds_of_copies(shared);
	for (int i = 0; i < 8; i++)
		least = std::min(least, seconds_of_copies(shared));
	return least;
}

} // namespace

int main()
{
	printf("single threaded at first: %d\n", __libc_single_threaded);
	double before = least_seconds();
	burn(0.3);
	printf("after some work: %d\n", __libc_single_threaded);
	printf("copies take twice as long: %s\n", least_seconds() > 2 * before ? "yes" : "no");
	return 0;
}
