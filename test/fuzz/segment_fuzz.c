/* SPDX-License-Identifier: Apache-2.0 */
/* segment_fuzz.c -- any bytes as a segment file: records are whole or refused, and dockets lie
 * within them. The CRC would keep nearly all out, so each docket is read without it as well.
 */
#include "collector/docket.h"
#include "collector/segment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_docket(const uint8_t *bytes, size_t size)
{
	struct docket docket;
	uint8_t *copy = malloc(size ? size : 1); /* so that a step too far is seen */
	if (size)
		memcpy(copy, bytes, size);
	if (!docket_unpack(&docket, copy, size)) {
		size_t again_size;
		uint8_t *again = docket_pack(&docket, &again_size);
		if (!again || again_size != size || memcmp(again, copy, size) != 0)
			abort();
		free(again);
	}
	free(copy);
}

static int visit(void *context, uint64_t offset, const struct segment_record *record)
{
	(void)context;
	(void)offset;
	read_docket(record->docket, record->docket_size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static int fd = -1;
	uint64_t end;
	if (fd < 0)
		fd = memfd_create("segment", MFD_CLOEXEC);
	if (ftruncate(fd, 0) || pwrite(fd, bytes, size, 0) != (ssize_t)size)
		abort();
	int error = segment_scan(fd, 0, visit, NULL, &end);
	if (end > size || (!error && end != size))
		abort();
	read_docket(bytes, size);
	return 0;
}
