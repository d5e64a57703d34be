/* SPDX-License-Identifier: Apache-2.0 */
/* burns.c -- uses so many seconds of CPU time, and no more is seen of it. */
#include <stdlib.h>

#include "../burn.h"

int main(int argc, char **argv)
{
	burn(argc > 1 ? atof(argv[1]) : 1);
	return 0;
}
