/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_test.c -- each thing has one number, which stays, also by way of a file. */
#include "collector/dictionary.h"

#include "collector/dictionary_bytes.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MANY = 20000,
	ROOM = 64 << 20,
};

static struct dictionary *d;
static struct bytes file;

static void setup(void)
{
	d = dictionary_create(ROOM, 1);
}

static void teardown(void)
{
	dictionary_destroy(d);
	bytes_free(&file);
}

static uint32_t add_text(struct dictionary *to, const char *prefix, unsigned number)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%s%u", prefix, number);
	return dictionary_text(to, text, (size_t)size);
}

static uint32_t add_stack(struct dictionary *to, uint32_t caller, uint32_t place)
{
	struct dictionary_stack row = {caller, place};
	return dictionary_add(to, DICTIONARY_STACKS, &row);
}

/* One or two of every kind, the number making the difference. */
static uint32_t add_all(struct dictionary *to, unsigned number)
{
	uint32_t name = add_text(to, "name", number), file_name = add_text(to, "file", number / 9);
	struct dictionary_function function = {name, name, file_name, 1, number};
	struct dictionary_mapping mapping = {4096ULL << 30, number, file_name, name, 16 | 3, 0};
	struct dictionary_line line = {.line = -(int64_t)number, .column = number};
	struct dictionary_location location = {.address = UINT64_MAX - number, .flags = 1};
	struct dictionary_label label = {0, DICTIONARY_LABEL_NUMBER, name, 0, INT64_MIN + number};
	line.function = dictionary_add(to, DICTIONARY_FUNCTIONS, &function);
	line.rest = dictionary_add(to, DICTIONARY_LINES, &line);
	location.lines = dictionary_add(to, DICTIONARY_LINES, &line);
	location.mapping = dictionary_add(to, DICTIONARY_MAPPINGS, &mapping);
	label.rest = dictionary_add(to, DICTIONARY_LABELS, &label);
	dictionary_add(to, DICTIONARY_LABELS, &label);
	uint32_t place = dictionary_add(to, DICTIONARY_LOCATIONS, &location);
	return add_stack(to, add_stack(to, number / 2, place), place);
}

static bool is_same_row(const struct dictionary *a, const struct dictionary *b,
			enum dictionary_kind kind, uint32_t row)
{
	const void *x = table_at(&a->tables[kind], row), *y = table_at(&b->tables[kind], row);
	const struct dictionary_text *s = x, *t = y;
	if (kind == DICTIONARY_TEXTS)
		return s->size == t->size && !memcmp(s->bytes, t->bytes, s->size);
	return !memcmp(x, y, a->tables[kind].row_size);
}

static void expect_equal(const struct dictionary *a, const struct dictionary *b)
{
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++) {
		uint32_t count = dictionary_count(a, kind);
		ck_assert_uint_eq(dictionary_count(b, kind), count);
		for (uint32_t i = 1; i < count; i++)
			ck_assert(is_same_row(a, b, kind, i));
	}
}

START_TEST(equals_have_one_number_and_numbers_are_dense)
{
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < MANY; i++)
			ck_assert_uint_eq(add_text(d, "text ", i * 7919), i + 1);
	ck_assert_uint_eq(dictionary_count(d, DICTIONARY_TEXTS), MANY + 1);
	ck_assert_uint_eq(dictionary_text(d, "", 0), 0);
	const struct dictionary_text *text = dictionary_text_at(d, 3);
	ck_assert_uint_eq(text->size, strlen("text 15838"));
	ck_assert_mem_eq(text->bytes, "text 15838", text->size);
}
END_TEST

START_TEST(texts_of_any_bytes_are_told_apart)
{
	ck_assert_uint_eq(dictionary_text(d, "a\0b", 3), 1);
	ck_assert_uint_eq(dictionary_text(d, "a\0c", 3), 2);
	ck_assert_uint_eq(dictionary_text(d, "a", 1), 3);
	ck_assert_uint_eq(dictionary_text(d, "a\0", 2), 4);
}
END_TEST

