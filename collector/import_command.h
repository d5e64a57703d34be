/* SPDX-License-Identifier: Apache-2.0 */
/* import_command.h -- the words "conprofd import" and what follows them. */
#pragma once

/* [any]    Stores the profiles of a tar, see archive.h, into a data directory that no conprofd
 * uses. Returns the exit status: 0, 1 when it failed or refused one, 2 when the words are wrong.
 *          argv[0] is "import". */
int import_command(int argc, char **argv);
