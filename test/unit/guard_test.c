/* SPDX-License-Identifier: Apache-2.0 */
/* guard_test.c -- tokens, and what they allow. */
#include "collector/guard.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void set_up(void)
{
	strcpy(path, "/tmp/conprof-test-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void tear_down(void)
{
	unlink(path);
}

static struct guard *load(const char *text, char error[GUARD_ERROR_SIZE])
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return guard_load(path, error);
}

static enum guard_verdict verdict(const struct guard *guard, const char *authorization,
				  const char *api_key, enum guard_scope scope)
{
	struct tenant *tenant;
	enum guard_verdict verdict = guard_check(guard, authorization, api_key, scope, &tenant);
	ck_assert_ptr_null(tenant);
	return verdict;
}

/* "secret" is the token of all of them. */
#define HASH "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

START_TEST(a_token_allows_what_its_scopes_say)
{
	char error[GUARD_ERROR_SIZE];
	struct guard *guard = load("# who\n\nwriter ingest " HASH "\n", error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_INGEST), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "bearer secret", "", GUARD_QUERY), GUARD_FORBIDDEN);
	ck_assert_int_eq(verdict(guard, "Bearer Secret", "", GUARD_INGEST), GUARD_UNKNOWN);
	ck_assert_int_eq(verdict(guard, "", "", GUARD_INGEST), GUARD_UNKNOWN);
	/* writer:secret, other:secret, writer:secreT */
	ck_assert_int_eq(verdict(guard, "Basic d3JpdGVyOnNlY3JldA==", "", GUARD_INGEST),
			 GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Basic b3RoZXI6c2VjcmV0", "", GUARD_INGEST), GUARD_UNKNOWN);
	ck_assert_int_eq(verdict(guard, "Basic d3JpdGVyOnNlY3JlVA==", "", GUARD_INGEST),
			 GUARD_UNKNOWN);
	ck_assert_int_eq(verdict(guard, "Basic ***", "", GUARD_INGEST), GUARD_UNKNOWN);
	ck_assert_int_eq(verdict(guard, "Basic ", "", GUARD_INGEST), GUARD_UNKNOWN);
	ck_assert_int_eq(verdict(guard, "", "writer:secret", GUARD_INGEST), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "", "00000000000000000000000000000000", GUARD_INGEST),
			 GUARD_UNKNOWN);
	guard_destroy(guard);
}
END_TEST

START_TEST(two_entries_of_one_token_add_up)
{
	char error[GUARD_ERROR_SIZE];
	struct guard *guard = load("a ingest " HASH "\nb query " HASH "\n", error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_QUERY), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_INGEST), GUARD_GRANTED);
	guard_destroy(guard);
}
END_TEST

START_TEST(admin_may_do_everything)
{
	char error[GUARD_ERROR_SIZE];
	struct guard *guard = load("root admin " HASH "\n", error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_INGEST), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_QUERY), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_OVERVIEW), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_ADMIN), GUARD_GRANTED);
	guard_destroy(guard);
	guard = load("reader query " HASH "\n", error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_OVERVIEW), GUARD_GRANTED);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_ADMIN), GUARD_FORBIDDEN);
	guard_destroy(guard);
}
END_TEST

/* The tenant outlives the tokens that were read again meanwhile. */
START_TEST(constraints_come_with_the_grant)
{
	char error[GUARD_ERROR_SIZE];
	struct tenant *tenant;
	struct labels labels = {0};
	struct guard *guard =
		load("p ingest,query " HASH " service=shop*,team=pay%20ments\n", error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_OVERVIEW), GUARD_FORBIDDEN);
	ck_assert_int_eq(verdict(guard, "Bearer secret", "", GUARD_ADMIN), GUARD_FORBIDDEN);
	ck_assert_int_eq(guard_check(guard, "Bearer secret", "", GUARD_QUERY, &tenant),
			 GUARD_GRANTED);
	guard_destroy(guard);
	ck_assert(!tenant_has(tenant, "shop-eu", "cpu", &labels));
	ck_assert_int_eq(tenant_admit(tenant, "shop-eu", "cpu", &labels, error), 0);
	ck_assert_str_eq(labels_get(&labels, "team"), "pay ments");
	ck_assert(tenant_has(tenant, "shop-eu", "cpu", &labels));
	ck_assert(!tenant_has(tenant, "myshop", "cpu", &labels));
	ck_assert_int_eq(tenant_admit(tenant, "myshop", "cpu", &labels, error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error, "service=shop*, this one has myshop"));
	ck_assert_int_eq(labels_set(&labels, "team", 4, "x", 1), 0);
	ck_assert_int_eq(tenant_admit(tenant, "shop", "cpu", &labels, error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error, "team=pay ments, this one has x"));
	ck_assert(tenant_has(NULL, "myshop", "cpu", &labels));
	labels_clear(&labels);
	tenant_release(tenant);
}
END_TEST

START_TEST(a_bad_line_is_told_and_nothing_is_read)
{
	static const char *const lines[] = {
		"a ingest\n",
		"a everything " HASH "\n",
		"a ingest 00ff\n",
		"a ingest " HASH " more\n",
		"a ingest " HASH " team=a,team=b\n",
		"a ingest " HASH " team=a,b\n",
		"a ingest " HASH " =b\n",
		"a ingest " HASH " team=%zz\n",
		"a ingest " HASH " service=\n",
		"a ingest " HASH " team=a team=b\n",
		"a admin " HASH " team=a\n",
		"a:b ingest " HASH "\n",
		"a ingest z" HASH "\n",
	};
	char error[GUARD_ERROR_SIZE], wanted[128];
	snprintf(wanted, sizeof wanted, "%s:1:", path);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_ptr_null(load(lines[i], error));
		ck_assert_ptr_nonnull(strstr(error, wanted));
	}
	unlink(path);
	ck_assert_ptr_null(guard_load(path, error));
	ck_assert_ptr_nonnull(strstr(error, "No such file"));
}
END_TEST

START_TEST(a_new_token_is_taken)
{
	char token[GUARD_TOKEN_SIZE], again[GUARD_TOKEN_SIZE], hash[GUARD_HASH_SIZE];
	char line[256], error[GUARD_ERROR_SIZE], header[64];
	ck_assert_int_eq(guard_make_token(again, hash), 0);
	ck_assert_int_eq(guard_make_token(token, hash), 0);
	ck_assert_str_ne(token, again);
	snprintf(line, sizeof line, "me query %s\n", hash);
	snprintf(header, sizeof header, "Bearer %s", token);
	struct guard *guard = load(line, error);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(verdict(guard, header, "", GUARD_QUERY), GUARD_GRANTED);
	guard_destroy(guard);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *test = tcase_create("guard");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, a_token_allows_what_its_scopes_say);
	tcase_add_test(test, two_entries_of_one_token_add_up);
	tcase_add_test(test, admin_may_do_everything);
	tcase_add_test(test, constraints_come_with_the_grant);
	tcase_add_test(test, a_bad_line_is_told_and_nothing_is_read);
	tcase_add_test(test, a_new_token_is_taken);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
