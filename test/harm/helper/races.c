/* SPDX-License-Identifier: Apache-2.0 */
/* races.c -- two threads write one variable, which ThreadSanitizer is there to find.
 *
 * flags: -O1 -fsanitize=thread -pthread
 */
#include <pthread.h>
#include <stdio.h>

#include "../burn.h"

static int shared;

static void *work(void *argument)
{
	burn(0.1);
	shared++;
	return argument;
}

int main(void)
{
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("shared is %d\n", shared);
	return 0;
}
