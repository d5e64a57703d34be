/* SPDX-License-Identifier: Apache-2.0 */
/* set_uid.c -- says whether it is set-uid, works, and lists its threads, descriptors and handlers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../burn.h"
#include "../status.h"

static void list_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf("descriptor %d\n", fd);
}

static void list_handlers(void)
{
	for (int i = 1; i < 65; i++) {
		struct sigaction action;
		if (!sigaction(i, NULL, &action) && action.sa_handler != SIG_DFL)
			printf("handler of signal %d\n", i);
	}
}

static void count_threads(void)
{
	printf("threads %ld\n", status_value("Threads:"));
}

int main(void)
{
	printf("secure %lu, user %d\n", getauxval(AT_SECURE), (int)geteuid());
	burn(0.5);
	list_descriptors();
	list_handlers();
	count_threads();
	return 5;
}
