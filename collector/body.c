/* SPDX-License-Identifier: Apache-2.0 */
/* body.c -- the body of a request as it comes, out of a budget that all bodies share. */
#include "collector/body.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM_FIRST = 16 << 10,
};

static bool take(struct body_budget *budget, uint64_t bytes)
{
	if (atomic_fetch_add(&budget->bytes, bytes) + bytes <= budget->all_max)
		return true;
	atomic_fetch_sub(&budget->bytes, bytes);
	return false;
}

static int make_room(struct body *body, struct body_budget *budget, size_t wanted)
{
	size_t room = body->room ? body->room : ROOM_FIRST;
	while (room < wanted)
		room *= 2;
	if (room == body->room)
		return 0;
	if (!take(budget, room - body->room))
		return -EBUSY;
	uint8_t *more = realloc(body->bytes, room);
	if (!more) {
		atomic_fetch_sub(&budget->bytes, room - body->room);
		return -ENOMEM;
	}
	body->bytes = more;
	body->room = room;
	return 0;
}

int body_append(struct body *body, struct body_budget *budget, const char *bytes, size_t size)
{
	if (size > budget->one_max || body->size > budget->one_max - size)
		return -EFBIG;
	int error = make_room(body, budget, body->size + size);
	if (error)
		return error;
	memcpy(body->bytes + body->size, bytes, size);
	body->size += size;
	return 0;
}

void body_drop(struct body *body, struct body_budget *budget)
{
	free(body->bytes);
	atomic_fetch_sub(&budget->bytes, body->room);
	*body = (struct body){0};
}
