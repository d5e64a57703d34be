/* SPDX-License-Identifier: Apache-2.0 */
/* storm_of_libraries.c -- many libraries come, compute and go, in several threads.
 *
 * harm: unwinding
 * level: P0
 * needs: cc
 */
#include "life.h"
#include "generated.h"
#include <pthread.h>

enum { SOURCES = 3, COPIES = 8, LIBRARIES = SOURCES * COPIES, THREADS = 4, ROUNDS = 60 };

static int make_libraries(void)
{
	char command[128], name[32];
	for (int i = 0; i < SOURCES; i++) {
		snprintf(name, sizeof name, "source%d.so", i);
		if (!generate(name, "-O1 -xc",
			      "char data[%d]; int deeper(int n) { return n ? deeper(n - 1) + 1 : "
			      "0; }\n"
			      "int compute(int n) { int sum = 0; for (int i = 0; i < n; i++)\n"
			      "sum += deeper(50) - 50; return sum + %d; }\n",
			      100 + 9000 * i, i))
			return 0;
	}
	for (int i = 0; i < LIBRARIES; i++) {
		snprintf(command, sizeof command, "cp source%d.so library%d.so", i % SOURCES, i);
		if (system(command))
			return 0;
	}
	return 1;
}

static void *load_and_unload(void *which)
{
	long sum = 0;
	for (int i = 0; i < ROUNDS; i++) {
		char path[64];
		int number = (int)(i * 7 + (long)which * 5) % LIBRARIES;
		snprintf(path, sizeof path, "./library%d.so", number);
		void *library = dlopen(path, RTLD_NOW);
		int (*compute)(int) = library ? (int (*)(int))dlsym(library, "compute") : NULL;
		sum += compute ? compute(8000) == number % SOURCES : 0;
		if (library)
			dlclose(library);
	}
	return (void *)sum;
}

int main(void)
{
	pthread_t threads[THREADS];
	if (!make_libraries())
		return 1;
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, load_and_unload, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		void *sum;
		pthread_join(threads[i], &sum);
		printf("computed rightly: %ld of %d\n", (long)sum, ROUNDS);
	}
	return system("rm -f *.so");
}
