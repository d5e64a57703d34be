/* SPDX-License-Identifier: Apache-2.0 */
/* allocations_around_main.cc -- blocks are given before main, by handlers at exit and as threads
 * end, and freed at another of these times.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -std=c++17 -pthread
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include "burn.h"

static char *early, *constructed, *at_exit;
static pthread_key_t key;

static void check(const char *what, const char *block, char value)
{
	bool is_intact = block && block[0] == value && block[999] == value;
	printf("%s: %s\n", what, is_intact ? "intact" : "not intact");
}

static char *make(char value)
{
	return static_cast<char *>(memset(memalign(64, 1000), value, 1000));
}

static void before_constructors(int, char **, char **)
{
	early = make('e');
}
__attribute__((section(".preinit_array"),
	       used)) static void (*preinit)(int, char **, char **) = before_constructors;

__attribute__((constructor(101))) static void first_of_all()
{
	constructed = make('c');
}

struct with_destructor {
	std::vector<std::string> texts{100, std::string(200, 's')};
	~with_destructor()
	{
		texts.push_back(std::string(3000, 'd'));
		printf("static: %zu texts\n", texts.size());
		check("at exit", at_exit, 'x');
		free(at_exit);
	}
};
static with_destructor of_the_program;

struct of_a_thread {
	std::unique_ptr<std::string> text = std::make_unique<std::string>(5000, 't');
	~of_a_thread()
	{
		auto last = std::make_unique<std::string>(*text + "!");
		printf("thread: %zu\n", last->size());
	}
};
static thread_local of_a_thread own;

static void end_of_key(void *block)
{
	char *moved = static_cast<char *>(realloc(block, 2000));
	check("key", moved, 'k');
	free(moved);
}

static void live()
{
	pthread_setspecific(key, make('k'));
	own.text->push_back('.');
}

static void leave()
{
	at_exit = make('x');
	check("constructed", constructed, 'c');
	operator delete(operator new(100));
	free(constructed);
}

__attribute__((destructor)) static void last_of_all()
{
	check("early", early, 'e');
	free(early);
}

int main()
{
	atexit(leave);
	pthread_key_create(&key, end_of_key);
	burn(0.12);
	for (int i = 0; i < 20; i++)
		std::thread(live).join();
	live();
	burn(0.1);
	return 0;
}
