/* SPDX-License-Identifier: Apache-2.0 */
/* days.c -- the partitions of a store, and what retention drops of them. */
#include "collector/days.h"

#include "collector/journal.h"
#include "collector/moment.h"
#include "collector/quantity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
	NAME_LEN = PARTITION_NAME_SIZE - 1,
};

bool days_is_day(const char *name)
{
	struct tm tm = {0};
	const char *end = strlen(name) == NAME_LEN && strspn(name, "0123456789") == NAME_LEN
				  ? strptime(name, "%Y%m%d", &tm)
				  : NULL;
	return end && !*end;
}

void days_name(char name[PARTITION_NAME_SIZE], int64_t now_ns)
{
	struct tm tm;
	time_t seconds = (time_t)(now_ns / MOMENT_SECOND);
	gmtime_r(&seconds, &tm);
	strftime(name, PARTITION_NAME_SIZE, "%Y%m%d", &tm);
}

static void insert(struct days *days, struct partition *partition)
{
	pthread_mutex_lock(&days->lock);
	struct partition **at = &days->first;
	while (*at && strcmp((*at)->name, partition->name) < 0)
		at = &(*at)->next;
	partition->next = *at;
	*at = partition;
	pthread_mutex_unlock(&days->lock);
}

/* Whether a day, or what may be in any new file system, is all that this entry can be. */
static bool may_be_there(int root, const char *name)
{
	int directory =
		days_is_day(name) ? openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool is_partition = directory >= 0 && partition_look(directory) >= 0;
	if (directory >= 0)
		close(directory);
	return is_partition || name[0] == '.' || !strcmp(name, "lost+found");
}

/* What would become of a directory that somebody has named by mistake: its days would be removed.
 * So the first time there has to be nothing but partitions, which may come from a backup. */
static int look_at_new(const char *root)
{
	DIR *entries = opendir(root);
	const struct dirent *entry;
	bool good = entries != NULL;
	if (!entries)
		return -errno;
	while (good && (entry = readdir(entries)))
		good = may_be_there(dirfd(entries), entry->d_name);
	closedir(entries);
	return good ? 0 : -ENOTEMPTY;
}

/* Two writers would cut off each other's records. */
int days_lock(const char *root)
{
	char path[4096];
	if (mkdir(root, 0700) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof path, "%s/lock", root);
	int found = access(path, F_OK) ? look_at_new(root) : 0;
	if (found)
		return found;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd < 0 ? -errno : fd;
	int error = -errno;
	close(fd);
	return error;
}

const char *days_unreadable(int error)
{
	return error == ENOENT	 ? "this is no data directory"
	       : error == EACCES ? "only its owner may read it; be that user, or root"
				 : strerror(error);
}

int days_open(struct days *days, const char *root)
{
	int error = 0;
	pthread_mutex_init(&days->lock, NULL);
	days->is_open = true;
	days->root = strdup(root);
	DIR *entries = days->root ? opendir(root) : NULL;
	const struct dirent *entry;
	if (!entries)
		return -errno;
	while (!error && (entry = readdir(entries))) {
		if (!days_is_day(entry->d_name))
			continue;
		struct partition *partition = partition_open(root, entry->d_name);
		if (partition)
			insert(days, partition);
		else if (errno == ENOTEMPTY || errno == ENOTDIR)
			journal(JOURNAL_WARNING, "%s/%s is not conprofd's and is left alone", root,
				entry->d_name);
		else
			error = -errno;
	}
	closedir(entries);
	return error;
}

void days_close(struct days *days)
{
	while (days->first) {
		struct partition *partition = days->first;
		days->first = partition->next;
		partition_release(partition);
	}
	free(days->root);
	if (days->is_open)
		pthread_mutex_destroy(&days->lock);
	days->is_open = false;
}

int days_today(struct days *days, int64_t now_ns, struct partition **today,
	       struct partition **older)
{
	char name[PARTITION_NAME_SIZE];
	days_name(name, now_ns);
	*today = *older = NULL;
	pthread_mutex_lock(&days->lock);
	for (struct partition *at = days->first; at; at = at->next) {
		int order = strcmp(at->name, name);
		if (order < 0)
			*older = at;
		else if (order == 0)
			*today = partition_hold(at);
	}
	if (*older)
		partition_hold(*older);
	pthread_mutex_unlock(&days->lock);
	if (*today)
		return 0;
	*today = partition_open(days->root, name);
	if (!*today) {
		int error = -errno;
		partition_release(*older);
		return error;
	}
	insert(days, partition_hold(*today));
	return 0;
}

struct partition *days_next(struct days *days, struct partition *partition)
{
	pthread_mutex_lock(&days->lock);
	struct partition *next = days->first;
	/* By name, as the one that the caller holds may have left the list. */
	while (partition && next && strcmp(next->name, partition->name) <= 0)
		next = next->next;
	if (next)
		partition_hold(next);
	pthread_mutex_unlock(&days->lock);
	partition_release(partition);
	return next;
}

