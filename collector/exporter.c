/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.c -- what a data directory holds, read from outside and shown profile by profile.
 *
 * A day is read twice: first the uploads, then the compact records of those that are not there as
 * uploads any more. Which files there are, and how far the second reading goes, is looked at before
 * the first: a record that is made meanwhile is of an upload that was shown.
 */
#include "collector/exporter.h"

#include "collector/codex.h"
#include "collector/days.h"
#include "collector/docket.h"
#include "collector/journal.h"
#include "collector/merge.h"
#include "collector/segment.h"
#include "encoder/gzip.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CODICES_MAX = 4, /* dictionaries in memory */
	ROWS_MAX = 1 << 30,
};

struct file {
	char name[SEGMENT_NAME_SIZE];
	uint64_t size; /* when the day began to be read */
	bool is_compact;
};

struct exporting {
	const struct export_options *options;
	struct export_counts *counts;
	const char *day;
	int directory;
	struct file *files;
	size_t file_count;
	struct file *reading;
	uint8_t *rows; /* a bit for each profile whose upload was seen */
	size_t row_bytes;
	struct codex *codices[CODICES_MAX];
	unsigned next_codex;
};

/* ---- which profiles ------------------------------------------------------------------------ */

static int note_row(struct exporting *e, int64_t row)
{
	size_t byte = (size_t)row / 8;
	if (row < 0 || row > ROWS_MAX)
		return -EOVERFLOW;
	if (byte >= e->row_bytes) {
		size_t size = 2 * byte + 4096;
		uint8_t *more = realloc(e->rows, size);
		if (!more)
			return -ENOMEM;
		memset(more + e->row_bytes, 0, size - e->row_bytes);
		e->rows = more;
		e->row_bytes = size;
	}
	e->rows[byte] |= (uint8_t)(1U << row % 8);
	return 0;
}

static bool was_seen(const struct exporting *e, int64_t row)
{
	size_t byte = (size_t)row / 8;
	return row >= 0 && byte < e->row_bytes && e->rows[byte] >> row % 8 & 1;
}

/* 1, 0, -ETIME. */
static int is_meant(const struct exporting *e, const struct store_profile *profile)
{
	const struct store_query *query = e->options->query;
	if (profile->time_ns < query->from_ns || profile->time_ns > query->to_ns)
		return 0;
	return store_query_means(query, profile->service, profile->type, profile->labels);
}

/* ---- records become profiles --------------------------------------------------------------- */

static struct codex *find_codex(const struct exporting *e, const char *service)
{
	for (size_t i = 0; i < CODICES_MAX; i++)
		if (e->codices[i] && !strcmp(e->codices[i]->service, service))
			return e->codices[i];
	return NULL;
}

/* Read anew: what is in memory may be older than the record. */
static int load_codex(struct exporting *e, const char *service, struct codex **codex)
{
	int error = codex_read(codex, e->directory, service, e->options->seed);
	if (error)
		return error;
	struct codex *old = find_codex(e, service);
	size_t place = 0;
	if (old)
		while (e->codices[place] != old)
			place++;
	else
		place = e->next_codex++ % CODICES_MAX;
	codex_release(e->codices[place]);
	e->codices[place] = *codex;
	return 0;
}

static int give(void *data, size_t i, struct merge_profile *profile, char error[MERGE_ERROR_SIZE])
{
	(void)i;
	(void)error;
	*profile = *(const struct merge_profile *)data;
	return 0;
}

/* The record as a pprof, gzip'd; *bytes are the caller's. */
static int unpack(const struct segment_record *record, const struct codex *codex, uint8_t **bytes,
		  size_t *size)
{
	struct merge_profile profile = {
		.bytes = record->body, .size = record->body_size, .dictionary = codex->dictionary};
	const struct merge_source source = {.data = &profile, .count = 1, .get = give};
	const struct merge_options options = {.threads = 1};
	char why[MERGE_ERROR_SIZE];
	uint8_t *plain;
	size_t plain_size;
	int error = merge_pprof(&source, &options, &plain, &plain_size, why);
	if (error)
		return error;
	error = gzip_deflate(plain, plain_size, bytes, size);
	free(plain);
	return error;
}

static int show_compact(struct exporting *e, const struct docket *docket,
			const struct segment_record *record)
{
	struct store_profile profile = docket->profile;
	struct codex *codex = find_codex(e, profile.service);
	uint8_t *bytes;
	size_t size;
	bool is_fresh = codex == NULL;
	int error = is_fresh ? load_codex(e, profile.service, &codex) : 0;
	if (!error)
		error = unpack(record, codex, &bytes, &size);
	if (error == -EBADMSG && !is_fresh) {
		error = load_codex(e, profile.service, &codex);
		if (!error)
			error = unpack(record, codex, &bytes, &size);
	}
	if (error) {
		e->counts->damaged++;
		return error == -ENOMEM ? error : 0;
	}
	profile.size = size;
	error = e->options->show(e->options->context, e->day, &profile, bytes);
	e->counts->compact += !error;
	free(bytes);
	return error;
}

