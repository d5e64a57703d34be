/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- conprofd: the far end, one word per thing it does. */
#include "collector/check_command.h"
#include "collector/export_command.h"
#include "collector/import_command.h"
#include "collector/options.h"
#include "collector/serve_command.h"
#include "collector/token_command.h"
#include "collector/top_command.h"

#include <stdio.h>
#include <string.h>

#ifndef CONPROF_VERSION
#define CONPROF_VERSION "0"
#endif

static const struct command {
	const char *word;
	int (*run)(int argc, char **argv); /* argv[0] is the word */
	const char *summary;
} commands[] = {
	{"top", top_command, "show the functions that profiles spent most on"},
	{"check", check_command, "verify a data directory"},
	{"export", export_command, "write profiles into a tar"},
	{"import", import_command, "store the profiles of such a tar"},
	{"token", token_command, "make a token for --tokens"},
};

enum {
	COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]),
	STATUS_USAGE = 2,
};

static void print_usage(FILE *to)
{
	fputs("Usage: conprofd [OPTIONS]\n"
	      "       conprofd COMMAND [OPTIONS] [FILE...]\n"
	      "       conprofd --help | --version\n"
	      "\n"
	      "Without a command it receives profiles, keeps them, and answers queries.\n"
	      "\n"
	      "Options:\n",
	      to);
	options_help(to);
	fputs("\nCommands:\n", to);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-8s %s\n", commands[i].word, commands[i].summary);
	fputs("\nconprofd COMMAND --help tells more about a command.\n", to);
}

/* 0, or 1 when the text could not be written. */
static int end_output(void)
{
	if (fflush(stdout) == 0)
		return 0;
	perror("conprofd: cannot write");
	return 1;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	if (!word)
		return serve_command(argc, argv);
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_usage(stdout);
		return end_output();
	}
	if (!strcmp(word, "--version")) {
		puts("conprofd " CONPROF_VERSION);
		return end_output();
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(word, commands[i].word))
			return commands[i].run(argc - 1, argv + 1);
	if (word[0] == '-')
		return serve_command(argc, argv);
	fprintf(stderr, "conprofd: unknown command '%s'\nTry 'conprofd --help'.\n", word);
	return STATUS_USAGE;
}
