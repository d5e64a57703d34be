/* SPDX-License-Identifier: Apache-2.0 */
/* token_command.h -- the words "conprofd token" and what follows them. */
#pragma once

/* [any]    Makes a token and the line for --tokens. Returns the exit status: 0, 1 when it failed, 2
 *          when the words are wrong. argv[0] is "token". */
int token_command(int argc, char **argv);
