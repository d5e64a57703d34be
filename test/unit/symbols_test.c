/* SPDX-License-Identifier: Apache-2.0 */
/* symbols_test.c -- addresses in real objects, whole, stripped, split, deleted and broken. */
#include "core/symbols.h"

#include "test/unit/objects.h"
#include "test/unit/suite.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

enum { WANTED_MAX = 4096 };

struct result {
	char *name, *system_name;
};
static struct result results[WANTED_MAX];

static void take(void *context, size_t index, const char *name, const char *system_name)
{
	ck_assert_ptr_eq(context, results);
	ck_assert_uint_lt(index, WANTED_MAX);
	ck_assert_ptr_null(results[index].name); /* at most once */
	results[index] = (struct result){strdup(name), strdup(system_name)};
}

static void results_forget(void)
{
	for (size_t i = 0; i < WANTED_MAX; i++) {
		free(results[i].name);
		free(results[i].system_name);
		results[i] = (struct result){0};
	}
}

static size_t resolve(struct maps *maps, const struct mapping *mapping, const uint64_t *addresses,
		      size_t count)
{
	struct symbols_wanted wanted = {mapping, addresses, count};
	size_t filled = 0;

	results_forget();
	size_t named = symbols_resolve(maps, &wanted, take, results);
	for (size_t i = 0; i < WANTED_MAX; i++)
		filled += results[i].name != NULL;
	ck_assert_uint_eq(named, filled);
	return named;
}

enum { BIAS = 0x7f0000000000 };

/* A mapping as it would be if the object of this name were loaded at BIAS. */
static struct mapping mapping_of(const char *object)
{
	static char path[256];
	struct mapping mapping = {.is_elf = true, .gone = true, .bias = BIAS, .path = path};
	struct elf elf;

	snprintf(path, sizeof(path), "%s/%s", objects_directory, object);
	ck_assert_int_eq(elf_open_file(&elf, path), 0);
	mapping.build_id_size = elf_build_id(&elf, mapping.build_id);
	elf_close(&elf);
	return mapping;
}

static uint64_t address_of(const char *symbol)
{
	char command[256];
	char text[64] = "";

	snprintf(command, sizeof(command), "nm %s/whole.so | awk '$3 == \"%s\" {print $1}'",
		 objects_directory, symbol);
	FILE *pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	ck_assert_msg(fgets(text, sizeof(text), pipe) != NULL, "no symbol %s", symbol);
	pclose(pipe);
	return strtoull(text, NULL, 16);
}

/* The name of what lies offset bytes behind symbol of whole.so; "" for none. */
static const char *name_at(const char *object, const char *symbol, uint64_t offset)
{
	struct mapping mapping = mapping_of(object);
	uint64_t address = BIAS + address_of(symbol) + offset;

	resolve(NULL, &mapping, &address, 1);
	return results[0].name != NULL ? results[0].name : "";
}

START_TEST(whole_object_names_everything)
{
	ck_assert_str_eq(name_at("whole.so", "exported", 0), "exported");
	ck_assert_str_eq(name_at("whole.so", "exported", 31), "exported");
	ck_assert_str_eq(name_at("whole.so", "exported", 32), "file_local");
	ck_assert_str_eq(name_at("whole.so", "file_local", 31), "file_local");
}
END_TEST

START_TEST(address_behind_the_end_of_a_function_is_unknown)
{
	ck_assert_str_eq(name_at("whole.so", "short_one", 15), "short_one");
	ck_assert_str_eq(name_at("whole.so", "short_one", 16), "");
	ck_assert_str_eq(name_at("whole.so", "last", 8), "");
	ck_assert_str_eq(name_at("whole.so", "datum", 0), "");
}
END_TEST

START_TEST(alias_with_fewest_underscores_wins)
{
	ck_assert_str_eq(name_at("whole.so", "__libc_alias", 4), "alias");
	ck_assert_str_eq(name_at("stripped.so", "__libc_alias", 4), "alias");
}
END_TEST

START_TEST(innermost_sized_symbol_wins_over_labels)
{
	ck_assert_str_eq(name_at("whole.so", "outer", 7), "outer");
	ck_assert_str_eq(name_at("whole.so", "inner", 0), "inner");
	ck_assert_str_eq(name_at("whole.so", "inner", 8), "outer");
	ck_assert_str_eq(name_at("whole.so", "label_inside", 4), "outer");
}
END_TEST

