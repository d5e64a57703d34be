/* SPDX-License-Identifier: Apache-2.0 */
/* initial_tls.c -- a library whose thread-local memory has to fit into what was set apart at start.
 */
__thread char initial_tls[256] __attribute__((tls_model("initial-exec")));

char *initial_tls_address(void)
{
	return initial_tls;
}
