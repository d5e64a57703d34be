/* SPDX-License-Identifier: Apache-2.0 */
/* upload.h -- the table of a period becomes a parcel: profile, comments, tags. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/delivery.h"
#include "core/gather.h"
#include "core/state.h"
#include "transport/parcel.h"

struct upload_period {
	const struct config *config;
	struct state *state;
	struct gather *gather;
	const char *engine;
	const char *runtime_id; /* a UUID, the same for all uploads of this process */
	uint64_t start_ns;	/* CLOCK_REALTIME */
	uint64_t length_ns;
	uint64_t cpu_start_ns; /* the part of it in which CPU time was sampled */
	uint64_t cpu_length_ns;
	uint64_t process_cpu_ns; /* that the process used meanwhile, with us */
	uint64_t worker_cpu_ns;	 /* that the worker used of it */
	uint64_t seq;
	uint64_t dropped_uploads;
};

enum { UPLOAD_ID_SIZE = 37 };

/* [worker] A random UUID as text. */
void upload_make_id(char text[UPLOAD_ID_SIZE]);
/* [worker] The delivery that this configuration asks for; NULL without memory. */
struct delivery *upload_open_delivery(const struct config *);
/* [worker] NULL when there were no samples or no memory. The parcel is the caller's. */
struct parcel *upload_parcel(const struct upload_period *);
