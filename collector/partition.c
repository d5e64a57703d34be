/* SPDX-License-Identifier: Apache-2.0 */
/* partition.c -- what arrived on one day (UTC): opened, held, dropped. */
#include "collector/partition.h"

#include "collector/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WRITER_CACHE_KIB = 4096,
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, service TEXT NOT NULL,"
	" type TEXT NOT NULL, labels TEXT NOT NULL, sample_types TEXT NOT NULL,"
	" UNIQUE(service, type, labels, sample_types));"
	"CREATE TABLE IF NOT EXISTS segment(number INTEGER PRIMARY KEY, rule TEXT NOT NULL,"
	" kind INTEGER NOT NULL, size INTEGER NOT NULL, profiles INTEGER NOT NULL, first_ns "
	"INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL);"
	/* segment 0: the upload is gone; compact 0: no record yet, -1: there will be none;
	 * AUTOINCREMENT: no id is given twice */
	"CREATE TABLE IF NOT EXISTS profile(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" series INTEGER NOT NULL, time_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL,"
	" arrived_ns INTEGER NOT NULL, size INTEGER NOT NULL, segment INTEGER NOT NULL,"
	" begin INTEGER NOT NULL, compact INTEGER NOT NULL, compact_begin INTEGER NOT NULL,"
	" key BLOB NOT NULL, totals BLOB NOT NULL);"
	"CREATE UNIQUE INDEX IF NOT EXISTS profile_key ON profile(key);"
	"CREATE INDEX IF NOT EXISTS profile_time ON profile(series, time_ns);"
	"CREATE INDEX IF NOT EXISTS profile_place ON profile(segment, begin);"
	"CREATE INDEX IF NOT EXISTS profile_compact ON profile(compact, compact_begin);"
	/* of the profiles of a series from start_ns on for length_ns, up to last_row */
	"CREATE TABLE IF NOT EXISTS rollup(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" series INTEGER NOT NULL, start_ns INTEGER NOT NULL, length_ns INTEGER NOT NULL,"
	" first_row INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_row INTEGER NOT NULL,"
	" first_arrival_ns INTEGER NOT NULL, last_arrival_ns INTEGER NOT NULL,"
	" profiles INTEGER NOT NULL, segment INTEGER NOT NULL, begin INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX IF NOT EXISTS rollup_window ON rollup(series, start_ns, length_ns);"
	"CREATE INDEX IF NOT EXISTS rollup_place ON rollup(segment, begin);"
	/* up to which row the profiles have been looked at */
	"CREATE TABLE IF NOT EXISTS rolled(length_ns INTEGER PRIMARY KEY, row INTEGER NOT NULL);";

static const char *const statement_texts[PARTITION_STATEMENTS] = {
	[PARTITION_FIND_KEY] = "SELECT id FROM profile WHERE key = ?1",
	[PARTITION_FIND_SERIES] = "SELECT id FROM series WHERE service = ?1 AND type = ?2"
				  " AND labels = ?3 AND sample_types = ?4",
	[PARTITION_ADD_SERIES] = "INSERT INTO series(service, type, labels, sample_types)"
				 " VALUES(?1, ?2, ?3, ?4)",
	[PARTITION_ADD_PROFILE] =
		"INSERT INTO profile(id, series, time_ns, duration_ns, arrived_ns, size, segment,"
		" begin, compact, compact_begin, key, totals)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[PARTITION_SET_COMPACT] =
		"UPDATE profile SET compact = ?2, compact_begin = ?3 WHERE id = ?1",
	[PARTITION_SET_SEGMENT] = "INSERT OR REPLACE INTO segment(number, size, profiles, "
				  "first_ns, last_ns, kind, rule)"
				  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[PARTITION_ADD_ROLLUP] =
		"INSERT OR REPLACE INTO rollup(series, start_ns, length_ns, first_row, first_ns,"
		" last_row, first_arrival_ns, last_arrival_ns, profiles, segment, begin)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[PARTITION_SET_ROLLED] = "INSERT OR REPLACE INTO rolled(length_ns, row) VALUES(?1, ?2)",
};

static void free_partition(struct partition *partition)
{
	for (size_t i = 0; i < PARTITION_WRITING_MAX; i++)
		segment_close(&partition->writing[i]);
	sql_close(partition->reader);
	sql_close(partition->writer);
	if (partition->directory >= 0)
		close(partition->directory);
	pthread_mutex_destroy(&partition->lock);
	pthread_mutex_destroy(&partition->reading);
	pthread_mutex_destroy(&partition->coding);
	while (partition->codices) {
		struct codex *codex = partition->codices;
		partition->codices = codex->next;
		codex_release(codex);
	}
	free(partition->segments);
	free(partition->path);
	free(partition);
}

#define HEX_4  "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define HEX_32 HEX_4 HEX_4 HEX_4 HEX_4 HEX_4 HEX_4 HEX_4 HEX_4

