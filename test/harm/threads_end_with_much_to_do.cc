// SPDX-License-Identifier: Apache-2.0
// threads_end_with_much_to_do.cc -- what ends with a thread allocates and frees to the very last.
//
// harm: threads
// level: P0
// naive: malloc
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <string>
#include <vector>

#include "burn.h"

namespace
{

enum { KEYS = 5, ROUNDS = 4, THREADS = 1500, AT_ONCE = 50, BLOCKS = 20 };

pthread_key_t keys[KEYS];
std::atomic<long> destroyed, objects, blocks;

void allocate_some()
{
	void *taken[BLOCKS];
	for (int i = 0; i < BLOCKS; i++)
		taken[i] = memset(malloc(16 + static_cast<size_t>(i) * 40), i, 16);
	for (void *block : taken)
		free(block);
	blocks += BLOCKS;
}

// Later than those of keys, or earlier, as the C library likes it.
struct Object {
	std::vector<std::string> names{100, "a name that does not fit into a short string"};
	~Object()
	{
		allocate_some();
		objects++;
	}
};

thread_local Object object;

// As often as the C library goes on calling it.
struct Key {
	int number, rounds;
};

void destroy_key(void *argument)
{
	auto *key = static_cast<Key *>(argument);
	allocate_some();
	destroyed++;
	if (--key->rounds > 0)
		pthread_setspecific(keys[key->number], key);
	else
		delete key;
}

void *work(void *)
{
	for (int i = 0; i < KEYS; i++)
		pthread_setspecific(keys[i], new Key{i, ROUNDS});
	allocate_some();
	return reinterpret_cast<void *>(object.names.size());
}

} // namespace

// Worked before, so that profilers that begin late are there when the threads end.
int main()
{
	pthread_t threads[AT_ONCE];
	burn(0.2);
	for (auto &key : keys)
		pthread_key_create(&key, destroy_key);
	for (int done = 0; done < THREADS; done += AT_ONCE) {
		for (auto &thread : threads)
			pthread_create(&thread, nullptr, work, nullptr);
		for (auto &thread : threads)
			pthread_join(thread, nullptr);
	}
	printf("keys destroyed %ld, objects %ld, blocks %ld\n", destroyed.load(), objects.load(),
	       blocks.load());
	return 0;
}
