/* SPDX-License-Identifier: Apache-2.0 */
/* ten_thousand_mappings.c -- a program of very many mappings, executable ones among them.
 *
 * harm: unwinding
 * level: P1
 */
#include "life.h"
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 4096, MAPPINGS = 10000 };

static void *change_mappings(void *begin)
{
	char *area = begin;
	for (int round = 0; round < 3; round++) {
		burn(0.03);
		for (int i = 1; i < MAPPINGS; i += 97)
			mprotect(area + (long)i * PAGE, PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	int failed = 0;
	char *area =
		mmap(NULL, (size_t)MAPPINGS * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < MAPPINGS; i += 2)
		failed += mprotect(area + (long)i * PAGE, PAGE, PROT_READ | PROT_EXEC) != 0;
	pthread_create(&thread, NULL, change_mappings, area);
	burn(0.3);
	pthread_join(thread, NULL);
	printf("failed %d, unmapped %d\n", failed, munmap(area, (size_t)MAPPINGS * PAGE) == 0);
	burn(0.1);
	return 0;
}
