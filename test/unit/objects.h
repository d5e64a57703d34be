/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h -- one shared object, and what distributions make of such, built in a directory of the
 * test's own with the compiler and binutils of the day.
 */
#pragma once

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Symbols of every kind, with a gap after the last sized one. */
static const char objects_assembly[] =
	".text\n"
	".macro fn name, size\n .type \\name,@function\n \\name:\n .skip 32,0x90\n"
	" .size \\name,\\size\n.endm\n"
	".globl exported\n fn exported,32\n"
	"fn file_local,32\n"
	".globl short_one\n fn short_one,16\n"
	".globl __libc_alias\n.globl __alias\n.weak alias\n.type __libc_alias,@function\n"
	".type alias,@function\n.type __alias,@function\n.type __GI_alias,@function\n"
	"__libc_alias: __alias: alias: __GI_alias: a: .skip 32,0x90\n"
	".size __libc_alias,32\n.size __alias,32\n.size alias,32\n.size __GI_alias,32\n"
	".type outer,@function\nouter: .skip 8,0x90\n"
	".type inner,@function\ninner: .skip 8,0x90\n.size inner,8\n"
	"label_inside: .skip 16,0x90\n.size outer,32\n"
	"unsized_label: .skip 32,0x90\n"
	".globl versioned_impl\n fn versioned_impl,32\n"
	".symver versioned_impl,versioned@@V1\n"
	".globl _ZN5shape4areaIiEET_S1_\n fn _ZN5shape4areaIiEET_S1_,32\n"
	".globl caller\n.type caller,@function\ncaller: call puts@plt\n ret\n.size "
	"caller,.-caller\n"
	".globl last\n fn last,8\n"
	".data\n.globl datum\n.type datum,@object\ndatum: .quad 1\n.size datum,8\n"
	".section .note.GNU-stack\n";

static char objects_directory[] = "/tmp/conprof_test.XXXXXX";

/* Runs a shell command there; it has to succeed. */
static inline void __attribute__((format(printf, 1, 2))) objects_run(const char *format, ...)
{
	char command[2048];
	va_list arguments;
	int len = snprintf(command, sizeof(command), "cd %s && ", objects_directory);

	va_start(arguments, format);
	vsnprintf(command + len, sizeof(command) - (size_t)len, format, arguments);
	va_end(arguments);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* Writes a file there. */
static inline void objects_text(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", objects_directory, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* whole.so, and what distributions make of such an object. */
static inline void objects_build(void)
{
	ck_assert_ptr_nonnull(mkdtemp(objects_directory));
	objects_text("code.s", objects_assembly);
	objects_text("version", "V1 { global: versioned; exported; caller; last; alias; __alias;"
				" __libc_alias; short_one; datum; _Z*; local: *; };\n");
	objects_run(
		"gcc -shared -nostartfiles -Wl,--build-id -Wl,-z,lazy -Wl,--version-script=version "
		"code.s -o whole.so");
	objects_run("strip -o stripped.so whole.so");
	objects_run("strip --remove-section=.note.gnu.build-id -o anonymous.so whole.so");
	objects_run("objcopy --only-keep-debug whole.so linked.debug");
	objects_run("objcopy --add-gnu-debuglink=linked.debug stripped.so linked.so");
	/* As find-debuginfo does: functions that .dynsym lacks, compressed. */
	objects_run("nm -D whole.so --format=posix --defined-only | cut -d' ' -f1 | sed 's/@.*//' "
		    "| sort "
		    "> dynamic");
	objects_run("nm whole.so --format=posix --defined-only | awk '$2 ~ /[Tt]/ {print $1}' | "
		    "sed 's/@.*//' | sort | comm -13 dynamic - > keep");
	objects_run(
		"objcopy -S --remove-section .gnu_debuglink --keep-symbols=keep linked.debug mini "
		"2>/dev/null");
	objects_run(
		"xz -k mini && objcopy --add-section .gnu_debugdata=mini.xz stripped.so mini.so");
	objects_run("gcc -shared -nostartfiles -Wl,--build-id=0x1234567890 "
		    "-Wl,--version-script=version "
		    "code.s -o other.so");
}

/* Takes the directory away. */
static inline void objects_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", objects_directory);
	ck_assert_int_eq(system(command), 0);
}
