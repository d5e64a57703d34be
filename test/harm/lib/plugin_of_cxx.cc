/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_of_cxx.cc -- brings the library of C++ into a program of C, and uses its operators. */
#include <cstdint>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>

struct alignas(256) wide {
	char bytes[1000];
};

static volatile size_t too_much = PTRDIFF_MAX;
static volatile unsigned handled;
static void *volatile lost;

static void free_nothing()
{
	if (++handled % 3 == 0)
		std::set_new_handler(nullptr);
}

template <class Call> static unsigned throws(Call call)
{
	std::set_new_handler(free_nothing);
	try {
		call();
	} catch (const std::bad_alloc &) {
		return 1;
	}
	return 0;
}

static unsigned count_throws()
{
	return throws([] { operator delete(operator new(too_much)); }) +
	       throws([] { operator delete[](operator new[](too_much)); }) +
	       throws([] { lost = operator new(too_much, std::align_val_t(64)); }) +
	       throws([] { lost = operator new[](too_much, std::align_val_t(64)); }) +
	       throws([] { std::string(too_much / 2 - 1000, 'x'); });
}

static unsigned fill()
{
	std::map<std::string, std::vector<int>> map;
	unsigned sum = 0;
	for (int i = 0; i < 2000; i++)
		map["a name that is too long to be kept inside " + std::to_string(i % 100)]
			.push_back(i);
	for (auto &entry : map)
		sum += (unsigned)entry.second.size() + (unsigned)entry.first.size();
	wide *aligned = new wide[3];
	sum += (uintptr_t)aligned % 256 == 0;
	delete[] aligned;
	sum += new (std::nothrow) char[too_much] == nullptr;
	return sum;
}

extern "C" unsigned plugin_work()
{
	unsigned sums[3] = {0, 0, 0};
	std::vector<std::thread> threads;
	for (unsigned &sum : sums)
		threads.emplace_back([&sum] { sum = fill(); });
	for (std::thread &thread : threads)
		thread.join();
	return sums[0] + sums[1] + sums[2] + count_throws() * 1000000;
}

extern "C" unsigned plugin_handled()
{
	return handled;
}
