/* SPDX-License-Identifier: Apache-2.0 */
/* serve_command.h -- conprofd without a command: it serves. */
#pragma once

/* [any]    Serves as the options behind argv[0] say, until SIGTERM or SIGINT, and returns the exit
 *          status: 0, 1 when it could not, 2 when the words are wrong. */
int serve_command(int argc, char **argv);
