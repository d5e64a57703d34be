/* SPDX-License-Identifier: Apache-2.0 */
/* check_command.c -- the words "conprofd check" and what follows them.
 *
 * Each record of each segment is read and its CRC compared; then each record that the
 * index speaks of has to be among them. What is behind the committed end of a segment is no damage:
 * the next start takes it in or cuts it off.
 */
#include "collector/check_command.h"

#include "collector/days.h"
#include "collector/docket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	CACHE_KIB = 2048,
};

static const char usage[] =
	"Usage: conprofd check DIRECTORY\n"
	"\n"
	"Verifies what conprofd keeps in DIRECTORY, its --data, while no conprofd uses it: every\n"
	"record against its checksum, and the index against the records. Nothing is changed.\n";

struct check {
	const char *path; /* of the partition */
	sqlite3 *index;
	sqlite3_stmt *find;
	uint32_t segment;
	uint64_t records, bytes, faults;
};

static void complain(struct check *check, const char *what)
{
	printf("%s/%06u.seg: %s\n", check->path, (unsigned)check->segment, what);
	check->faults++;
}

/* The index knows a profile with this key at this place. */
static int check_record(void *context, uint64_t offset, const struct segment_record *record)
{
	struct check *check = context;
	struct docket docket;
	if (docket_unpack(&docket, record->docket, record->docket_size) ||
	    (docket.form == DOCKET_UPLOADED && docket.profile.size != record->body_size)) {
		complain(check, "a record's docket is damaged");
		return 0;
	}
	const int64_t numbers[] = {check->segment, (int64_t)offset};
	sql_bind_numbers(check->find, 1, numbers, 2);
	sqlite3_bind_blob(check->find, 3, docket.profile.key, STORE_KEY_SIZE, SQLITE_STATIC);
	int found = sql_step(check->find);
	sqlite3_reset(check->find);
	check->records += found == 1;
	check->bytes += record->body_size;
	return found < 0 ? found : 0;
}

static void check_segment(struct check *check, int directory, uint64_t committed)
{
	struct segment segment;
	uint64_t end = 0;
	int error = segment_open(&segment, directory, check->segment);
	if (!error) {
		error = segment_scan(segment.fd, segment_begin(), check_record, check, &end);
		segment_close(&segment);
	}
	if (end >= committed && (!error || error == -EBADMSG))
		return;
	complain(check, error == -EBADMSG ? "a record is damaged"
			: error		  ? strerror(-error)
					  : "it is shorter than it was");
}

static int64_t count_records(sqlite3 *index)
{
	sqlite3_stmt *count =
		sql_prepare(index, "SELECT (SELECT count(*) FROM profile WHERE segment > 0)"
				   " + (SELECT count(*) FROM profile WHERE compact > 0)"
				   " + (SELECT count(*) FROM rollup)");
	int64_t records = count && sql_step(count) == 1 ? sqlite3_column_int64(count, 0) : -1;
	sqlite3_finalize(count);
	return records;
}

static int check_segments(struct check *check, int directory)
{
	sqlite3_stmt *rows = sql_prepare(check->index, "SELECT number, size FROM segment");
	int got;
	if (!rows)
		return sql_error(check->index);
	while ((got = sql_step(rows)) > 0) {
		check->segment = (uint32_t)sqlite3_column_int64(rows, 0);
		check_segment(check, directory, (uint64_t)sqlite3_column_int64(rows, 1));
	}
	sqlite3_finalize(rows);
	return got;
}

static int check_index(struct check *check, int directory)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/index.sqlite", check->path);
	int error = sql_open(&check->index, path, 0, CACHE_KIB);
	if (error)
		return error;
	check->find = sql_prepare(check->index, "SELECT 1 FROM profile WHERE key = ?3 AND"
						" ((segment = ?1 AND begin = ?2) OR"
						" (compact = ?1 AND compact_begin = ?2)) UNION ALL"
						" SELECT 1 FROM rollup WHERE segment = ?1 AND"
						" begin = ?2");
	error = check->find ? check_segments(check, directory) : sql_error(check->index);
	int64_t records = error ? 0 : count_records(check->index);
	if (!error && records != (int64_t)check->records) {
		printf("%s: the index knows %" PRId64 " records, %" PRIu64 " are in the segments\n",
		       check->path, records, check->records);
		check->faults++;
	}
	sql_close(check->index);
	return error;
}

/* The faults of one partition, which is told of. */
static uint64_t check_partition(const char *root, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", root, name);
	struct check check = {.path = path};
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = directory < 0 ? -errno : partition_look(directory);
	if (error >= 0)
		error = check_index(&check, directory);
	if (directory >= 0)
		close(directory);
	if (error == -ENOTEMPTY) {
		printf("%s: not conprofd's\n", path);
		return 0;
	}
	if (error) {
		printf("%s: %s\n", path,
		       error == -EUCLEAN ? "the index is damaged" : strerror(-error));
		return 1;
	}
	printf("%s: %" PRIu64 " records, %" PRIu64 " bytes, %s\n", path, check.records, check.bytes,
	       check.faults ? "damaged" : "whole");
	return check.faults;
}

static int check_all(const char *root)
{
	DIR *entries = opendir(root);
	const struct dirent *entry;
	uint64_t faults = 0, days = 0;
	if (!entries) {
		fprintf(stderr, "conprofd check: %s: %s\n", root, strerror(errno));
		return STATUS_FAILED;
	}
	while ((entry = readdir(entries))) {
		if (!days_is_day(entry->d_name))
			continue;
		days++;
		faults += check_partition(root, entry->d_name);
	}
	closedir(entries);
	if (!days)
		printf("%s: no profiles yet\n", root);
	return faults ? STATUS_FAILED : 0;
}

int check_command(int argc, char **argv)
{
	char path[4096];
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fputs("conprofd check: which directory?\nTry 'conprofd check --help'.\n", stderr);
		return STATUS_USAGE;
	}
	snprintf(path, sizeof path, "%s/lock", argv[1]);
	int lock = open(path, O_RDONLY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_SH | LOCK_NB)) {
		fprintf(stderr, "conprofd check: %s: %s\n", argv[1],
			lock < 0 ? days_unreadable(errno) : "a conprofd uses it; stop it first");
		if (lock >= 0)
			close(lock);
		return STATUS_FAILED;
	}
	int status = check_all(argv[1]);
	close(lock);
	return status;
}
