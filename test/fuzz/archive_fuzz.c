/* SPDX-License-Identifier: Apache-2.0 */
/* archive_fuzz.c -- any bytes as a tar of profiles: they are read or refused, and what was read is
 * written and read back the same. The checksums of headers are made right, or hardly one would be
 * seen.
 */
#include "collector/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 512,
	CHECKSUM = 148,
	BODY_MAX = 1 << 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void set_checksums(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned sum = 8 * ' ';
		if (memcmp(bytes + at + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= CHECKSUM && i < CHECKSUM + 8 ? 0 : bytes[at + i];
		snprintf((char *)bytes + at + CHECKSUM, 8, "%06o", sum);
	}
}

static void is_the_same(const struct archived *one, const struct archived *two)
{
	if (strcmp(one->service, two->service) != 0 || strcmp(one->type, two->type) != 0 ||
	    one->time_ns != two->time_ns || one->arrived_ns != two->arrived_ns ||
	    memcmp(one->key, two->key, STORE_KEY_SIZE) != 0 || one->size != two->size ||
	    memcmp(one->body, two->body, one->size) != 0 ||
	    one->labels.count != two->labels.count || !labels_include(&one->labels, &two->labels))
		abort();
}

/* 2262 has days that cannot be told by their nanoseconds any more. */
static void write_again(const struct archived *archived)
{
	char *text = labels_write(&archived->labels), *out = NULL;
	size_t size;
	char error[ARCHIVE_ERROR_SIZE];
	FILE *to = open_memstream(&out, &size);
	struct store_profile profile = {.service = archived->service,
					.type = archived->type,
					.labels = text,
					.sample_types = "",
					.time_ns = archived->time_ns,
					.duration_ns = archived->duration_ns,
					.arrived_ns = archived->arrived_ns,
					.size = archived->size};
	memcpy(profile.key, archived->key, STORE_KEY_SIZE);
	if (!text || !to || archive_put(to, "20261121", &profile, archived->body) || tar_finish(to))
		abort();
	fclose(to);
	struct archive archive = {.tar = {.file = fmemopen(out, size, "r")}, .body_max = BODY_MAX};
	struct archived back = {0};
	if (archive_next(&archive, &back, error) != 1)
		abort();
	is_the_same(archived, &back);
	archived_clear(&back);
	if (archive_next(&archive, &back, error) != 0)
		abort();
	archive_close(&archive);
	fclose(archive.tar.file);
	free(out);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char error[ARCHIVE_ERROR_SIZE];
	struct archived archived = {0};
	uint8_t *copy = malloc(size + 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	set_checksums(copy, size);
	FILE *from = fmemopen(copy, size + 1, "r");
	struct archive archive = {.tar = {.file = from}, .body_max = BODY_MAX};
	int got;
	while ((got = archive_next(&archive, &archived, error)) == 1 || got == -EINVAL) {
		if (got == 1 && archived.time_ns < INT64_MAX)
			write_again(&archived);
		archived_clear(&archived);
	}
	archive_close(&archive);
	fclose(from);
	free(copy);
	return 0;
}
