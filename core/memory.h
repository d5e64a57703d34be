/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h -- small reads of memory that may vanish, through a cache of 4 KiB blocks.
 *
 * The unwinder asks for eight bytes at a time, in the same few pages; a system call for each would
 * cost more than the unwinding.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEMORY_BLOCK_SIZE = 4096 };

struct memory;

/* Fills to, of MEMORY_BLOCK_SIZE bytes, from address, a multiple of it; false when it cannot. */
typedef bool memory_fill(void *context, uint64_t address, uint8_t *to);

/* [worker] An empty cache in front of fill; NULL without memory. */
struct memory *memory_create(memory_fill *, void *context);
/* [worker] */
void memory_destroy(struct memory *);
/* [worker] Exactly len bytes at address into to; false when any of them cannot be read. */
bool memory_read(struct memory *, uint64_t address, void *to, size_t len);
/* [worker] Forgets every block. */
void memory_flush(struct memory *);