START_TEST(stacks_share_their_callers)
{
	uint32_t root = add_stack(d, 0, 5), one = add_stack(d, root, 6),
		 two = add_stack(d, root, 7);
	ck_assert_uint_eq(add_stack(d, 0, 5), root);
	ck_assert_uint_eq(add_stack(d, root, 6), one);
	ck_assert_uint_ne(one, two);
	ck_assert_uint_lt(root, one);
	ck_assert_uint_eq(dictionary_stack_at(d, two)->caller, root);
	ck_assert_uint_eq(dictionary_count(d, DICTIONARY_STACKS), 4);
}
END_TEST

START_TEST(a_full_one_says_so_and_keeps_what_it_has)
{
	struct dictionary *small = dictionary_create(100 << 10, 1);
	uint32_t count = 0;
	while (add_text(small, "a text of some length", count) != DICTIONARY_NONE)
		count++;
	ck_assert(dictionary_is_full(small));
	ck_assert_uint_gt(count, 100);
	ck_assert_uint_eq(dictionary_count(small, DICTIONARY_TEXTS), count + 1);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_uint_eq(add_text(small, "a text of some length", i), i + 1);
	dictionary_destroy(small);
	ck_assert_ptr_null(dictionary_create(1000, 1));
}
END_TEST

/* Several pieces, each of what is new. */
static struct dictionary *reload(unsigned pieces)
{
	struct dictionary_mark mark = {0}, read = {0};
	char error[DICTIONARY_ERROR_SIZE];
	size_t used;
	for (unsigned i = 0; i < pieces; i++) {
		for (unsigned k = 0; k < 200; k++)
			add_all(d, i * 150 + k);
		ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	}
	struct dictionary *loaded = dictionary_create(ROOM, 2);
	ck_assert_int_eq(dictionary_load(loaded, &read, &file, &used, error), 0);
	ck_assert_uint_eq(used, file.size);
	ck_assert_mem_eq(&read, &mark, sizeof(mark));
	return loaded;
}

START_TEST(a_file_of_pieces_brings_everything_back)
{
	struct dictionary *loaded = reload(5);
	expect_equal(d, loaded);
	for (unsigned k = 0; k < 500; k++)
		ck_assert_uint_eq(add_all(loaded, k), add_all(d, k));
	dictionary_destroy(loaded);
}
END_TEST

START_TEST(nothing_new_is_nothing_to_write)
{
	struct dictionary_mark mark = {0};
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	ck_assert_uint_eq(file.size, 0);
	add_all(d, 1);
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	size_t size = file.size;
	ck_assert_uint_gt(size, 0);
	add_all(d, 1);
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	ck_assert_uint_eq(file.size, size);
}
END_TEST

static int load_some(const uint8_t *bytes, size_t size, size_t *used)
{
	struct dictionary *loaded = dictionary_create(ROOM, 3);
	struct dictionary_mark mark = {0};
	struct bytes copy = {.at = malloc(size + 1), .size = size};
	char error[DICTIONARY_ERROR_SIZE] = "";
	memcpy(copy.at, bytes, size);
	int result = dictionary_load(loaded, &mark, &copy, used, error);
	ck_assert_int_eq(result != 0, *error != '\0');
	free(copy.at);
	dictionary_destroy(loaded);
	return result;
}

START_TEST(a_file_cut_anywhere_is_good_up_to_there)
{
	struct dictionary_mark mark = {0};
	size_t ends[3], used;
	for (unsigned i = 0; i < 3; i++) {
		add_all(d, i);
		ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
		ends[i] = file.size;
	}
	for (size_t size = 0, last = 0; size <= file.size; size++) {
		if (size == ends[0] || size == ends[1] || size == ends[2])
			last = size;
		ck_assert_int_eq(load_some(file.at, size, &used), size == last ? 0 : -ENODATA);
		ck_assert_uint_eq(used, last);
	}
}
END_TEST

