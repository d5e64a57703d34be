/* SPDX-License-Identifier: Apache-2.0 */
/* top_command.h -- the words "conprofd top" and what follows them. */
#pragma once

/* [any]    Runs "top OPTIONS FILES" and returns the exit status: 0, 1 when a file or the output
 *          failed, 2 when the words are wrong. argv[0] is "top". */
int top_command(int argc, char **argv);
