/* SPDX-License-Identifier: Apache-2.0 */
/* partition_fuzz.c -- any bytes as the first segment of a day whose index is lost: the day opens,
 * what is whole in it is found and read, and nothing changes when it is opened once more.
 *
 * The first byte says what the rest is: even, the file; odd, records without their heads, for whose
 * magic and CRC a fuzzer would look for ever. Each of them begins with the sizes of its docket and
 * its body.
 */
#include "collector/journal.h"
#include "collector/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	HEAD_SIZE = 3, /* of a record in the input: two bytes of docket, one of body */
};

static char root[64], day[80];
static const char name[] = "20231114";
static const struct retention keep_all = {0};

static void expect(int truth)
{
	if (!truth)
		abort();
}

static void remove_root(void)
{
	rmdir(root);
}

/* In memory: a day is made and dropped for each input. */
static void choose_root(void)
{
	journal_set_level(JOURNAL_ERROR - 1);
	snprintf(root, sizeof root, "%s/conprof-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	expect(mkdtemp(root) != NULL);
	snprintf(day, sizeof day, "%s/%s", root, name);
	atexit(remove_root);
}

static void write_file(int directory, const uint8_t *bytes, size_t size)
{
	int fd = openat(directory, "000001.seg", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	expect(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static void write_records(int directory, const uint8_t *bytes, size_t size)
{
	struct segment segment;
	uint64_t offset;
	expect(!segment_create(&segment, directory, 1));
	while (size > HEAD_SIZE) {
		struct segment_record record = {.docket = bytes + HEAD_SIZE};
		size_t left = size - HEAD_SIZE, docket_size = bytes[0] | (size_t)bytes[1] << 8;
		size_t body_size = bytes[2];
		docket_size = docket_size < left ? docket_size : left;
		body_size = body_size < left - docket_size ? body_size : left - docket_size;
		record.docket_size = (uint32_t)docket_size;
		record.body_size = (uint32_t)body_size;
		record.body = record.docket + docket_size;
		expect(!segment_append(&segment, &record, &offset));
		bytes += HEAD_SIZE + docket_size + body_size;
		size -= HEAD_SIZE + docket_size + body_size;
	}
	segment_close(&segment);
}

struct finding {
	struct partition *partition;
	size_t count;
};

static int visit(void *context, const struct store_profile *profile)
{
	struct finding *finding = context;
	expect(*profile->service && *profile->type && profile->total_count <= STORE_TOTALS_MAX);
	finding->count++;
	return 0;
}

/* Every row, not only what a query shows: reading is asked for by ids that anybody can send. */
static void read_bodies(struct partition *partition, enum store_form form)
{
	int64_t last = partition->last_row < 32 ? partition->last_row : 32;
	for (int64_t row = 0; row <= last + 1; row++) {
		struct partition_body body = {.form = form, .seed = 1};
		if (partition_read(partition, row, &keep_all, &body))
			continue;
		free(body.bytes);
		codex_release(body.codex);
	}
}

static size_t look(void)
{
	const struct store_query all = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};
	struct finding finding = {.partition = partition_open(root, name)};
	expect(finding.partition != NULL);
	expect(!partition_find(finding.partition, &all, &keep_all, visit, &finding));
	expect(finding.count == finding.partition->profiles);
	read_bodies(finding.partition, STORE_UPLOADED);
	read_bodies(finding.partition, STORE_COMPACT);
	partition_release(finding.partition);
	return finding.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (!*root)
		choose_root();
	expect(!mkdir(day, 0700));
	int directory = open(day, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (size && *bytes % 2)
		write_records(directory, bytes + 1, size - 1);
	else
		write_file(directory, bytes + (size > 0), size - (size > 0));
	close(directory);
	size_t count = look();
	expect(look() == count);
	struct partition *partition = partition_open(root, name);
	expect(partition != NULL);
	partition_drop(partition);
	partition_release(partition);
	return 0;
}
