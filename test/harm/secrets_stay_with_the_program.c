/* SPDX-License-Identifier: Apache-2.0 */
/* secrets_stay_with_the_program.c -- what arguments, variables and memory hold is in no upload, log
 * or spool.
 *
 * harm: data
 * level: P0
 * env: CONPROF_LOG_FILE=@/log CONPROF_LOG_LEVEL=4 CONPROF_SPOOL=@/spool
 *
 * The runner searches what the agent was sent for the secret.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "burn.h"

static void search(const char *command)
{
	int status = system(command);
	printf("found: %s\n", status == 0 ? "yes" : "no");
}

int main(int argc, char **argv)
{
	const char *secret = getenv("HARM_SECRET");
	if (argc < 2) {
		setenv("CONPROF_SERVER_ID", "someone", 1);
		setenv("CONPROF_SERVER_TOKEN", secret, 1);
		return execv(argv[0], (char *[]){argv[0], "--password", (char *)secret, NULL});
	}
	char *copy = strdup(secret);
	burn(1.3);
	search("cat log spool/* 2>/dev/null | grep -q -a -e \"$HARM_SECRET\"");
	search("cat log spool/* 2>/dev/null | gzip -dcq 2>/dev/null | grep -q -a -e "
	       "\"$HARM_SECRET\"");
	printf("still: %s\n", strcmp(copy, argv[2]) ? "no" : "yes");
	free(copy);
	return 0;
}
