/* SPDX-License-Identifier: Apache-2.0 */
/* token_command.c -- the words "conprofd token" and what follows them. */
#include "collector/token_command.h"

#include "collector/guard.h"

#include <stdio.h>
#include <string.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	CONSTRAINTS_SIZE = 2048,
};

static const char usage[] =
	"Usage: conprofd token NAME SCOPES [KEY=VALUE...] >>FILE\n"
	"\n"
	"Makes a token. It is shown once, on standard error; on standard output is the line for "
	"the\n"
	"file that --tokens names, which holds only its hash. SCOPES are one or several of\n"
	"\n"
	"  ingest  send profiles\n"
	"  query   read them, and /metrics\n"
	"  admin   everything, and /api/0/status\n"
	"\n"
	"separated by commas. With KEY=VALUE it is for the profiles only that fit each of them:\n"
	"KEY is a label, or service or type, whose VALUE may have * and ?. Uploads that say\n"
	"another value are refused, labels that are absent are set; queries see nothing else.\n"
	"Characters like , and blanks are written as %2C and %20.\n"
	"\n"
	"Who deletes the line, and sends conprofd SIGHUP, revokes the token. Through a unix\n"
	"socket uploads need none, queries do.\n"
	"\n"
	"Clients send the token as 'Authorization: Bearer TOKEN', or by HTTP\n"
	"Basic with NAME as user and the token as password, as in http://NAME:TOKEN@host:10100/.\n";

/* The words as a line has them, or "" for none; false when they are no constraints. */
static bool join(char out[CONSTRAINTS_SIZE], int count, char **words, unsigned scopes)
{
	struct tenant *tenant = NULL;
	size_t len = 0;
	out[0] = '\0';
	for (int i = 0; i < count && len < CONSTRAINTS_SIZE; i++)
		len += (size_t)snprintf(out + len, CONSTRAINTS_SIZE - len, "%c%s", i ? ',' : ' ',
					words[i]);
	if (count == 0)
		return true;
	bool good = len < CONSTRAINTS_SIZE && !strpbrk(out + 1, " \t\n") &&
		    !(scopes & GUARD_ADMIN) && !tenant_parse(&tenant, out + 1);
	tenant_release(tenant);
	return good;
}

/* NULL, or what is wrong with the words. */
static const char *look_at(int argc, char **argv, char constraints[CONSTRAINTS_SIZE])
{
	if (argc < 3)
		return "a name and scopes are wanted";
	if (!*argv[1] || strpbrk(argv[1], ": \t\n#"))
		return "a name has no blanks, and neither : nor #";
	unsigned scopes = guard_scopes(argv[2]);
	if (!scopes)
		return "scopes are ingest, query and admin, separated by commas";
	if (join(constraints, argc - 3, argv + 3, scopes))
		return NULL;
	return scopes & GUARD_ADMIN ? "an admin has no constraints"
				    : "constraints are KEY=VALUE, without blanks";
}

int token_command(int argc, char **argv)
{
	char token[GUARD_TOKEN_SIZE], hash[GUARD_HASH_SIZE], constraints[CONSTRAINTS_SIZE];
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	const char *wrong = look_at(argc, argv, constraints);
	if (wrong) {
		fprintf(stderr, "conprofd token: %s\nTry 'conprofd token --help'.\n", wrong);
		return STATUS_USAGE;
	}
	int error = guard_make_token(token, hash);
	if (error || printf("%s %s %s%s\n", argv[1], argv[2], hash, constraints) < 0 ||
	    fflush(stdout)) {
		fprintf(stderr, "conprofd token: %s\n", error ? strerror(-error) : "cannot write");
		return STATUS_FAILED;
	}
	fprintf(stderr, "the token of %s: %s\n", argv[1], token);
	return 0;
}
