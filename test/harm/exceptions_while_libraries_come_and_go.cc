/* SPDX-License-Identifier: Apache-2.0 */
/* exceptions_while_libraries_come_and_go.cc -- threads throw, load, unload and allocate at once.
 *
 * They hold the locks of the loader and of malloc in every order; whoever takes one of them in a
 * handler stops them. Several processes, since a first time is part of it; and without a shared
 * libgcc, so that whoever needs one has to load it.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+backtrace
 * flags: -O2 -pthread -static-libstdc++ -static-libgcc
 */
#include "life.h"
#include <atomic>
#include <dlfcn.h>
#include <malloc.h>
#include <stdexcept>
#include <thread>
#include <vector>

namespace
{

constexpr int processes = 8;
constexpr int laps_each = 4000;

__attribute__((noinline)) void throw_below(int depth)
{
	if (depth == 0)
		throw std::runtime_error("here");
	throw_below(depth - 1);
	__asm__ volatile("");
}

void throw_often()
{
	for (int i = 0; i < laps_each; i++)
		try {
			throw_below(i % 16);
		} catch (const std::exception &) {
		}
}

void load_often(const char *name)
{
	for (int i = 0; i < laps_each / 4; i++)
		if (void *library = dlopen(name, RTLD_NOW))
			dlclose(library);
}

/* Of sizes that no thread has a cache of, so that the arena's lock is taken. */
void allocate_often()
{
	for (int i = 0; i < 8 * laps_each; i++)
		free(malloc(2000 + static_cast<size_t>(i) * 97 % 60000));
}

int live()
{
	mallopt(M_ARENA_MAX, 1);
	std::vector<std::thread> threads;
	threads.emplace_back(load_often, "libresolv.so.2");
	threads.emplace_back(load_often, "libanl.so.1");
	for (int i = 0; i < 4; i++)
		threads.emplace_back(allocate_often);
	for (int i = 0; i < 4; i++)
		threads.emplace_back(throw_often);
	for (auto &thread : threads)
		thread.join();
	return 7;
}

} // namespace

int main(int argc, char **)
{
	if (argc > 1)
		return live();
	for (int i = 0; i < processes; i++)
		print_ending("process", wait_at_most(begin_again("lively"), 20));
	return 0;
}