START_TEST(a_changed_byte_is_found_anywhere)
{
	struct dictionary_mark mark = {0};
	size_t used;
	add_all(d, 1);
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	for (size_t i = 0; i < file.size; i++) {
		file.at[i] ^= 0x10;
		int result = load_some(file.at, file.size, &used);
		/* A size that grew looks like a file that was cut off. */
		ck_assert(result == -EBADMSG || (result == -ENODATA && i >= 8 && i < 12));
		ck_assert_uint_eq(used, 0);
		file.at[i] ^= 0x10;
	}
}
END_TEST

START_TEST(pieces_missing_or_doubled_are_found)
{
	struct dictionary_mark mark = {0};
	size_t used, first;
	add_all(d, 1);
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	first = file.size;
	add_all(d, 2);
	ck_assert_int_eq(dictionary_take(d, &mark, &file), 0);
	ck_assert_int_eq(load_some(file.at + first, file.size - first, &used), -EBADMSG);
	bytes_put(&file, file.at + first, file.size - first);
	ck_assert_int_eq(load_some(file.at, file.size, &used), -EBADMSG);
}
END_TEST

START_TEST(a_file_for_more_than_there_is_room_is_an_error)
{
	struct dictionary *loaded = reload(4), *small = dictionary_create(128 << 10, 1);
	struct dictionary_mark mark = {0};
	char error[DICTIONARY_ERROR_SIZE];
	size_t used;
	ck_assert_int_eq(dictionary_load(small, &mark, &file, &used, error), -ENOSPC);
	ck_assert_uint_lt(used, file.size);
	dictionary_destroy(loaded);
	dictionary_destroy(small);
}
END_TEST

/* ---- one adds, others read ----------------------------------------------------------------------
 */

static atomic_uint given; /* the last stack that the readers may look at */

static void *follow(void *data)
{
	(void)data;
	for (uint32_t last = 0; last < MANY;) {
		last = atomic_load_explicit(&given, memory_order_relaxed);
		/* The count, and not the way that the number came, is what makes rows visible. */
		if (last >= dictionary_count(d, DICTIONARY_STACKS))
			return "a number before its row";
		for (uint32_t at = last; at; at = dictionary_stack_at(d, at)->caller)
			if (dictionary_stack_at(d, at)->location != at)
				return "a row that is not whole";
	}
	return NULL;
}

START_TEST(others_read_while_one_adds)
{
	pthread_t reader;
	void *complaint;
	ck_assert_int_eq(pthread_create(&reader, NULL, follow, NULL), 0);
	for (uint32_t i = 1; i <= MANY; i++) {
		ck_assert_uint_eq(add_stack(d, i > 40 ? i - 40 : 0, i), i);
		atomic_store_explicit(&given, i, memory_order_release);
	}
	ck_assert_int_eq(pthread_join(reader, &complaint), 0);
	ck_assert_ptr_null(complaint);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dictionary");
	TCase *tcase = tcase_create("dictionary");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, equals_have_one_number_and_numbers_are_dense);
	tcase_add_test(tcase, texts_of_any_bytes_are_told_apart);
	tcase_add_test(tcase, stacks_share_their_callers);
	tcase_add_test(tcase, a_full_one_says_so_and_keeps_what_it_has);
	tcase_add_test(tcase, a_file_of_pieces_brings_everything_back);
	tcase_add_test(tcase, nothing_new_is_nothing_to_write);
	tcase_add_test(tcase, a_file_cut_anywhere_is_good_up_to_there);
	tcase_add_test(tcase, a_changed_byte_is_found_anywhere);
	tcase_add_test(tcase, pieces_missing_or_doubled_are_found);
	tcase_add_test(tcase, a_file_for_more_than_there_is_room_is_an_error);
	tcase_add_test(tcase, others_read_while_one_adds);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
