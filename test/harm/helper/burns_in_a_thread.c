/* SPDX-License-Identifier: Apache-2.0 */
/* burns_in_a_thread.c -- main uses CPU time, then a thread does; says whether there was one. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../burn.h"

static void *work(void *seconds)
{
	burn(*(double *)seconds);
	return NULL;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0.3;
	pthread_t thread;
	burn(seconds);
	int error = pthread_create(&thread, NULL, work, &seconds);
	printf("thread: %d\n", error);
	return error || pthread_join(thread, NULL);
}
