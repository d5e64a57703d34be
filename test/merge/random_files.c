/* SPDX-License-Identifier: Apache-2.0 */
/* random_files.c -- random_files [-c] [-m] [-a] [-x] DIRECTORY FIRST COUNT MEMBERS: writes random
 * profiles as DIRECTORY/FAMILY.MEMBER.pb, for families FIRST and on; with columns (-c), mappings
 * that may be missing (-m), each last member such that it cannot be merged (-a), or with a few
 * bytes changed, so that most are not valid any more (-x). */
#include "test/merge/random_pprof.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Mostly small numbers, which may be ids, fields or sizes that still make sense. */
static void damage(struct bytes *b, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
	for (unsigned count = 1 + seed % 3; count-- > 0;) {
		state = state * 6364136223846793005 + 1442695040888963407;
		uint8_t *at = b->at + (state >> 33) % b->size;
		if (state >> 20 & 1)
			*at = (uint8_t)(state >> 21 & 31);
		else
			*at ^= (uint8_t)(1U << (state >> 21 & 7));
	}
}

static int write_one(const char *directory, const struct random_pprof *wanted, bool is_damaged)
{
	char path[4096];
	struct bytes out = {0};
	random_pprof(wanted, &out);
	if (is_damaged)
		damage(&out, wanted->family * 1000 + wanted->member);
	snprintf(path, sizeof(path), "%s/%llu.%llu.pb", directory,
		 (unsigned long long)wanted->family, (unsigned long long)wanted->member);
	FILE *to = fopen(path, "we");
	bool good = to && fwrite(out.at, 1, out.size, to) == out.size;
	if (to && fclose(to))
		good = false;
	if (!good)
		perror(path);
	bytes_free(&out);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct random_pprof wanted = {0};
	bool has_alien = false, is_damaged = false;
	for (int c; (c = getopt(argc, argv, "cmax")) != -1;) {
		wanted.has_columns |= c == 'c';
		wanted.may_lack_maps |= c == 'm';
		has_alien |= c == 'a';
		is_damaged |= c == 'x';
	}
	if (argc - optind != 4)
		return 2;
	uint64_t first = strtoull(argv[optind + 1], NULL, 10);
	uint64_t count = strtoull(argv[optind + 2], NULL, 10);
	uint64_t members = strtoull(argv[optind + 3], NULL, 10);
	for (uint64_t i = 0; i < count * members; i++) {
		wanted.family = first + i / members;
		wanted.member = i % members;
		wanted.is_alien = has_alien && wanted.member == members - 1;
		if (write_one(argv[optind], &wanted, is_damaged))
			return 1;
	}
	return 0;
}
