/* SPDX-License-Identifier: Apache-2.0 */
/* import_command.c -- the words "conprofd import" and what follows them.
 *
 * Each profile goes to the day on which it arrived first, under the key that it had then: so it is
 * known when it comes again, and is kept as long as it would have been.
 */
#include "collector/import_command.h"

#include "collector/archive.h"
#include "collector/days.h"
#include "collector/moment.h"
#include "collector/options.h"
#include "collector/request_params.h"
#include "collector/upload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	GROUP_MAX = 256,	    /* profiles of one commit */
	GROUP_BYTES_MAX = 32 << 20, /* of their bodies */
	COMPLAINTS_MAX = 20,	    /* that are written out */
};

#define DAY_NS	    (86400 * MOMENT_SECOND)
#define PROGRESS_NS (MOMENT_SECOND / 2)

static const char usage[] =
	"Usage: conprofd import DIRECTORY [FILE] [OPTIONS]\n"
	"\n"
	"Stores the profiles of FILE, a tar that 'conprofd export' has written, or of standard\n"
	"input, into DIRECTORY, the --data of a conprofd that does not run. Each is verified as "
	"an\n"
	"upload is, keeps its labels and times, and is stored once, however often it comes.\n"
	"OPTIONS are those of conprofd, best its --config: body-max and inflated-max hold here "
	"too,\n"
	"and it is said what its retention will drop.\n";

struct importing {
	struct options options;
	const char *root;
	struct partition *day; /* the one that was stored to last */
	struct inspectors *inspectors;
	struct store_put puts[GROUP_MAX]; /* which arrived on one day */
	size_t count, bytes;
	uint64_t stored, known, refused, expired;
	bool is_watched; /* somebody sits before it */
	int64_t shown_ns;
};

/* ---- what is seen of it -------------------------------------------------------------------- */

static void show(struct importing *im, bool at_once)
{
	int64_t now = moment_now();
	if (!im->is_watched || (!at_once && now - im->shown_ns < PROGRESS_NS))
		return;
	im->shown_ns = now;
	fprintf(stderr, "\r%" PRIu64 " stored, %" PRIu64 " known already, %" PRIu64 " refused%s",
		im->stored, im->known, im->refused, at_once ? "\n" : "");
}

static void refuse(struct importing *im, const char *name, const char *why)
{
	im->refused++;
	if (im->refused <= COMPLAINTS_MAX)
		fprintf(stderr, "%s%.300s: %s\n", im->is_watched ? "\r" : "", name, why);
	if (im->refused == COMPLAINTS_MAX)
		fputs("what else is refused is only counted\n", stderr);
}

/* ---- storing ------------------------------------------------------------------------------- */

static bool is_expired(const struct importing *im, const struct store_profile *profile)
{
	const struct retention *retention = &im->options.retention;
	const char *rule = retention_rule(retention, profile->service, profile->type);
	uint64_t keep_ms = retention_keep_ms(retention, rule);
	return keep_ms && (moment_now() - profile->arrived_ns) / 1000000 > (int64_t)keep_ms;
}

static void forget_group(struct importing *im)
{
	for (size_t i = 0; i < im->count; i++) {
		free((void *)im->puts[i].body);
		upload_forget(&im->puts[i]);
	}
	im->count = im->bytes = 0;
}

/* One day is open at a time, however many there are. */
static int open_day(struct importing *im, int64_t arrived_ns)
{
	char name[PARTITION_NAME_SIZE];
	days_name(name, arrived_ns);
	if (im->day && !strcmp(im->day->name, name))
		return 0;
	partition_release(im->day);
	im->day = partition_open(im->root, name);
	return im->day ? 0 : -errno;
}

static int put_group(struct importing *im, struct store_put **at)
{
	const struct partition_puts puts = {.at = at,
					    .count = im->count,
					    .retention = &im->options.retention,
					    .segment_size = SEGMENT_SIZE};
	int error = open_day(im, at[0]->profile.arrived_ns);
	return error ? error : partition_put(im->day, &puts);
}

/* What is stored is on the disk when this is over. */
static int flush(struct importing *im)
{
	struct store_put *at[GROUP_MAX];
	for (size_t i = 0; i < im->count; i++)
		at[i] = &im->puts[i];
	int error = im->count ? put_group(im, at) : 0;
	for (size_t i = 0; i < im->count && !error; i++) {
		bool is_known = im->puts[i].is_known;
		im->known += is_known;
		im->stored += !is_known;
		im->expired += !is_known && is_expired(im, &im->puts[i].profile);
	}
	forget_group(im);
	return error;
}

static bool has_room(const struct importing *im, const struct archived *archived)
{
	return im->count == 0 ||
	       (im->count < GROUP_MAX && im->bytes + archived->size <= GROUP_BYTES_MAX &&
		im->puts[0].profile.arrived_ns / DAY_NS == archived->arrived_ns / DAY_NS);
}