struct partition *days_of_id(struct days *days, const char *id, int64_t *row)
{
	char *end;
	if (strlen(id) <= NAME_LEN + 1 || strlen(id) >= STORE_ID_SIZE || id[NAME_LEN] != '-' ||
	    strspn(id + NAME_LEN + 1, "0123456789abcdef") != strlen(id + NAME_LEN + 1))
		return NULL;
	errno = 0;
	uint64_t number = strtoull(id + NAME_LEN + 1, &end, 16);
	if (errno || number == 0 || number > INT64_MAX)
		return NULL;
	*row = (int64_t)number;
	pthread_mutex_lock(&days->lock);
	struct partition *at = days->first;
	while (at && strncmp(at->name, id, NAME_LEN) != 0)
		at = at->next;
	if (at)
		partition_hold(at);
	pthread_mutex_unlock(&days->lock);
	return at;
}

/* The id of a profile, and behind it the number. */
struct partition *days_of_sum(struct days *days, const char *id, int64_t *rollup)
{
	char profile[STORE_ID_SIZE];
	const char *dash = strrchr(id, '-');
	char *end;
	int64_t row;
	if (!dash || dash - id >= STORE_ID_SIZE)
		return NULL;
	snprintf(profile, sizeof profile, "%.*s", (int)(dash - id), id);
	*rollup = strtoll(dash + 1, &end, 16);
	return *rollup > 0 && !*end ? days_of_id(days, profile, &row) : NULL;
}

/* ---- retention ----------------------------------------------------------------------------- */

/* gone: the profiles that are kept in no other form. */
static void count_dropped(struct days *days, const struct partition *partition,
			  const struct partition_segment *segment, uint64_t gone, const char *why)
{
	char size[QUANTITY_SIZE];
	quantity_format(size, (int64_t)segment->size, "bytes");
	journal(JOURNAL_INFO, "dropped %s/%06u.seg: %" PRIu64 " profiles, %s, %s", partition->name,
		(unsigned)segment->number, gone, size, why);
	pthread_mutex_lock(&days->lock);
	days->dropped_profiles += gone;
	days->dropped_bytes += segment->size;
	pthread_mutex_unlock(&days->lock);
}

static bool is_expired(const struct partition_segment *segment, const struct retention *retention,
		       int64_t now_ns)
{
	uint64_t keep_ms = retention_keep_ms(retention, segment->rule);
	return keep_ms && segment->profiles &&
	       (now_ns - segment->last_ns) / 1000000 > (int64_t)keep_ms;
}

static void leave_list(struct days *days, struct partition *partition)
{
	pthread_mutex_lock(&days->lock);
	struct partition **at = &days->first;
	while (*at && *at != partition)
		at = &(*at)->next;
	bool was_there = *at != NULL;
	if (was_there)
		*at = partition->next;
	pthread_mutex_unlock(&days->lock);
	partition_release(was_there ? partition : NULL);
}

static bool is_today(const struct partition *partition, int64_t now_ns)
{
	char name[PARTITION_NAME_SIZE];
	days_name(name, now_ns);
	return strcmp(partition->name, name) >= 0;
}

/* A day of which every segment is expired, or that has none, goes as a whole. */
static bool drop_day(struct days *days, struct partition *partition,
		     const struct retention *retention, int64_t now_ns)
{
	size_t count;
	struct partition_segment *segments = partition_segments(partition, &count);
	bool all = segments && !is_today(partition, now_ns);
	for (size_t i = 0; i < count && all; i++)
		all = is_expired(&segments[i], retention, now_ns);
	if (all) {
		journal(JOURNAL_INFO, "dropping the day %s", partition->name);
		for (size_t i = 0; i < count; i++)
			count_dropped(days, partition, &segments[i], i ? 0 : partition->profiles,
				      "older than it is kept");
		leave_list(days, partition);
		partition_drop(partition);
	}
	free(segments);
	return all;
}

static bool drop_segment(struct days *days, struct partition *partition,
			 const struct partition_segment *segment, const char *why)
{
	uint64_t gone;
	if (partition_drop_segment(partition, segment->number, &gone))
		return false;
	count_dropped(days, partition, segment, gone, why);
	return true;
}

/* Uploads that are there as compact records too, and have been for long enough. */
static bool is_superfluous(struct partition *partition, const struct partition_segment *segment,
			   const struct retention *retention, int64_t now_ns)
{
	return segment->kind == PARTITION_UPLOADED && segment->profiles &&
	       retention->originals_ms &&
	       (now_ns - segment->last_ns) / 1000000 > (int64_t)retention->originals_ms &&
	       partition_is_compacted(partition, segment->number) > 0;
}