START_TEST(unsized_symbol_reaches_to_the_next)
{
	ck_assert_str_eq(name_at("whole.so", "unsized_label", 0), "unsized_label");
	ck_assert_str_eq(name_at("whole.so", "unsized_label", 31), "unsized_label");
	ck_assert_str_eq(name_at("whole.so", "unsized_label", 32), "versioned");
}
END_TEST

START_TEST(versions_are_cut_off)
{
	ck_assert_str_eq(name_at("whole.so", "unsized_label", 40), "versioned");
	ck_assert_str_eq(name_at("stripped.so", "unsized_label", 40), "versioned");
}
END_TEST

START_TEST(names_are_given_readable_and_as_they_are)
{
	ck_assert_str_eq(name_at("whole.so", "_ZN5shape4areaIiEET_S1_", 1), "shape::area<int>");
	ck_assert_str_eq(results[0].system_name, "_ZN5shape4areaIiEET_S1_");
}
END_TEST

START_TEST(stripped_object_leaves_local_functions_unknown)
{
	ck_assert_str_eq(name_at("stripped.so", "exported", 8), "exported");
	ck_assert_str_eq(name_at("stripped.so", "file_local", 8), "");
	ck_assert_str_eq(name_at("stripped.so", "unsized_label", 8), "");
	ck_assert_str_eq(name_at("stripped.so", "outer", 4), "");
}
END_TEST

START_TEST(debug_link_gives_local_names_back)
{
	ck_assert_str_eq(name_at("linked.so", "file_local", 8), "file_local");
	ck_assert_str_eq(name_at("linked.so", "exported", 8), "exported");
	ck_assert_str_eq(name_at("linked.so", "unsized_label", 8), "unsized_label");
}
END_TEST

START_TEST(mini_debug_info_gives_local_names_back)
{
	ck_assert_str_eq(name_at("mini.so", "file_local", 8), "file_local");
	ck_assert_str_eq(name_at("mini.so", "inner", 4), "inner");
	ck_assert_str_eq(name_at("mini.so", "exported", 8), "exported");
	ck_assert_str_eq(name_at("mini.so", "short_one", 16), "");
}
END_TEST

START_TEST(stub_is_named_after_what_it_calls)
{
	static const char *const objects[] = {"whole.so", "stripped.so", "bound.so", "ibt.so"};
	uint64_t addresses[512];

	objects_run("gcc -shared -nostartfiles -Wl,-z,now -Wl,--version-script=version code.s "
		    "-o bound.so");
	objects_run("gcc -shared -nostartfiles -Wl,-z,lazy -Wl,-z,ibtplt "
		    "-Wl,--version-script=version code.s -o ibt.so");
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		char command[256];
		char text[64] = "";
		snprintf(command, sizeof(command),
			 "objdump -d %s/%s | sed -n 's/^\\([0-9a-f]*\\) <puts@plt>:/\\1/p'",
			 objects_directory, objects[i]);
		FILE *pipe = popen(command, "r");
		ck_assert_ptr_nonnull(fgets(text, sizeof(text), pipe));
		pclose(pipe);
		uint64_t stub = BIAS + strtoull(text, NULL, 16);
		struct mapping mapping = mapping_of(objects[i]);
		for (size_t j = 0; j < 16; j++)
			addresses[j] = stub + j;
		ck_assert_msg(resolve(NULL, &mapping, addresses, 16) >= 8, "%s", objects[i]);
		ck_assert_str_eq(results[0].name, "puts@plt");
		ck_assert_str_eq(results[0].system_name, "puts@plt");
		ck_assert_str_eq(results[5].name, "puts@plt");
	}
}
END_TEST

START_TEST(file_with_another_build_id_is_not_asked)
{
	struct mapping mapping = mapping_of("other.so");
	uint64_t address = BIAS + address_of("exported");
	char path[256];

	snprintf(path, sizeof(path), "%s/whole.so", objects_directory);
	mapping.path = path;
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 1), 0);
	mapping.build_id_size = 0; /* the object has none, the file at its place has one */
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 1), 0);
	mapping = mapping_of("whole.so");
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 1), 1);
	ck_assert_str_eq(name_at("anonymous.so", "exported", 0), "exported");
}
END_TEST

START_TEST(what_is_no_elf_has_no_names)
{
	struct mapping mapping = mapping_of("whole.so");
	uint64_t address = BIAS + address_of("exported");

	mapping.is_elf = false;
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 1), 0);
	mapping.is_elf = true;
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 0), 0);
	mapping.bias = UINT64_MAX; /* addresses below it */
	ck_assert_uint_eq(resolve(NULL, &mapping, &address, 1), 0);
}
END_TEST

