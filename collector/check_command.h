/* SPDX-License-Identifier: Apache-2.0 */
/* check_command.h -- the words "conprofd check" and what follows them. */
#pragma once

/* [any]    Verifies a data directory that no conprofd uses, and changes nothing. Returns the exit
 *          status: 0, 1 when something is wrong with it, 2 when the words are wrong. argv[0] is
 *          "check". */
int check_command(int argc, char **argv);