/* One segment, if any. */
static bool drop_expired(struct days *days, struct partition *partition,
			 const struct retention *retention, int64_t now_ns)
{
	size_t count;
	bool dropped = false;
	struct partition_segment *segments = partition_segments(partition, &count);
	for (size_t i = 0; i < count && !dropped; i++) {
		if (is_expired(&segments[i], retention, now_ns))
			dropped = drop_segment(days, partition, &segments[i],
					       "older than it is kept");
		else if (is_superfluous(partition, &segments[i], retention, now_ns))
			dropped = drop_segment(days, partition, &segments[i],
					       "which are compact records now");
	}
	free(segments);
	return dropped;
}

static bool sweep_times(struct days *days, const struct retention *retention, int64_t now_ns)
{
	struct partition *partition = NULL;
	bool dropped = false;
	while (!dropped && (partition = days_next(days, partition))) {
		if (!drop_day(days, partition, retention, now_ns))
			dropped = drop_expired(days, partition, retention, now_ns);
		if (!is_today(partition, now_ns))
			partition_settle(partition);
		partition_rest(partition);
	}
	partition_release(partition);
	return dropped;
}

/* The segment whose newest profile is the oldest of all. False when there is none. */
static bool drop_oldest(struct days *days, const char *why)
{
	struct partition *oldest = NULL, *partition = NULL;
	struct partition_segment found = {0};
	while ((partition = days_next(days, partition))) {
		size_t count;
		struct partition_segment *segments = partition_segments(partition, &count);
		for (size_t i = 0; i < count; i++) {
			if (oldest && segments[i].last_ns >= found.last_ns)
				continue;
			partition_release(oldest);
			oldest = partition_hold(partition);
			found = segments[i];
		}
		free(segments);
	}
	if (!oldest)
		return false;
	bool dropped = drop_segment(days, oldest, &found, why);
	partition_release(oldest);
	return dropped;
}

static uint64_t bytes_of_all(struct days *days)
{
	struct partition *partition = NULL;
	uint64_t bytes = 0;
	while ((partition = days_next(days, partition)))
		bytes += partition_bytes(partition);
	return bytes;
}

static bool is_short_of_disk(const struct days *days, uint64_t min_free)
{
	struct statvfs status;
	return min_free && !statvfs(days->root, &status) &&
	       (uint64_t)status.f_bavail * status.f_frsize < min_free;
}

bool days_sweep(struct days *days, const struct retention *retention, int64_t now_ns)
{
	if (sweep_times(days, retention, now_ns))
		return true;
	if (retention->max_bytes && bytes_of_all(days) > retention->max_bytes)
		return drop_oldest(days, "to stay within the size that is set");
	return is_short_of_disk(days, retention->min_free) &&
	       drop_oldest(days, "to leave the free disk space that is set");
}

/* What a day holds, out of its segments' rows. */
static struct store_day describe(struct partition *partition)
{
	struct store_day day = {.profiles = partition->profiles,
				.compact_profiles = partition->compact_profiles,
				.rollups = partition->rollups,
				.bytes = partition_bytes(partition),
				.damaged = partition->damaged};
	struct partition_segment *segments = partition_segments(partition, &day.segments);
	snprintf(day.name, sizeof day.name, "%s", partition->name);
	for (size_t i = 0; segments && i < day.segments; i++) {
		if (segments[i].kind == PARTITION_SUM)
			day.rollup_bytes += segments[i].size;
		if (!segments[i].profiles)
			continue;
		if (!day.first_ns || segments[i].first_ns < day.first_ns)
			day.first_ns = segments[i].first_ns;
		if (segments[i].last_ns > day.last_ns)
			day.last_ns = segments[i].last_ns;
	}
	free(segments);
	return day;
}

void days_show(struct days *days, void (*visit)(void *, const struct store_day *), void *context)
{
	struct partition *partition = NULL;
	while ((partition = days_next(days, partition))) {
		const struct store_day day = describe(partition);
		visit(context, &day);
	}
}

static void add_day(void *context, const struct store_day *day)
{
	struct store_figures *figures = context;
	uint64_t first_ns = (uint64_t)day->first_ns;
	if (first_ns && (!figures->oldest_ns || first_ns < figures->oldest_ns))
		figures->oldest_ns = first_ns;
	figures->profiles += day->profiles;
	figures->compact_profiles += day->compact_profiles;
	figures->rollups += day->rollups;
	figures->rollup_bytes += day->rollup_bytes;
	figures->bytes += day->bytes;
	figures->damaged += day->damaged;
}

void days_figures(struct days *days, struct store_figures *figures)
{
	days_show(days, add_day, figures);
	pthread_mutex_lock(&days->lock);
	figures->dropped_profiles = days->dropped_profiles;
	figures->dropped_bytes = days->dropped_bytes;
	pthread_mutex_unlock(&days->lock);
}
