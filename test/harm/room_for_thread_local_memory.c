/* SPDX-License-Identifier: Apache-2.0 */
/* room_for_thread_local_memory.c -- threads fit onto the smallest stacks, and late libraries into
 * the memory set apart for them.
 *
 * Thread-local memory of libraries loaded at start is taken from each thread's stack.
 *
 * harm: threads
 * level: P0
 * naive: tls
 */
#include "life.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { MOST_LIBRARIES = 40 };

/* Small enough a frame for a stack of which the kernel needs a part when a signal comes. */
static void *work(void *unused)
{
	burn(0.03);
	return unused;
}

static void create_on(size_t size)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	int refused = pthread_attr_setstacksize(&attributes, size);
	int error = pthread_create(&thread, &attributes, work, NULL);
	printf("stack of %zu: attribute %d, create %d\n", size, refused, error);
	if (!error)
		pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

/* Under another name and of another inode it is another library. */
static void copy(const char *from, const char *to)
{
	struct stat about;
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0700);
	expect(!fstat(in, &about) && sendfile(out, in, NULL, (size_t)about.st_size) > 0, "copied");
	close(in);
	close(out);
}

static int load_copy(int number)
{
	char from[PATH_MAX], to[32];
	snprintf(from, sizeof from, "%s/lib/initial_tls.so", getenv("HARM_BIN"));
	snprintf(to, sizeof to, "./copy%d.so", number);
	copy(from, to);
	void *library = dlopen(to, RTLD_NOW);
	unlink(to);
	return library != NULL;
}

int main(void)
{
	burn(0.2);
	create_on(PTHREAD_STACK_MIN);
	create_on(PTHREAD_STACK_MIN + 4096);
	create_on(PTHREAD_STACK_MIN + 16384);
	int loaded = 0;
	while (loaded < MOST_LIBRARIES && load_copy(loaded))
		loaded++;
	printf("libraries of 256 bytes: %d\n", loaded);
	return 0;
}