START_TEST(every_address_of_an_object_is_answered_in_one_sweep)
{
	struct mapping mapping = mapping_of("whole.so");
	uint64_t first = BIAS + address_of("exported");
	uint64_t addresses[384];

	for (size_t i = 0; i < 384; i++)
		addresses[i] = first + i;
	ck_assert_uint_ge(resolve(NULL, &mapping, addresses, 384), 200);
	ck_assert_str_eq(results[0].name, "exported");
	ck_assert_str_eq(results[40].name, "file_local");
	ck_assert_str_eq(results[70].name, "short_one");
	ck_assert_ptr_null(results[80].name);
	ck_assert_str_eq(results[100].name, "alias");
}
END_TEST

static struct maps *maps_now(void)
{
	struct maps *maps = maps_create();

	ck_assert_ptr_nonnull(maps);
	ck_assert_int_ge(maps_refresh(maps), 0);
	return maps;
}

static const char *name_of_live(struct maps *maps, uint64_t address)
{
	const struct mapping *mapping = maps_find(maps, address);

	ck_assert_ptr_nonnull(mapping);
	resolve(maps, mapping, &address, 1);
	return results[0].name != NULL ? results[0].name : "";
}

START_TEST(own_functions_are_named)
{
	struct maps *maps = maps_now();

	ck_assert_str_eq(name_of_live(maps, (uint64_t)(uintptr_t)&name_of_live + 1),
			 "name_of_live");
	ck_assert_str_eq(name_of_live(maps, (uint64_t)(uintptr_t)&symbols_resolve),
			 "symbols_resolve");
	uint64_t in_libc = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "qsort_r");
	ck_assert_str_eq(name_of_live(maps, in_libc + 1), "qsort_r");
	maps_destroy(maps);
}
END_TEST

/* Loads a copy of one of the objects under another name; the address of its function. */
static void *load(const char *name, const char *of, uint64_t *exported)
{
	char path[256], command[256];
	snprintf(command, sizeof(command), "cp %s %s", of, name);
	objects_run(command);
	snprintf(path, sizeof(path), "%s/%s", objects_directory, name);
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_ptr_nonnull(object);
	*exported = (uint64_t)(uintptr_t)dlsym(object, "exported");
	ck_assert_uint_ne(*exported, 0);
	return object;
}

START_TEST(deleted_object_is_named_from_its_memory)
{
	uint64_t exported;
	void *object = load("live.so", "stripped.so", &exported);
	objects_run("rm live.so");
	struct maps *maps = maps_now();
	const struct mapping *mapping = maps_find(maps, exported);
	ck_assert_ptr_nonnull(strstr(mapping->path, "live.so (deleted)"));
	ck_assert_str_eq(name_of_live(maps, exported + 31), "exported");
	ck_assert_str_eq(name_of_live(maps, exported + 33), "");
	/* Something else under the very name does not count. */
	objects_run("cp whole.so 'live.so (deleted)'");
	ck_assert_str_eq(name_of_live(maps, exported + 33), "");
	dlclose(object);
	ck_assert_int_eq(maps_refresh(maps), 1);
	mapping = NULL;
	for (uint32_t i = 0; maps_at(maps, i) != NULL; i++) {
		if (strstr(maps_at(maps, i)->path, "live.so") != NULL)
			mapping = maps_at(maps, i);
	}
	ck_assert_ptr_nonnull(mapping);
	ck_assert(mapping->gone);
	ck_assert_uint_eq(resolve(maps, mapping, &exported, 1), 0);
	maps_destroy(maps);
}
END_TEST

START_TEST(replaced_object_is_named_from_its_memory)
{
	uint64_t exported;
	void *object = load("upgraded.so", "stripped.so", &exported);
	struct maps *maps = maps_now();
	objects_run("cp other.so new.so && mv new.so upgraded.so");
	ck_assert_str_eq(name_of_live(maps, exported + 31), "exported");
	ck_assert_str_eq(name_of_live(maps, exported + 33), "");
	dlclose(object);
	maps_destroy(maps);
}
END_TEST

/* How many names of an object are found that is gone before anybody has looked at it. */
static size_t names_after_dlclose(const char *command)
{
	uint64_t exported;
	void *object = load("gone.so", "whole.so", &exported);
	struct maps *maps = maps_now();
	dlclose(object);
	objects_run(command);
	const struct mapping *mapping = maps_find(maps, exported);
	ck_assert_ptr_nonnull(mapping);
	ck_assert_int_eq(maps_refresh(maps), 1);
	ck_assert(mapping->gone);
	size_t found = resolve(maps, mapping, &exported, 1);
	maps_destroy(maps);
	return found;
}

