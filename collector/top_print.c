/* SPDX-License-Identifier: Apache-2.0 */
/* top_print.c -- the table of top, for eyes. */
#include "collector/top_print.h"

#include "collector/quantity.h"
#include "encoder/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	BAR_WIDTH = 10,
	TABLE_WIDTH = 49, /* of the numbers, as printed below */
	NAME_LEAST = 20,  /* columns for the name: bars give way, then lines grow too long */
	FILES_SHOWN = 3,
};

struct line {
	const struct top_row *row;
	const char *name;
};

static int compare(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

/* Ties are broken by what is left, so that two runs print the same. */
static int flat_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = compare(x->row->flat, y->row->flat);
	if (!order)
		order = compare(x->row->cum, y->row->cum);
	return order ? order : strcmp(x->name, y->name);
}

static int cum_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = compare(x->row->cum, y->row->cum);
	return order ? order : flat_order(a, b);
}

static struct line *sort_lines(const struct top *top, bool by_cum)
{
	struct line *lines = calloc(top->row_count + 1, sizeof(*lines));
	if (!lines)
		return NULL;
	for (size_t i = 0; i < top->row_count; i++)
		lines[i] = (struct line){&top->rows[i], intern_at(&top->names, top->rows[i].name)};
	qsort(lines, top->row_count, sizeof(*lines), by_cum ? cum_order : flat_order);
	return lines;
}

static double share(double part, int64_t whole)
{
	return whole ? part / (double)whole : 0;
}

/* share is of the longest bar. The eighths of a block are what Unicode has for this. */
static void print_bar(FILE *to, double share, bool unicode)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	unsigned units = unicode ? 8 : 1, column = 0;
	unsigned filled = share > 0 ? (unsigned)(share * BAR_WIDTH * units + 0.5) : 0;
	for (; column < filled / units; column++)
		fputs(unicode ? "█" : "#", to);
	if (filled % units) {
		fputs(eighths[filled % units], to);
		column++;
	}
	fprintf(to, "%*s", (int)(BAR_WIDTH - column), "");
}

/* The bytes of the name's first columns characters. */
static size_t prefix_size(const char *name, size_t columns)
{
	size_t at = 0, len = strlen(name), size;
	for (; at < len && columns; at += size, columns--)
		utf8_next((const uint8_t *)name + at, len - at, &size);
	return at;
}

static void print_name(FILE *to, const char *name, size_t columns, bool unicode)
{
	size_t mark = unicode ? 1 : 2;
	if (!columns || !name[prefix_size(name, columns)])
		fputs(name, to);
	else
		fprintf(to, "%.*s%s", (int)prefix_size(name, columns - mark), name,
			unicode ? "…" : "..");
	fputc('\n', to);
}

static void print_time(FILE *to, const struct top *top)
{
	char text[QUANTITY_SIZE];
	time_t seconds = top->time_ns / 1000000000;
	struct tm tm;
	if (top->time_ns && gmtime_r(&seconds, &tm))
		fprintf(to, "Time:      %04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		fputs("Time:      unknown", to);
	quantity_format(text, top->duration_ns, "nanoseconds");
	if (top->duration_ns)
		fprintf(to, ", %s", text);
	fputc('\n', to);
}

static void print_head(FILE *to, const struct top *top, const char *const *files)
{
	char total[QUANTITY_SIZE], clean[TOP_NAME_SIZE];
	for (size_t i = 0; i < top->file_count && i < FILES_SHOWN; i++) {
		utf8_clean(clean, sizeof(clean), files[i], strlen(files[i]));
		fprintf(to, "%s%s\n", i ? "           " : "File:      ", clean);
	}
	if (top->file_count > FILES_SHOWN)
		fprintf(to, "           and %" PRIu64 " more\n", top->file_count - FILES_SHOWN);
	utf8_clean(clean, sizeof(clean), top->type, strlen(top->type));
	quantity_format(total, top->total, top->unit);
	fprintf(to, "Type:      %s", clean);
	utf8_clean(clean, sizeof(clean), top->unit, strlen(top->unit));
	fprintf(to, " (%s), %s in %" PRIu64 " sample%s\n", clean, total, top->sample_count,
		top->sample_count == 1 ? "" : "s");
	print_time(to, top);
	if (top->comment_count)
		fprintf(to, "Comments:  %" PRIu64 "\n", top->comment_count);
}

struct layout {
	bool has_bar;
	size_t name_columns; /* 0: no limit */
	double longest;	     /* what a whole bar stands for */
};

static struct layout lay_out(const struct top_view *view, const struct line *first)
{
	struct layout layout = {.has_bar = true};
	size_t used = TABLE_WIDTH + BAR_WIDTH + 2;
	if (view->width && view->width < used + NAME_LEAST) {
		layout.has_bar = false;
		used = TABLE_WIDTH;
	}
	if (view->width)
		layout.name_columns =
			view->width > used + NAME_LEAST ? view->width - used : NAME_LEAST;
	if (first->row)
		layout.longest = (double)(view->by_cum ? first->row->cum : first->row->flat);
	return layout;
}

static void print_line(FILE *to, const struct top *top, const struct line *line, double sum)
{
	char flat[QUANTITY_SIZE], cum[QUANTITY_SIZE];
	quantity_format(flat, line->row->flat, top->unit);
	quantity_format(cum, line->row->cum, top->unit);
	fprintf(to, "%11s %6.2f%% %6.2f%% %11s %6.2f%%  ", flat,
		100 * share((double)line->row->flat, top->total), 100 * share(sum, top->total), cum,
		100 * share((double)line->row->cum, top->total));
}

int top_print(FILE *to, const struct top *top, const struct top_view *view,
	      const char *const *files)
{
	struct line *lines = sort_lines(top, view->by_cum);
	if (!lines)
		return -ENOMEM;
	struct layout layout = lay_out(view, lines);
	size_t shown = top->row_count < view->rows ? top->row_count : view->rows;
	double sum = 0;
	for (size_t i = 0; i < shown; i++)
		sum += (double)lines[i].row->flat;
	print_head(to, top, files);
	fprintf(to, "Functions: %zu of %zu, %.2f%% of all\n\n", shown, top->row_count,
		100 * share(sum, top->total));
	fprintf(to, "%11s %7s %7s %11s %7s\n", "flat", "flat%", "sum%", "cum", "cum%");
	sum = 0;
	for (size_t i = 0; i < shown; i++) {
		double value = (double)(view->by_cum ? lines[i].row->cum : lines[i].row->flat);
		sum += (double)lines[i].row->flat;
		print_line(to, top, &lines[i], sum);
		if (layout.has_bar) {
			print_bar(to, layout.longest > 0 ? value / layout.longest : 0,
				  view->unicode);
			fputs("  ", to);
		}
		print_name(to, lines[i].name, layout.name_columns, view->unicode);
	}
	free(lines);
	return 0;
}