/* By its name, see segment_name and codex_name: what a partition's directory holds, damaged or not.
 */
static bool is_own_file(const char *name)
{
	static const char *const patterns[] = {
		"index.sqlite*", "[0-9][0-9][0-9][0-9][0-9][0-9].seg*", HEX_32 ".dict"};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

/* From the first one, however far the descriptor has been read. NULL and errno. */
static DIR *open_entries(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fdopendir(fd) : NULL;
}

int partition_look(int directory)
{
	DIR *entries = open_entries(directory);
	const struct dirent *entry;
	bool has_own = false, has_others = false;
	if (!entries)
		return -errno;
	while ((entry = readdir(entries))) {
		bool is_own = is_own_file(entry->d_name);
		has_own |= is_own;
		has_others |= !is_own && entry->d_name[0] != '.';
	}
	closedir(entries);
	return has_own ? 1 : has_others ? -ENOTEMPTY : 0;
}

static int open_directory(struct partition *partition, const char *root, const char *name)
{
	if (asprintf(&partition->path, "%s/%s", root, name) < 0) {
		partition->path = NULL;
		return -ENOMEM;
	}
	bool is_new = mkdir(partition->path, 0700) == 0;
	partition->directory = open(partition->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (partition->directory < 0)
		return -errno;
	int found = partition_look(partition->directory);
	if (found < 0)
		return found;
	int parent = is_new ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int error = is_new && (parent < 0 || fsync(parent)) ? -errno : 0;
	if (parent >= 0)
		close(parent);
	return error;
}

static int prepare_writer(struct partition *partition)
{
	int error = sql_run(partition->writer, schema);
	for (size_t i = 0; i < PARTITION_STATEMENTS && !error; i++) {
		partition->statements[i] = sql_prepare(partition->writer, statement_texts[i]);
		error = partition->statements[i] ? 0 : sql_error(partition->writer);
	}
	return error;
}

int partition_count(struct partition *partition)
{
	sqlite3_stmt *count = sql_prepare(partition->writer,
					  "SELECT count(*), count(CASE WHEN compact > 0 THEN 1 END)"
					  " FROM profile INDEXED BY profile_compact");
	int got = count ? sql_step(count) : sql_error(partition->writer);
	if (got > 0) {
		partition->profiles = (uint64_t)sqlite3_column_int64(count, 0);
		partition->compact_profiles = (uint64_t)sqlite3_column_int64(count, 1);
		got = 0;
	}
	sqlite3_finalize(count);
	return got ? got : partition_count_rollups(partition);
}

/* Also that of a profile that is gone: no id is given twice. */
static int find_last_row(struct partition *partition)
{
	sqlite3_stmt *find = sql_prepare(partition->writer,
					 "SELECT seq FROM sqlite_sequence WHERE name = 'profile'");
	int got = find ? sql_step(find) : sql_error(partition->writer);
	partition->last_row = got > 0 ? sqlite3_column_int64(find, 0) : 0;
	sqlite3_finalize(find);
	return got < 0 ? got : 0;
}

static int open_index(struct partition *partition)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/index.sqlite", partition->path);
	int error = sql_open(&partition->writer, path, 1, WRITER_CACHE_KIB);
	if (!error)
		error = prepare_writer(partition);
	if (!error)
		error = find_last_row(partition);
	if (!error)
		error = partition_recover(partition);
	if (!error)
		error = partition_count(partition);
	if (!error)
		return 0;
	sql_close(partition->writer);
	partition->writer = NULL;
	return error;
}

/* The segments say all that the index said. */
static int remake_index(struct partition *partition)
{
	journal(JOURNAL_WARNING, "%s: the index is damaged and is made again from the segments",
		partition->path);
	if (renameat(partition->directory, "index.sqlite", partition->directory,
		     "index.sqlite.damaged") &&
	    errno != ENOENT)
		return -errno;
	unlinkat(partition->directory, "index.sqlite-wal", 0);
	unlinkat(partition->directory, "index.sqlite-shm", 0);
	free(partition->segments);
	partition->segments = NULL;
	partition->segment_count = 0;
	return open_index(partition);
}

struct partition *partition_open(const char *root, const char *name)
{
	struct partition *partition = calloc(1, sizeof *partition);
	if (!partition)
		return NULL;
	snprintf(partition->name, sizeof partition->name, "%s", name);
	pthread_mutex_init(&partition->lock, NULL);
	pthread_mutex_init(&partition->reading, NULL);
	pthread_mutex_init(&partition->coding, NULL);
	partition->references = 1;
	partition->directory = -1;
	for (size_t i = 0; i < PARTITION_WRITING_MAX; i++)
		partition->writing[i].fd = -1;
	int error = open_directory(partition, root, name);
	if (!error)
		error = open_index(partition);
	if (error == -EUCLEAN)
		error = remake_index(partition);
	if (!error)
		return partition;
	free_partition(partition);
	errno = -error;
	return NULL;
}

struct partition *partition_hold(struct partition *partition)
{
	partition->references++;
	return partition;
}

void partition_release(struct partition *partition)
{
	if (partition && --partition->references == 0)
		free_partition(partition);
}

struct partition_segment *partition_segment(struct partition *partition, uint32_t number)
{
	if (number == 0)
		return NULL;
	if (number > partition->segment_count) {
		size_t size = number * sizeof *partition->segments;
		struct partition_segment *more = realloc(partition->segments, size);
		if (!more)
			return NULL;
		memset(more + partition->segment_count, 0,
		       (number - partition->segment_count) * sizeof *more);
		partition->segments = more;
		partition->segment_count = number;
	}
	partition->segments[number - 1].number = number;
	return &partition->segments[number - 1];
}

struct partition_segment *partition_segments(struct partition *partition, size_t *count)
{
	pthread_mutex_lock(&partition->lock);
	*count = 0;
	struct partition_segment *copy = malloc((partition->segment_count + 1) * sizeof *copy);
	for (size_t i = 0; copy && i < partition->segment_count; i++)
		if (partition->segments[i].number)
			copy[(*count)++] = partition->segments[i];
	pthread_mutex_unlock(&partition->lock);
	return copy;
}

uint64_t partition_bytes(struct partition *partition)
{
	struct stat status;
	uint64_t bytes = 0;
	if (!fstatat(partition->directory, "index.sqlite", &status, 0))
		bytes += (uint64_t)status.st_blocks * 512;
	pthread_mutex_lock(&partition->lock);
	for (size_t i = 0; i < partition->segment_count; i++)
		bytes += partition->segments[i].number ? partition->segments[i].size : 0;
	pthread_mutex_unlock(&partition->lock);
	return bytes;
}

int partition_forget(struct partition *partition, const struct partition_segment *segment,
		     uint64_t from, uint64_t *gone)
{
	char text[512];
	bool is_compact = segment->kind == PARTITION_COMPACT;
	int error = partition_forget_rollups(partition, segment, from);
	*gone = 0;
	if (error || segment->kind == PARTITION_SUM)
		return error;
	const char *mine = is_compact ? "compact" : "segment";
	const char *begin = is_compact ? "compact_begin" : "begin";
	const char *other = is_compact ? "segment" : "compact";
	snprintf(text, sizeof text,
		 "DELETE FROM profile WHERE %s = %u AND %s >= %" PRIu64 " AND %s <= 0", mine,
		 (unsigned)segment->number, begin, from, other);
	error = sql_run(partition->writer, text);
	if (error)
		return error;
	*gone = (uint64_t)sqlite3_changes64(partition->writer);
	snprintf(text, sizeof text, "UPDATE profile SET %s = 0 WHERE %s = %u AND %s >= %" PRIu64,
		 mine, mine, (unsigned)segment->number, begin, from);
	return sql_run(partition->writer, text);
}

static int forget_segment(struct partition *partition, const struct partition_segment *segment,
			  uint64_t *gone)
{
	char text[128];
	snprintf(text, sizeof text, "DELETE FROM segment WHERE number = %u; COMMIT",
		 (unsigned)segment->number);
	int error = sql_run(partition->writer, "BEGIN IMMEDIATE");
	if (!error)
		error = partition_forget(partition, segment, 0, gone);
	if (!error)
		error = sql_run(partition->writer, text);
	if (error && !sqlite3_get_autocommit(partition->writer))
		sql_run(partition->writer, "ROLLBACK");
	return error;
}

int partition_drop_segment(struct partition *partition, uint32_t number, uint64_t *gone)
{
	char name[SEGMENT_NAME_SIZE];
	struct partition_segment segment = partition->segments[number - 1];
	partition->drops++;
	for (size_t i = 0; i < PARTITION_WRITING_MAX; i++)
		if (partition->writing[i].fd >= 0 && partition->writing[i].number == number)
			segment_close(&partition->writing[i]);
	segment_name(name, number);
	int error = forget_segment(partition, &segment, gone);
	/* On a full disk the index cannot even forget: the file goes first, then once more. */
	if (unlinkat(partition->directory, name, 0) && errno != ENOENT && !error)
		error = -errno;
	if (error == -ENOSPC)
		error = forget_segment(partition, &segment, gone);
	pthread_mutex_lock(&partition->lock);
	partition->segments[number - 1].number = 0;
	pthread_mutex_unlock(&partition->lock);
	return error ? error : partition_count(partition);
}

void partition_settle(struct partition *partition)
{
	sqlite3_db_release_memory(partition->writer);
}

/* What else is there was put there by somebody else, and stays. */
void partition_drop(struct partition *partition)
{
	DIR *entries = open_entries(partition->directory);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries)))
		if (is_own_file(entry->d_name))
			unlinkat(partition->directory, entry->d_name, 0);
	if (entries)
		closedir(entries);
	if (rmdir(partition->path))
		journal(JOURNAL_WARNING, "%s cannot be removed: %m", partition->path);
}
