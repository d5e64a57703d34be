/* SPDX-License-Identifier: Apache-2.0 */
/* booking.h -- how much of each living thread's CPU time is already in a profile.
 *
 * When a thread ends, what it used and no tick saw is the difference.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BOOKING_MAX = 32768 };

struct booking;

/* [worker] NULL without memory. */
struct booking *booking_create(void);
/* [worker] NULL is harmless. */
void booking_destroy(struct booking *);
/* [worker] Adds to what is booked of the thread. A full table stops booking: see booking_take. */
void booking_add(struct booking *, uint32_t tid, uint64_t ns);
/* [worker] Forgets the thread, which has ended. False when it cannot be told how much was booked,
 * because the table was full at some time; otherwise *ns is it, 0 for a thread never seen. */
bool booking_take(struct booking *, uint32_t tid, uint64_t *ns);
