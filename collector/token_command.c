/* SPDX-License-Identifier: Apache-2.0 */
/* token_command.c -- the words "conprofd token" and what follows them. */
#include "collector/token_command.h"

#include "collector/guard.h"

#include <stdio.h>
#include <string.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

static const char usage[] =
	"Usage: conprofd token NAME SCOPES >>FILE\n"
	"\n"
	"Makes a token. It is shown once, on standard error; on standard output is the line for "
	"the\n"
	"file that --tokens names, which holds only its hash. SCOPES are one or several of\n"
	"\n"
	"  ingest  send profiles\n"
	"  query   read them, and /metrics\n"
	"\n"
	"separated by commas. Clients send the token as 'Authorization: Bearer TOKEN', or by HTTP\n"
	"Basic with NAME as user and the token as password, as in http://NAME:TOKEN@host:10100/.\n";

int token_command(int argc, char **argv)
{
	char token[GUARD_TOKEN_SIZE], hash[GUARD_HASH_SIZE];
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 3 || strpbrk(argv[1], ": \t#") || !*argv[1] || !guard_scopes(argv[2])) {
		fputs("conprofd token: a name and scopes are wanted\n"
		      "Try 'conprofd token --help'.\n",
		      stderr);
		return STATUS_USAGE;
	}
	int error = guard_make_token(token, hash);
	if (error || printf("%s %s %s\n", argv[1], argv[2], hash) < 0 || fflush(stdout)) {
		fprintf(stderr, "conprofd token: %s\n", error ? strerror(-error) : "cannot write");
		return STATUS_FAILED;
	}
	fprintf(stderr, "the token of %s: %s\n", argv[1], token);
	return 0;
}