/* What the upload of it would be told. The body becomes the group's. */
static int add(struct importing *im, struct archived *archived, char why[UPLOAD_ERROR_SIZE])
{
	int error = has_room(im, archived) ? 0 : flush(im);
	if (error)
		return error;
	const struct upload upload = {
		.service = archived->service,
		.type = archived->type,
		.labels = &archived->labels,
		.body = archived->body,
		.size = archived->size,
		.time_ns = archived->time_ns,
		.duration_ns = archived->duration_ns,
		.arrived_ns = archived->arrived_ns,
		.key = archived->key,
		.is_opaque = !strcmp(archived->type, "trace"),
	};
	int status = params_type_is_known(archived->type) ? 0 : -EINVAL;
	if (status)
		snprintf(why, UPLOAD_ERROR_SIZE, "unknown profile type");
	else
		status = upload_read(&upload, im->inspectors, &im->puts[im->count], why);
	if (status == -ENOMEM)
		return status;
	if (status)
		return 1;
	im->count++;
	im->bytes += archived->size;
	archived->body = NULL;
	return 0;
}

/* 0 at the end; what is wrong with the tar, or the disk, ends it. */
static int read_all(struct importing *im, struct archive *archive)
{
	char why[UPLOAD_ERROR_SIZE];
	struct archived archived = {0};
	int got, error = 0;
	while (!error && (got = archive_next(archive, &archived, why))) {
		if (got < 0 && got != -EINVAL)
			return got;
		int status = got > 0 ? add(im, &archived, why) : 1;
		archived_clear(&archived);
		if (status > 0)
			refuse(im, archive->entry.name, why);
		error = status < 0 ? status : 0;
		show(im, false);
	}
	return error;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void tell_of_size(const struct importing *im)
{
	uint64_t max = im->options.retention.max_bytes;
	struct store_figures figures = {0};
	struct days days = {0};
	if (max && !days_open(&days, im->root)) {
		days_figures(&days, &figures);
		if (figures.bytes > max)
			printf("%" PRIu64 " bytes are there, --retention-size is %" PRIu64
			       ": conprofd drops the oldest when it starts\n",
			       figures.bytes, max);
	}
	days_close(&days);
}

static void tell(const struct importing *im)
{
	printf("%" PRIu64 " profiles stored, %" PRIu64 " known already, %" PRIu64 " refused\n",
	       im->stored, im->known, im->refused);
	if (im->expired)
		printf("%" PRIu64 " of those stored are older than --retention or a rule says: "
		       "conprofd drops them when it starts, unless it is told otherwise\n",
		       im->expired);
	tell_of_size(im);
}

static int run(struct importing *im, FILE *from)
{
	struct archive *archive = calloc(1, sizeof *archive);
	if (!archive)
		return -ENOMEM;
	archive->tar.file = from;
	archive->body_max = im->options.body_max;
	int error = read_all(im, archive);
	/* What came before the tar ended or broke off is stored. */
	int flushed = flush(im);
	archive_close(archive);
	free(archive);
	show(im, true);
	return error ? error : flushed;
}

static const char *reason(int error)
{
	return error == -EBADMSG ? "the tar is none, damaged, or cut off" : strerror(-error);
}

/* Returns the exit status. */
static int import_into(struct importing *im, const char *root, FILE *from)
{
	int lock = days_lock(root);
	if (lock < 0) {
		fprintf(stderr, "conprofd import: %s: %s\n", root,
			lock == -EWOULDBLOCK ? "a conprofd uses it; stop it first"
			: lock == -ENOTEMPTY ? "it holds what is not conprofd's; name another one"
					     : strerror(-lock));
		return STATUS_FAILED;
	}
	im->root = root;
	im->inspectors = inspectors_create(im->options.inflated_max);
	int error = im->inspectors ? run(im, from) : -ENOMEM;
	partition_release(im->day);
	if (error)
		fprintf(stderr, "conprofd import: %s\n", reason(error));
	tell(im);
	forget_group(im);
	inspectors_destroy(im->inspectors);
	close(lock);
	return error || im->refused ? STATUS_FAILED : 0;
}

int import_command(int argc, char **argv)
{
	char why[OPTIONS_ERROR_SIZE] = "which directory?";
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	const char *root = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	bool has_file = root && argc > 2 && strncmp(argv[2], "--", 2) != 0;
	const char *path = has_file ? argv[2] : "-";
	int words = 1 + has_file;
	struct importing *im = calloc(1, sizeof *im);
	if (!im || !root || options_read(&im->options, argc - words, argv + words, why)) {
		fprintf(stderr, "conprofd import: %s\nTry 'conprofd import --help'.\n", why);
		free(im);
		return STATUS_USAGE;
	}
	umask(0077);
	im->is_watched = isatty(STDERR_FILENO);
	int status = STATUS_FAILED;
	FILE *from = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	if (from)
		status = import_into(im, root, from);
	else
		fprintf(stderr, "conprofd import: %s: %s\n", path, strerror(errno));
	if (from)
		fclose(from);
	free(im);
	return status;
}
