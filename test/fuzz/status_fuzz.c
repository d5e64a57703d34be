/* SPDX-License-Identifier: Apache-2.0 */
/* status_fuzz.c -- any bytes as a thread's status file, and as another one's beside it. */
#include "core/procfile.h"
#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void take(struct status *status, const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("status_fuzz", MFD_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	uint64_t value;
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size ||
	    status_read(status, path) != (size > 0) || status->size >= STATUS_SIZE ||
	    status->text[status->size])
		abort();
	procfile_number(path, "\nSeccomp:", 10, &value);
	procfile_number(path, "\nSigBlk:", 16, &value);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const keys[] = {"\nUid:", "\nSigBlk:", "\nSeccomp:", "\nCapEff:"};
	static struct status one, other;

	take(&one, bytes, size / 2);
	take(&other, bytes + size / 2, size - size / 2);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (status_is_same(&one, &other, keys[i]) !=
			    status_is_same(&other, &one, keys[i]) ||
		    !status_is_same(&one, &one, keys[i]))
			abort();
	}
	status_is_dead(&one);
	return 0;
}
