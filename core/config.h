/* SPDX-License-Identifier: Apache-2.0 */
/* config.h -- what the operator asked for: defaults, then the environment, then conprof_start().
 *
 * Everything is copied into one struct of fixed size that holds no pointer, so that it may be
 * copied by memcpy and the program may overwrite its environment. A bad value never stops
 * anything: one warning, and the nearest limit, or what was there before, is used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONFIG_LABELS_MAX = 32,
	CONFIG_WARNING_SIZE = 320, /* no warning is longer, its NUL included */
};

enum config_engine { CONFIG_ENGINE_AUTO, CONFIG_ENGINE_PERF, CONFIG_ENGINE_TIMER };

enum config_type {
	CONFIG_TYPE_CPU = 1,
	CONFIG_TYPE_WALL = 2,
	CONFIG_TYPE_HEAP = 4,
	CONFIG_TYPE_THREADS = 8,
	CONFIG_TYPE_ALL = 15,
};

enum config_level {
	CONFIG_LEVEL_ERROR = 1,
	CONFIG_LEVEL_WARNING,
	CONFIG_LEVEL_INFO,
	CONFIG_LEVEL_DEBUG,
};

struct config_label {
	char key[64]; /* never empty, once in the list */
	char value[192];
};

struct config {
	char url[2048]; /* as it was given, credentials included */
	char service[128];
	char project[128]; /* "" unless the platform names one */
	char log_file[1024];
	char server_id[128];
	char server_token[512]; /* never to be shown */
	char spool[1024];	/* "" for none */
	char include[512], exclude[512];
	struct config_label labels[CONFIG_LABELS_MAX];
	unsigned label_count;
	unsigned types; /* mask of enum config_type */
	uint64_t heap_interval, spool_size;
	uint32_t period_ms;
	uint32_t cpu_duration_ms;	/* not more than the period */
	uint32_t cpu_duration_asked_ms; /* before the period bounded it */
	uint32_t cpu_rate, wall_rate;	/* per second */
	uint32_t upload_timeout_ms;
	uint32_t log_level; /* enum config_level */
	int engine;	    /* enum config_engine */
	bool disabled;
};

/* One line of the documents, out of the table that drives the parser. */
struct config_variable {
	const char *name;
	const char *aliases;	  /* separated by blanks, the first wins; "" for none */
	const char *default_text; /* "" for none */
	const char *meaning;
};

extern const struct config_variable config_variables[];
extern const size_t config_variable_count;

struct conprof_options;

/* [init] What holds when nobody asks for anything. The service is executable_name, cut to fit, or
 * "unknown" for NULL and "". */
void config_defaults(struct config *, const char *executable_name);
/* [init] Takes over what the environment, which may be NULL, sets. Of a name set twice the first
 * holds, an empty value is none. warn, which may be NULL, gets one text without newline or
 * credentials per bad value, valid during the call, when all is set; none when disabled. */
void config_from_environment(struct config *, char **environment,
			     void (*warn)(void *, const char *), void *context);
/* [init] Takes over the options that are set; NULL sets none. Returns 0, or -EINVAL and changes
 * nothing when the options' size is none that a conprof.h has or will have. */
int config_from_options(struct config *, const struct conprof_options *,
			void (*warn)(void *, const char *), void *context);
/* [init] Whether a program of this file name is to be profiled: no glob of exclude matches, and
 * one of include does, or there is none. Globs know * and ?. */
bool config_covers(const struct config *, const char *executable_name);
