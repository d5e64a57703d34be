/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_tables_that_lie.c -- code whose unwind tables are endless, cyclic, absurd or wild
 * computes.
 *
 * The program never throws, so nobody has to look at them.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+backtrace
 * needs: cc
 */
#include "life.h"
#include "generated.h"

#define WORK                                                \
	"\t.text\n\t.globl work\n\t.type work, @function\n" \
	"work:\n.Lwork:\n%s\tmov $350000000, %%rax\n"       \
	"1:\tdec %%rax\n\tjnz 1b\n\tret\n%s\t.size work, . - work\n"

/* An .eh_frame by hand: length, then what comes between a CIE's id and the end of its FDE. */
#define BY_HAND(cie, fde)                                                               \
	"\t.section .eh_frame, \"a\", @unwind\n"                                        \
	"cie:\t.long 2f - 1f\n1:\t.long 0\n" cie "\t.balign 8\n2:\n"                    \
	"fde:\t.long 4f - 3f\n3:\t.long 3b - cie\n\t.long .Lwork - .\n\t.long 64\n" fde \
	"\t.balign 8\n4:\n\t.long 0\n\t.text\n"
#define PLAIN_CIE                                                                \
	"\t.byte 1\n\t.string \"zR\"\n\t.uleb128 1\n\t.sleb128 -8\n\t.byte 16\n" \
	"\t.uleb128 1\n\t.byte 0x1b\n\t.byte 12, 7, 8, 144, 1\n"

static const struct {
	const char *name, *inside, *after;
} tables[] = {
	/* skip(-3): a jump to itself. */
	{"endless expression", "\t.cfi_startproc\n\t.cfi_escape 15, 3, 0x2f, 0xfd, 0xff\n",
	 "\t.cfi_endproc\n"},
	/* The frame address is read through itself. */
	{"wild expression",
	 "\t.cfi_startproc\n\t.cfi_escape 15, 12, 8, 1, 0x0e, 1, 2, 3, 4, 5, 6, 7, 0x80, 6\n",
	 "\t.cfi_endproc\n"},
	{"frame address that stays",
	 "\t.cfi_startproc\n\t.cfi_def_cfa %rsp, 0\n"
	 "\t.cfi_same_value %rip\n",
	 "\t.cfi_endproc\n"},
	{"far offsets",
	 "\t.cfi_startproc\n\t.cfi_def_cfa %rsp, 0x7ffffff0\n"
	 "\t.cfi_offset %rip, 0x7ffffff0\n",
	 "\t.cfi_endproc\n"},
	{"rows that remember for ever",
	 "\t.cfi_startproc\n\t.rept 40000\n\t.cfi_remember_state\n\t.endr\n", "\t.cfi_endproc\n"},
	{"absurd augmentation", "",
	 BY_HAND("\t.byte 1\n\t.string \"zQQQeh\"\n\t.quad -1\n\t.byte 255, 255, 255, 255, 255, "
		 "255\n",
		 "\t.uleb128 0x7fffffffffffffff\n")},
	{"CIE that is an FDE of itself", "",
	 BY_HAND(PLAIN_CIE, "\t.uleb128 0\n\t.long 16\n\t.long . - fde\n\t.quad 0, 0\n")},
	{"personality in no memory", "",
	 BY_HAND("\t.byte 1\n\t.string \"zPLR\"\n\t.uleb128 1\n\t.sleb128 -8\n\t.byte 16\n"
		 "\t.uleb128 7\n\t.byte 0x9b\n\t.long 0x7ffffff0\n\t.byte 0x1b, 0x1b\n"
		 "\t.byte 12, 7, 8, 144, 1\n",
		 "\t.uleb128 4\n\t.long 0x7fffff00\n")},
	{"length beyond the file", "",
	 BY_HAND(PLAIN_CIE, "\t.uleb128 0\n\t.balign 4\n\t.long 0x7ffffff0\n\t.long 1\n")},
};

enum { TABLES = sizeof tables / sizeof *tables };

static int build(int table, const char *path)
{
	char text[8192];
	snprintf(text, sizeof text, WORK, tables[table].inside, tables[table].after);
	return generate(path, "-nostdlib -xassembler", "%s", text);
}

static void path_of(int table, char path[32])
{
	snprintf(path, 32, "./table%d.so", table);
}

static int live(int table)
{
	char path[32];
	path_of(table, path);
	void (*work)(void) = load(path, "work");
	if (work)
		work();
	return work ? 7 : 1;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return live(atoi(argv[1]));
	for (int i = 0; i < TABLES; i++) {
		char path[32];
		path_of(i, path);
		expect(build(i, path), "built");
		print_ending(tables[i].name, wait_at_most(begin_again_with(i), 20));
		unlink(path);
	}
	return 0;
}
