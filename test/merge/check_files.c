/* SPDX-License-Identifier: Apache-2.0 */
/* check_files.c -- check_files FILE...: says "good" or "bad" of each file that is or is not a valid
 * pprof, so that google/pprof can be asked whether it agrees. */
#include "collector/inflate.h"
#include "collector/input.h"
#include "collector/view.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	FILE_MAX = 64 << 20,
	RATIO_MAX = 512,
};

static bool is_good(struct inflate *inflate, struct arena *arena, const uint8_t *bytes, size_t size)
{
	struct view view;
	struct view_input input = {0};
	char error[VIEW_ERROR_SIZE];
	const uint8_t *raw;
	if (inflate_open(inflate, bytes, size, &raw, &input.size))
		return false;
	input.bytes = raw;
	arena_clear(arena);
	return !view_open(&view, arena, &input, error);
}

int main(int argc, char **argv)
{
	struct inflate *inflate = inflate_create(FILE_MAX, RATIO_MAX);
	struct arena arena = {0};
	for (int i = 1; inflate && i < argc; i++) {
		uint8_t *bytes;
		size_t size;
		if (input_read(argv[i], FILE_MAX, &bytes, &size))
			return 1;
		printf("%s %s\n", argv[i], is_good(inflate, &arena, bytes, size) ? "good" : "bad");
		free(bytes);
	}
	arena_free(&arena);
	inflate_destroy(inflate);
	return 0;
}
