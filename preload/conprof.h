/* SPDX-License-Identifier: Apache-2.0 */
/* conprof.h -- start and stop the profiler from within a program.
 *
 * Nobody needs this: the library works from LD_PRELOAD and the environment alone. A program that
 * wants to set options itself, and to run with and without the library, declares it weak:
 *
 *	#define CONPROF_WEAK
 *	#include <conprof.h>
 *	struct conprof_options options = {.size = sizeof options, .service = "shop"};
 *	if (conprof_start) conprof_start(&options);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef CONPROF_WEAK
#define CONPROF_API __attribute__((weak))
#else
#define CONPROF_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What is NULL, "" or 0 is not set: the environment decides, then the default. Texts are copied,
 * and written as in the CONPROF_ variable of the same name. The struct grows at its end only. */
struct conprof_options {
	size_t size; /* sizeof(struct conprof_options) */
	const char *url;
	const char *service;
	const char *labels; /* "key=value,key2=value2": instead of those of the environment */
	const char *types;  /* "cpu,heap" */
	const char *server_id;
	const char *server_token;
	const char *log_file;
	const char *spool;
	const char *engine;	/* "auto", "perf" or "timer" */
	uint64_t heap_interval; /* bytes */
	uint64_t spool_size;	/* bytes */
	uint32_t period_ms;
	uint32_t cpu_duration_ms;
	uint32_t cpu_rate;  /* per second of CPU time */
	uint32_t wall_rate; /* per second and thread */
	uint32_t upload_timeout_ms;
	uint32_t log_level; /* 1 error, 2 warning, 3 info, 4 debug */
};

/* [any] Profiles this process from now on; NULL sets no option. What the environment started is
 * started anew with the options. A bad option is logged and not used. Returns 0,
 *   -EPERM    the library is disabled for this process, or a seccomp filter does not let it work,
 *   -EALREADY this function has started it, and nobody stopped it since,
 *   -EBUSY    another thread is just starting or stopping it, or the process is in a sandbox,
 *   -EINVAL   size is wrong. */
CONPROF_API int conprof_start(const struct conprof_options *options);
/* [any] Stops; harmless when nothing runs. What was sampled is sent in the background.
 * conprof_start may follow. */
CONPROF_API void conprof_stop(void);

#ifdef __cplusplus
}
#endif

#undef CONPROF_API
