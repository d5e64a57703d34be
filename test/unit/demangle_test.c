/* SPDX-License-Identifier: Apache-2.0 */
/* demangle_test.c -- names as a person expects them, and bounds that hostile names cannot pass. */
#include "core/demangle.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const struct {
	const char *mangled, *readable;
} names[] = {
	{"_ZN5outer5inner3addEii", "outer::inner::add"},
	{"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
	{"_Z3maxIdET_S0_S0_", "max<double>"},
	{"_Z3fooi.cold", "foo"},
	{"_ZN5ShapeC2Ev", "Shape::Shape"},
	{"_ZN5ShapeD1Ev", "Shape::~Shape"},
	{"_ZN12_GLOBAL__N_16hiddenEv", "(anonymous namespace)::hidden"},
	{"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()"},
	{"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
	{"_RNvC6_123foo3bar", "123foo::bar"},
	{"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
};

START_TEST(names_read_as_in_the_source)
{
	char text[256];

	ck_assert(demangle_name(names[_i].mangled, text, sizeof(text)));
	ck_assert_str_eq(text, names[_i].readable);
}
END_TEST

START_TEST(other_names_are_left_alone)
{
	static const char *const plain[] = {"",	   "main",  "_start",	"_Z",	"_ZN",	 "_R",
					    "_ZZ", "Z3foo", "__Z3foov", "_RNv", "_ZN3fo"};
	char text[256];

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		ck_assert_msg(!demangle_name(plain[i], text, sizeof(text)), "%s", plain[i]);
}
END_TEST

START_TEST(output_never_passes_its_size)
{
	static const char readable[] = "outer::inner::add";
	char text[sizeof(readable) + 1];

	for (size_t size = 1; size < sizeof(readable); size++) {
		memset(text, '#', sizeof(text));
		ck_assert(!demangle_name("_ZN5outer5inner3addEii", text, size));
		for (size_t i = size; i < sizeof(text); i++)
			ck_assert_int_eq(text[i], '#');
	}
	ck_assert(demangle_name("_ZN5outer5inner3addEii", text, sizeof(readable)));
	ck_assert_str_eq(text, readable);
}
END_TEST

/* pre, then as much of repeated as keeps the whole within len, then post. */
static void name_fill(char *name, size_t len, const char *const parts[3])
{
	strcpy(name, parts[0]);
	while (parts[1][0] != '\0' && strlen(name) + strlen(parts[1]) + strlen(parts[2]) <= len)
		strcat(name, parts[1]);
	strcat(name, parts[2]);
}

static void *demangle_in_thread(void *name)
{
	static char text[4096];

	demangle_name(name, text, sizeof(text));
	return NULL;
}

/* How much of a painted stack one call soils. The C library's own share of a thread is in it. */
static size_t stack_used(char *name)
{
	enum { SIZE = 1 << 20, PAINT = 0xa5 };
	pthread_attr_t attributes;
	pthread_t thread;
	size_t clean = 0;

	uint8_t *stack =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(stack, MAP_FAILED);
	memset(stack, PAINT, SIZE);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, SIZE);
	ck_assert_int_eq(pthread_create(&thread, &attributes, demangle_in_thread, name), 0);
	pthread_join(thread, NULL);
	while (clean < SIZE && stack[clean] == PAINT)
		clean++;
	munmap(stack, SIZE);
	return SIZE - clean;
}

static const char *const hostile[][3] = {
	{"_Z1fI", "P", "iEvv"},	  {"_Z1fI", "PK", "iEvv"},
	{"_Z1fI", "A_", "iEvv"},  {"_Z1f", "PF", "iiE"},
	{"_Z1fI", "M1a", "iEvv"}, {"_ZN", "1aI", "iE"},
	{"_ZN", "1a", "E"},	  {"_Z1fIX", "plLi1E", "Li1EEEvv"},
	{"_ZZ", "Z", "1gvE1h"},	  {"_Z", "UlF", "v"},
	{"_Z", "Zgs", "v"},	  {"_R", "M", "C1a"},
	{"_RIC1a", "S", "eE"},	  {"_RIC1a", "F", "EuE"},
	{"_R", "Nv", "C1a1b"},	  {"_RB_", "", ""},
	{"_RIC1aB_E", "", ""},	  {"_RNvB_1a", "", ""},
};

START_TEST(hostile_names_stay_within_the_declared_stack)
{
	char name[4096];
	bool is_rust = hostile[_i][0][1] == 'R';

	name_fill(name, is_rust ? sizeof(name) - 1 : DEMANGLE_NAME_MAX, hostile[_i]);
	size_t used = stack_used(name);
	ck_assert_msg(used <= DEMANGLE_STACK_MAX, "%zu bytes for %s", used, name);
}
END_TEST

START_TEST(longer_names_stay_mangled)
{
	char name[DEMANGLE_NAME_MAX + 64];
	char text[4096];

	name_fill(name, DEMANGLE_NAME_MAX, (const char *const[]){"_Z1f", "i", ""});
	ck_assert(demangle_name(name, text, sizeof(text)));
	ck_assert_str_eq(text, "f");
	strcat(name, "i");
	ck_assert(!demangle_name(name, text, sizeof(text)));
}
END_TEST

/* Each substitution doubles the one before: 2^34 characters if nobody stopped it. */
START_TEST(exploding_names_are_given_up_at_once)
{
	char name[DEMANGLE_NAME_MAX] = "_Z1fI1aIiiE";
	char text[4096];
	struct timespec begin;
	struct timespec end;

	for (int i = 0; i < 34; i++) {
		char digit = (char)(i < 10 ? '0' + i : 'A' + i - 10);
		size_t len = strlen(name);
		snprintf(name + len, sizeof(name) - len, "S_IS%c_S%c_E", digit, digit);
	}
	strcat(name, "Evv");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ck_assert(!demangle_name(name, text, sizeof(text)));
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_le(end.tv_sec - begin.tv_sec, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demangle");
	TCase *tests = tcase_create("demangle");

	tcase_add_loop_test(tests, names_read_as_in_the_source, 0, sizeof(names) / sizeof(*names));
	tcase_add_test(tests, other_names_are_left_alone);
	tcase_add_test(tests, output_never_passes_its_size);
	tcase_add_loop_test(tests, hostile_names_stay_within_the_declared_stack, 0,
			    sizeof(hostile) / sizeof(*hostile));
	tcase_add_test(tests, longer_names_stay_mangled);
	tcase_add_test(tests, exploding_names_are_given_up_at_once);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