/* ---- the two readings ---------------------------------------------------------------------- */

/* A file holds records of one kind: the first of another one ends the reading. */
static int visit_upload(void *context, uint64_t offset, const struct segment_record *record)
{
	struct exporting *e = context;
	struct docket docket;
	(void)offset;
	if (docket_unpack(&docket, record->docket, record->docket_size)) {
		e->counts->damaged++;
		return 0;
	}
	if (docket.form != DOCKET_UPLOADED) {
		e->reading->is_compact = docket.form == DOCKET_COMPACT;
		return 1;
	}
	docket.profile.size = record->body_size;
	int error = note_row(e, docket.row);
	int meant = error ? error : is_meant(e, &docket.profile);
	if (meant <= 0)
		return meant;
	error = e->options->show(e->options->context, e->day, &docket.profile, record->body);
	e->counts->uploaded += !error;
	return error;
}

static int visit_compact(void *context, uint64_t offset, const struct segment_record *record)
{
	struct exporting *e = context;
	struct docket docket;
	if (offset >= e->reading->size)
		return 1;
	if (docket_unpack(&docket, record->docket, record->docket_size)) {
		e->counts->damaged++;
		return 0;
	}
	if (docket.form != DOCKET_COMPACT || was_seen(e, docket.row))
		return 0;
	int meant = is_meant(e, &docket.profile);
	return meant > 0 ? show_compact(e, &docket, record) : meant;
}

typedef int visitor(void *, uint64_t, const struct segment_record *);

/* Behind what is damaged it goes on; what is being written at the end is not there yet. */
static int scan(struct exporting *e, visitor *visit)
{
	uint64_t at = segment_begin(), end;
	int fd = openat(e->directory, e->reading->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* retention was faster */
	int error;
	while ((error = segment_scan(fd, at, visit, e, &end)) == -EBADMSG &&
	       (at = segment_find(fd, end)))
		e->counts->damaged++;
	close(fd);
	return error == -EBADMSG || error == 1 ? 0 : error;
}

static int scan_all(struct exporting *e, bool compact)
{
	int error = 0;
	for (size_t i = 0; i < e->file_count && !error; i++) {
		e->reading = &e->files[i];
		if (!compact || e->reading->is_compact)
			error = scan(e, compact ? visit_compact : visit_upload);
	}
	return error;
}

/* ---- days ---------------------------------------------------------------------------------- */

static int is_segment(const struct dirent *entry)
{
	return strlen(entry->d_name) < SEGMENT_NAME_SIZE && strstr(entry->d_name, ".seg") != NULL;
}

static int list_files(struct exporting *e, const char *path)
{
	struct dirent **entries;
	struct stat status;
	int count = scandir(path, &entries, is_segment, alphasort);
	if (count < 0)
		return -errno;
	e->files = calloc((size_t)count + 1, sizeof e->files[0]);
	for (int i = 0; i < count; i++) {
		if (e->files && !fstatat(e->directory, entries[i]->d_name, &status, 0)) {
			struct file *file = &e->files[e->file_count++];
			strcpy(file->name, entries[i]->d_name); /* its length was checked */
			file->size = (uint64_t)status.st_size;
		}
		free(entries[i]);
	}
	free(entries);
	return e->files ? 0 : -ENOMEM;
}

static int export_day(const struct export_options *options, struct export_counts *counts,
		      const char *day)
{
	char path[4096];
	struct exporting e = {.options = options, .counts = counts, .day = day};
	snprintf(path, sizeof path, "%s/%s", options->root, day);
	e.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e.directory < 0)
		return errno == ENOENT ? 0 : -errno; /* retention was faster */
	int error = partition_look(e.directory);
	if (error >= 0)
		error = list_files(&e, path);
	if (!error)
		error = scan_all(&e, false);
	if (!error)
		error = scan_all(&e, true);
	for (size_t i = 0; i < CODICES_MAX; i++)
		codex_release(e.codices[i]);
	free(e.rows);
	free(e.files);
	close(e.directory);
	return error == -ENOTEMPTY ? 0 : error; /* somebody else's */
}

static int is_partition(const struct dirent *entry)
{
	return days_is_day(entry->d_name);
}

int export_profiles(const struct export_options *options, struct export_counts *counts)
{
	struct dirent **entries;
	int count = scandir(options->root, &entries, is_partition, alphasort);
	int error = count < 0 ? -errno : 0;
	for (int i = 0; i < count; i++) {
		if (!error)
			error = export_day(options, counts, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return error;
}
