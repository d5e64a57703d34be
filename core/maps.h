/* SPDX-License-Identifier: Apache-2.0 */
/* maps.h -- what is loaded where: the worker's own snapshot of /proc/self/maps.
 *
 * Taken and refreshed in the worker, so that nobody needs the loader's lock, and so that dlopen
 * and dlclose are noticed without being interposed. A mapping that has gone stays known until
 * maps_forget, because samples of this period may lie in it.
 */
#pragma once

#include "core/elf.h"

enum { MAPS_MAX = 16 << 10 }; /* mappings at one time, and their ids */

struct maps;

struct mapping {	       /* one executable mapping */
	uint32_t id;	       /* its own until maps_forget drops it */
	uint64_t serial;       /* never given to another mapping */
	bool gone;	       /* no longer mapped */
	bool is_elf;	       /* bias, unwind table and build id are known */
	uint64_t start, limit; /* [start, limit) in this process */
	uint64_t offset;       /* file offset of start */
	uint64_t bias;	       /* run-time address = bias + address in the file's numbering */
	uint64_t table;	       /* run-time address of .eh_frame_hdr, 0 when there is none */
	uint64_t table_size;
	uint64_t frames; /* run-time address of .eh_frame where there is no table, or 0 */
	uint64_t frames_size;
	uint64_t image, image_limit; /* all consecutive mappings of the same file */
	size_t build_id_size;
	uint8_t build_id[ELF_BUILD_ID_MAX];
	const char *path; /* as /proc/self/maps has it; "" for anonymous memory, "[vdso]" */
};

/* [worker] An empty snapshot, or NULL without memory. */
struct maps *maps_create(void);
/* [worker] Closes what is open, for a worker that leaves what it has to the next; maps_open, on
 * that one's thread, opens it again. In between nothing else may be called. */
void maps_close(struct maps *);
/* [worker] See maps_close. */
void maps_open(struct maps *);
/* [worker] */
void maps_destroy(struct maps *);
/* [worker] Reads /proc/self/maps again. 1 when something changed, 0 when not, -errno. After an
 * error what was known before still stands. */
int maps_refresh(struct maps *);
/* [worker] The same from a text in memory, for which nothing is promised. */
int maps_parse(struct maps *, const char *text, size_t size);
/* [worker] Executable mappings that the last reading left out: no room, or no memory. */
uint64_t maps_dropped(const struct maps *);
/* [worker] The executable mapping that holds address now, or NULL. */
const struct mapping *maps_find(const struct maps *, uint64_t address);
/* [worker] The mapping of this id, gone or not; NULL when there is none. */
const struct mapping *maps_at(const struct maps *, uint32_t id);
/* [worker] Every id is below this. */
uint32_t maps_id_limit(const struct maps *);
/* [worker] Drops the mappings that are gone, except those whose id is marked in used (NULL: none).
 * Their ids are given to others. */
void maps_forget(struct maps *, const bool *used);
/* [worker] From now on reads are paid for out of *credit, in steps of a few nanoseconds, and fail
 * when it has none left; NULL: they cost nothing. *credit must live until then. */
void maps_charge(struct maps *, uint64_t *credit);
/* [worker] Exactly len bytes of this process's memory at address, whatever is mapped there now;
 * false when they cannot be read. Small reads come from a cache that maps_refresh empties on
 * change. */
bool maps_read(struct maps *, uint64_t address, void *to, size_t len);
