/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- how conprofd is told what to do: one table for flags, config file and documents.
 *
 * Each option is --NAME VALUE on the command line and NAME = VALUE in the file; a flag that takes
 * no value is there or not, in the file it is yes or no. The command line wins. What is wrong is
 * never guessed: conprofd says so and does not start.
 */
#pragma once

#include "collector/retention.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	OPTIONS_TEXT_SIZE = 1024,
	OPTIONS_ERROR_SIZE = 512,
};

struct options {
	char config[OPTIONS_TEXT_SIZE]; /* "" for none */
	char listen[OPTIONS_TEXT_SIZE];
	uint64_t socket_mode;
	char data[OPTIONS_TEXT_SIZE];
	uint64_t retention_ms, originals_ms, compact_ms;
	char retention_rules[OPTIONS_TEXT_SIZE];
	uint64_t retention_size, keep_free;
	char tokens[OPTIONS_TEXT_SIZE]; /* "" for none */
	bool insecure;
	char tls_certificate[OPTIONS_TEXT_SIZE], tls_key[OPTIONS_TEXT_SIZE];
	uint64_t body_max, inflated_max, memory_max;
	uint64_t connections, connections_per_ip;
	uint64_t request_ms, least_rate;
	uint64_t threads;
	uint64_t merge_max, merge_memory, merge_deadline_ms;
	uint64_t log_level;
	struct retention retention; /* out of the above */
};

/* One line of the documents. */
struct options_row {
	const char *name, *value, *default_text, *meaning; /* value "" when it takes none */
};

extern const struct options_row options_rows[];
extern const size_t options_row_count;

/* [any]    Defaults, then the config file, then the words behind argv[0]. 0; -EINVAL, and error
 *          says in one line what is wrong. */
int options_read(struct options *, int argc, char **argv, char error[OPTIONS_ERROR_SIZE]);
/* [any]    Writes one line per option for --help. */
void options_help(FILE *);
