/* SPDX-License-Identifier: Apache-2.0 */
/* waits_last_to_their_end.c -- no call that waits comes back with EINTR, in main and in a thread.
 *
 * harm: signals
 * level: P0
 * naive: wall, tgkill
 */
#include "waits.h"

static void *wait_in_thread(void *unused)
{
	burn(0.1);
	waits_show("thread", 6);
	return unused;
}

int main(void)
{
	pthread_t thread;
	waits_begin();
	waits_show("early", 3);
	burn(0.15);
	waits_show("main", 8);
	pthread_create(&thread, NULL, wait_in_thread, NULL);
	pthread_join(thread, NULL);
	waits_end();
	return 0;
}
