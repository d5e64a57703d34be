/* SPDX-License-Identifier: Apache-2.0 */
/* export_command.c -- the words "conprofd export" and what follows them. */
#include "collector/export_command.h"

#include "collector/archive.h"
#include "collector/days.h"
#include "collector/exporter.h"
#include "collector/request_params.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

static const char usage[] =
	"Usage: conprofd export DIRECTORY [--output FILE] [--service S] [--type T] [--labels L]\n"
	"                       [--selector S] [--from T] [--to T]\n"
	"\n"
	"Writes the profiles that conprofd keeps in DIRECTORY, its --data, all or a choice, as a\n"
	"tar to standard output, or to FILE. A conprofd may run on DIRECTORY meanwhile: it is "
	"only\n"
	"read. The choice is written as in queries: labels as k=v,k2=v2, a selector as\n"
	"{region=\"eu\",host=~\"web.*\"}, times as 2006-01-02T15:04:05, now-1h and others.\n"
	"\n"
	"For each profile there are two files: what is known of it, as JSON, then the profile, as\n"
	"it was uploaded, or made of its record when that is all there is. 'conprofd import' "
	"stores\n"
	"them again. Who unpacks them and packs them again has to keep the order: tar "
	"--sort=name.\n";

/* The words of the choice, which are those of queries. */
static const char *const keys[] = {"service", "type", "labels", "selector", "from", "to"};

struct words {
	const char *root, *output;
	struct query_string choice;
};

static const char *set(struct words *words, const char *name, const char *value)
{
	static const char missing[] = "a value is missing";
	struct query_string *query = &words->choice;
	if (!strcmp(name, "output")) {
		words->output = value;
		return value ? NULL : missing;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(name, keys[i]) != 0)
			continue;
		if (!value || *query_get(query, name))
			return value ? "it is there twice" : missing;
		query->pairs[query->count].key = keys[i];
		query->pairs[query->count++].value = value;
		return NULL;
	}
	return "there is no such option";
}

/* A side that is not said is open. */
static void open_range(struct query_string *query)
{
	static const char *const sides[][2] = {{"from", "0"}, {"to", "9999-12-31T23:59:59"}};
	for (size_t i = 0; i < 2; i++) {
		if (*query_get(query, sides[i][0]))
			continue;
		query->pairs[query->count].key = sides[i][0];
		query->pairs[query->count++].value = sides[i][1];
	}
}

/* False, and it was said what is wrong. */
static bool read_words(struct words *words, struct params *params, int argc, char **argv)
{
	static const struct exchange everybody = {.is_for_everybody = true};
	char why[PARAMS_ERROR_SIZE] = "which directory?";
	const char *wrong = NULL;
	for (int i = 1; i < argc && !wrong; i++) {
		if (!strncmp(argv[i], "--", 2)) {
			wrong = set(words, argv[i] + 2, argv[i + 1]);
			snprintf(why, sizeof why, "%.100s: %s", argv[i], wrong ? wrong : "");
			i++;
		} else if (words->root) {
			wrong = "more than one directory";
			snprintf(why, sizeof why, "%s", wrong);
		} else {
			words->root = argv[i];
		}
	}
	open_range(&words->choice);
	if (!wrong && words->root &&
	    !params_read_query_of(params, &everybody, &words->choice, true, why))
		return true;
	fprintf(stderr, "conprofd export: %s\nTry 'conprofd export --help'.\n",
		words->root || wrong ? why : "which directory?");
	return false;
}

/* An empty tar of a directory that was misspelt would be found out too late. NULL, or what is wrong
 * with it. */
static const char *look_at(const char *root)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lock", root);
	return access(path, R_OK) ? days_unreadable(errno) : NULL;
}

static int write_profile(void *context, const char *day, const struct store_profile *profile,
			 const uint8_t *body)
{
	return archive_put(context, day, profile, body);
}

static int run(const struct words *words, struct params *params, FILE *to)
{
	struct export_counts counts = {0};
	struct export_options options = {
		.root = words->root, .query = &params->query, .show = write_profile, .context = to};
	int error = getrandom(&options.seed, sizeof options.seed, 0) < 0 ? -errno : 0;
	/* Whose directory it is may take what time it takes. */
	params->selector.budget = UINT64_MAX;
	if (!error)
		error = export_profiles(&options, &counts);
	if (!error)
		error = tar_finish(to);
	if (error)
		fprintf(stderr, "conprofd export: %s: %s\n", words->root,
			error == -ETIME ? "the selector takes too long" : strerror(-error));
	else
		fprintf(stderr,
			"%" PRIu64 " profiles exported, %" PRIu64 " as they were uploaded, %" PRIu64
			" out of their records\n",
			counts.uploaded + counts.compact, counts.uploaded, counts.compact);
	if (counts.damaged)
		fprintf(stderr, "%" PRIu64 " places are damaged and were left out\n",
			counts.damaged);
	return error || counts.damaged ? STATUS_FAILED : 0;
}

int export_command(int argc, char **argv)
{
	struct words words = {0};
	struct params params = {0};
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (!read_words(&words, &params, argc, argv)) {
		params_clear(&params);
		return STATUS_USAGE;
	}
	int status = STATUS_FAILED;
	const char *wrong = look_at(words.root);
	if (wrong) {
		fprintf(stderr, "conprofd export: %s: %s\n", words.root, wrong);
		params_clear(&params);
		return status;
	}
	FILE *to = words.output ? fopen(words.output, "we") : stdout;
	if (!to)
		fprintf(stderr, "conprofd export: %s: %s\n", words.output, strerror(errno));
	else if (isatty(fileno(to)))
		fputs("conprofd export: a tar is nothing for a terminal: --output FILE\n", stderr);
	else
		status = run(&words, &params, to);
	if (to && fclose(to) && !status) {
		perror("conprofd export: cannot write");
		status = STATUS_FAILED;
	}
	params_clear(&params);
	return status;
}