START_TEST(object_that_was_unloaded_is_named_from_its_file)
{
	ck_assert_uint_eq(names_after_dlclose("true"), 1);
	ck_assert_uint_eq(names_after_dlclose("cp other.so new.so && mv new.so gone.so"), 0);
	ck_assert_uint_eq(names_after_dlclose("rm gone.so"), 0);
}
END_TEST

START_TEST(vdso_is_named)
{
	struct maps *maps = maps_now();
	uint64_t base = getauxval(AT_SYSINFO_EHDR);
	const struct mapping *mapping = maps_find(maps, base);
	static uint64_t addresses[WANTED_MAX];
	size_t count = 0;
	bool has_clock = false;

	ck_assert_ptr_nonnull(mapping);
	for (uint64_t at = mapping->start; at < mapping->limit && count < WANTED_MAX; at += 4)
		addresses[count++] = at;
	ck_assert_uint_gt(resolve(maps, mapping, addresses, count), 10);
	for (size_t i = 0; i < count; i++)
		has_clock |=
			results[i].name != NULL && strcmp(results[i].name, "clock_gettime") == 0;
	ck_assert(has_clock);
	maps_destroy(maps);
}
END_TEST

static uint8_t *object_bytes(const char *object, size_t *size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", objects_directory, object);
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	uint8_t *bytes = malloc(1 << 20);
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

static void broken_write(const uint8_t *bytes, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/broken.so", objects_directory);
	FILE *file = fopen(path, "w");
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Returns how many were named, having survived. */
static size_t broken_resolve(const struct mapping *mapping, uint64_t first)
{
	uint64_t addresses[256];

	for (size_t i = 0; i < 256; i++)
		addresses[i] = first + i * 8;
	return resolve(NULL, mapping, addresses, 256);
}

START_TEST(corrupt_objects_cost_names_and_nothing_else)
{
	static const char *const objects[] = {"whole.so", "stripped.so", "mini.so"};
	const char *object = objects[_i];
	struct mapping mapping = mapping_of(object);
	uint64_t first = BIAS + address_of("exported") - 256;
	size_t size;
	uint8_t *bytes = object_bytes(object, &size);
	char path[256];
	size_t least = SIZE_MAX;
	size_t most = 0;

	snprintf(path, sizeof(path), "%s/broken.so", objects_directory);
	mapping.path = path;
	srandom(1);
	for (size_t round = 0; round < 1500; round++) {
		/* Headers and tables stand at both ends; 256 changes the length. */
		size_t at = round % 2 == 0 ? (size_t)random() % 1024 : (size_t)random() % size;
		uint8_t before = bytes[at];
		bytes[at] = (uint8_t)random();
		broken_write(bytes, round % 16 == 15 ? at : size);
		size_t named = broken_resolve(&mapping, first);
		least = named < least ? named : least;
		most = named > most ? named : most;
		bytes[at] = before;
	}
	ck_assert_uint_eq(least, 0);
	ck_assert_uint_gt(most, 20);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tests = tcase_create("symbols");

	tcase_add_unchecked_fixture(tests, objects_build, objects_remove);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, whole_object_names_everything);
	tcase_add_test(tests, address_behind_the_end_of_a_function_is_unknown);
	tcase_add_test(tests, alias_with_fewest_underscores_wins);
	tcase_add_test(tests, innermost_sized_symbol_wins_over_labels);
	tcase_add_test(tests, unsized_symbol_reaches_to_the_next);
	tcase_add_test(tests, versions_are_cut_off);
	tcase_add_test(tests, names_are_given_readable_and_as_they_are);
	tcase_add_test(tests, stripped_object_leaves_local_functions_unknown);
	tcase_add_test(tests, debug_link_gives_local_names_back);
	tcase_add_test(tests, mini_debug_info_gives_local_names_back);
	tcase_add_test(tests, stub_is_named_after_what_it_calls);
	tcase_add_test(tests, file_with_another_build_id_is_not_asked);
	tcase_add_test(tests, what_is_no_elf_has_no_names);
	tcase_add_test(tests, every_address_of_an_object_is_answered_in_one_sweep);
	tcase_add_test(tests, own_functions_are_named);
	tcase_add_test(tests, deleted_object_is_named_from_its_memory);
	tcase_add_test(tests, replaced_object_is_named_from_its_memory);
	tcase_add_test(tests, object_that_was_unloaded_is_named_from_its_file);
	tcase_add_test(tests, vdso_is_named);
	tcase_add_loop_test(tests, corrupt_objects_cost_names_and_nothing_else, 0, 3);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
