/* SPDX-License-Identifier: Apache-2.0 */
/* suite.h -- how every unit test ends. */
#pragma once

#include <check.h>

/* Runs the suite, as Check's environment variables say; what main returns. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
