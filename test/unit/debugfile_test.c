/* SPDX-License-Identifier: Apache-2.0 */
/* debugfile_test.c -- the right separate debug file is found, and no other is taken. */
#include "core/debugfile.h"

#include "test/unit/objects.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static char object_path[256];
static char root[256];

/* Looks for the debug file of an object with an empty root beside it; 0 when it is found. */
static int find(const char *object, bool is_readable)
{
	uint8_t id[ELF_BUILD_ID_MAX];
	struct elf elf;
	struct elf debug;

	snprintf(object_path, sizeof(object_path), "%s/%s", objects_directory, object);
	snprintf(root, sizeof(root), "%s/root", objects_directory);
	ck_assert_int_eq(elf_open_file(&elf, object_path), 0);
	struct debugfile_wanted wanted = {.root = root,
					  .path = object_path,
					  .object = is_readable ? &elf : NULL,
					  .build_id = id,
					  .build_id_size = elf_build_id(&elf, id)};
	int error = debugfile_open(&debug, &wanted);
	if (error == 0) {
		Elf64_Shdr section;
		ck_assert(elf_section(&debug, ".symtab", &section));
		elf_close(&debug);
	}
	elf_close(&elf);
	return error;
}

START_TEST(build_id_leads_below_the_root)
{
	ck_assert_int_eq(find("stripped.so", true), -ENOENT);
	objects_run("id=$(readelf -n whole.so | sed -n 's/.*Build ID: //p'); "
		    "dir=root/.build-id/$(echo $id | cut -c1-2); mkdir -p $dir; "
		    "cp linked.debug $dir/$(echo $id | cut -c3-).debug");
	ck_assert_int_eq(find("stripped.so", true), 0);
	ck_assert_int_eq(find("stripped.so", false), 0); /* the object itself may be gone */
	ck_assert_int_eq(find("other.so", true), -ENOENT);
	objects_run("for f in root/.build-id/*/*; do cp other.so $f; done");
	ck_assert_int_eq(find("stripped.so", true), -ENOENT); /* misfiled */
	objects_run("rm -r root");
}
END_TEST

START_TEST(link_leads_to_three_places)
{
	objects_run("mkdir -p moved && cp linked.so moved/");
	ck_assert_int_eq(find("linked.so", true), 0);
	ck_assert_int_eq(find("linked.so", false), -ENOENT); /* nobody tells the name */
	ck_assert_int_eq(find("moved/linked.so", true), -ENOENT);
	objects_run("mkdir moved/.debug && cp linked.debug moved/.debug/");
	ck_assert_int_eq(find("moved/linked.so", true), 0);
	objects_run("mkdir -p root/$PWD/moved && mv moved/.debug/* root/$PWD/moved/");
	ck_assert_int_eq(find("moved/linked.so", true), 0);
	objects_run("rm -r root moved");
}
END_TEST

START_TEST(link_to_another_build_is_not_followed)
{
	objects_run("mkdir -p moved && cp linked.so moved/ && "
		    "objcopy --only-keep-debug other.so moved/linked.debug");
	ck_assert_int_eq(find("moved/linked.so", true), -ENOENT);
	objects_run("cp stripped.so moved/linked.debug"); /* the right one, but without names */
	ck_assert_int_eq(find("moved/linked.so", true), -ENOENT);
	objects_run("rm -r moved");
}
END_TEST

START_TEST(checksum_decides_without_a_build_id)
{
	objects_run("objcopy --add-gnu-debuglink=linked.debug anonymous.so summed.so");
	ck_assert_int_eq(find("summed.so", true), 0);
	objects_run("mkdir -p moved && cp summed.so linked.debug moved/");
	ck_assert_int_eq(find("moved/summed.so", true), 0);
	objects_run("printf x >> moved/linked.debug");
	ck_assert_int_eq(find("moved/summed.so", true), -ENOENT);
	objects_run("cp linked.debug moved/ && truncate -s 65M moved/linked.debug");
	ck_assert_int_eq(find("moved/summed.so", true), -ENOENT);
	objects_run("rm -r moved");
}
END_TEST

/* A link section by hand: a name, padding, the checksum of linked.debug. */
static void link_write(const char *name)
{
	objects_run("cp anonymous.so crafted.so && "
		    "objcopy --dump-section .gnu_debuglink=good summed.so && "
		    "printf '%s' > section && truncate -s %%4 section && tail -c4 good >> section "
		    "&& objcopy --add-section .gnu_debuglink=section crafted.so",
		    name);
}

START_TEST(link_names_no_other_directory)
{
	objects_run("objcopy --add-gnu-debuglink=linked.debug anonymous.so summed.so");
	link_write("linked.debug\\0");
	ck_assert_int_eq(find("crafted.so", true), 0);
	link_write("./linked.debug\\0");
	ck_assert_int_eq(find("crafted.so", true), -ENOENT);
	objects_run("mkdir -p sub && cp linked.debug sub/");
	link_write("sub/linked.debug\\0");
	ck_assert_int_eq(find("crafted.so", true), -ENOENT);
	link_write("..\\0");
	ck_assert_int_eq(find("crafted.so", true), -ENOENT);
	link_write("\\0");
	ck_assert_int_eq(find("crafted.so", true), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("debugfile");
	TCase *tests = tcase_create("debugfile");

	tcase_add_unchecked_fixture(tests, objects_build, objects_remove);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, build_id_leads_below_the_root);
	tcase_add_test(tests, link_leads_to_three_places);
	tcase_add_test(tests, link_to_another_build_is_not_followed);
	tcase_add_test(tests, checksum_decides_without_a_build_id);
	tcase_add_test(tests, link_names_no_other_directory);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
