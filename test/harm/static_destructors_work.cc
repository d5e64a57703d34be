/* SPDX-License-Identifier: Apache-2.0 */
/* static_destructors_work.cc -- destructors that compute, allocate, make threads and unload.
 *
 * harm: life
 * level: P0
 * naive: slowexit
 */
#include "life.h"
#include <dlfcn.h>
#include <map>
#include <string>
#include <thread>

namespace
{

constexpr int children = 3;

struct worker {
	void *library = dlopen("libutil.so.1", RTLD_NOW);
	std::map<int, std::string> memory;

	~worker()
	{
		for (int i = 0; i < 2000; i++)
			memory[i] = std::string(100, 'x');
		std::thread([] { burn(0.03); }).join();
		printf("unloaded %d, held %zu\n", dlclose(library), memory.size());
		burn(0.03);
	}
};

worker before_main;

} // namespace

int main()
{
	static worker in_main;
	thread_local worker of_this_thread;
	of_this_thread.memory[0] = in_main.memory[0] = "";
	for (int i = 0; i < children; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			burn(0.05 * i);
			return i;
		}
		print_ending("child", wait_at_most(child, 20));
	}
	return 0;
}
