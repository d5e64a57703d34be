/* SPDX-License-Identifier: Apache-2.0 */
/* top_command.c -- the words "conprofd top" and what follows them. */
#include "collector/top_command.h"

#include "collector/inflate.h"
#include "collector/input.h"
#include "collector/top_print.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	FILE_MAX = 64 << 20,
	RAW_MAX = 256 << 20,
	ROWS_DEFAULT = 20,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/* A file is the user's own: only memory is limited. */
static const struct view_limits limits = {
	.most = {UINT32_MAX, 64, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
		 UINT32_MAX, UINT32_MAX, UINT32_MAX},
	.depth = UINT32_MAX,
	.tags = UINT32_MAX,
	.text = INT32_MAX,
	.memory = (size_t)2 << 30,
};

static const char usage[] =
	"Usage: conprofd top [OPTIONS] FILE...\n"
	"\n"
	"Shows which functions the profiles in the FILEs (pprof, gzip'd or not; - is the standard\n"
	"input) spent most on. Several files are added up.\n"
	"\n"
	"  --cum        order by cum, which includes what a function calls, instead of flat\n"
	"  -n N         show at most N functions (default 20)\n"
	"  --type NAME  show this sample type, for instance samples, instead of the default one\n"
	"  --help       show this\n";

struct request {
	struct top_view view;
	const char *type;
};

static int refuse(const char *what, const char *word)
{
	fprintf(stderr, "conprofd top: %s%s\nTry 'conprofd top --help'.\n", what, word);
	return STATUS_USAGE;
}

static bool parse_rows(const char *text, size_t *rows)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 1)
		return false;
	*rows = (size_t)value;
	return true;
}

/* -1 to go on, otherwise the exit status. */
static int parse_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"cum", no_argument, NULL, 'c'},
		{"type", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;
	while ((option = getopt_long(argc, argv, ":n:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request->view.by_cum = true;
			break;
		case 't':
			request->type = optarg;
			break;
		case 'n':
			if (!parse_rows(optarg, &request->view.rows))
				return refuse("-n wants a number of functions from 1, not ",
					      optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case ':':
			return refuse("a value is missing after ", argv[optind - 1]);
		default:
			return refuse("unknown option ", argv[optind - 1]);
		}
	}
	return optind < argc ? -1 : refuse("which profile? Name at least one file", "");
}

/* The first of the three that is set decides, as in setlocale; the locale need not be installed. */
static bool shows_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static unsigned terminal_width(void)
{
	struct winsize size;
	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col
										     : 0;
}

static int complain(const char *file, const char *why)
{
	fprintf(stderr, "conprofd top: %s: %s\n", file, why);
	return STATUS_FAILED;
}

static const char *inflate_error(int error)
{
	return error == -EFBIG	  ? "inflates to more than is allowed"
	       : error == -ENOMEM ? "out of memory"
				  : "corrupt or cut compression";
}

static int add_bytes(struct top *top, const char *file, const uint8_t *bytes, size_t size)
{
	struct inflate *inflate = inflate_create(RAW_MAX, INFLATE_ANY);
	struct arena arena = {0};
	struct view view;
	struct view_input input = {.limits = &limits};
	const uint8_t *raw = NULL;
	char error[TOP_ERROR_SIZE] = "";
	int result = inflate ? inflate_open(inflate, bytes, size, &raw, &input.size) : -ENOMEM;
	if (result) {
		result = complain(file, inflate_error(result));
	} else {
		input.bytes = raw;
		if (view_open(&view, &arena, &input, error) || top_add(top, &view, error))
			result = complain(file, error);
	}
	arena_free(&arena);
	inflate_destroy(inflate);
	return result;
}

static int add_file(struct top *top, const char *file)
{
	uint8_t *bytes;
	size_t size;
	int error = input_read(file, FILE_MAX, &bytes, &size);
	if (error)
		return complain(file, strerror(-error));
	error = add_bytes(top, file, bytes, size);
	free(bytes);
	return error;
}

static int show(const struct top *top, const struct request *request, const char *const *files)
{
	int error = top_print(stdout, top, &request->view, files);
	errno = -error;
	if (!error && fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return complain("cannot write the table", strerror(errno));
}

int top_command(int argc, char **argv)
{
	struct request request = {.view = {.rows = ROWS_DEFAULT}};
	int status = parse_options(argc, argv, &request);
	if (status >= 0)
		return status;
	request.view.unicode = shows_utf8();
	request.view.width = terminal_width();
	struct top *top = top_create(request.type);
	if (!top)
		return complain("cannot begin", strerror(ENOMEM));
	status = 0;
	for (int i = optind; i < argc && !status; i++)
		status = add_file(top, argv[i]);
	if (!status)
		status = show(top, &request, (const char *const *)argv + optind);
	top_destroy(top);
	return status;
}
