/* SPDX-License-Identifier: Apache-2.0 */
/* export_command.h -- the words "conprofd export" and what follows them. */
#pragma once

/* [any]    Writes the profiles of a data directory into a tar, see archive.h; a conprofd may run on
 *          it meanwhile. Returns the exit status: 0, 1 when it failed or something is damaged, 2
 *          when the words are wrong. argv[0] is "export". */
int export_command(int argc, char **argv);
