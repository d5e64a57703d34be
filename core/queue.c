/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c -- parcels on their way, oldest first, and who still waits for each. */
#include "core/queue.h"

#include <stdlib.h>

struct entry *queue_make_entry(struct parcel *parcel, uint32_t mask)
{
	struct entry *entry = calloc(1, sizeof *entry);
	if (!entry)
		return NULL;
	entry->parcel = parcel;
	entry->size = sizeof *entry + parcel_size(parcel);
	entry->pending = entry->owed = entry->original = mask;
	return entry;
}

void queue_destroy_entry(struct entry *entry)
{
	agent_release(&entry->body);
	parcel_destroy(entry->parcel);
	free(entry);
}

bool queue_append(struct queue *queue, struct entry *entry)
{
	if (queue->count == QUEUE_ENTRIES_MAX)
		return false;
	queue->entries[queue->count++] = entry;
	queue->bytes += entry->size;
	return true;
}

struct entry *queue_remove(struct queue *queue, size_t index)
{
	struct entry *entry = queue->entries[index];
	queue->bytes -= entry->size;
	queue->count--;
	for (size_t i = index; i < queue->count; i++)
		queue->entries[i] = queue->entries[i + 1];
	return entry;
}

struct entry *queue_find(const struct queue *queue, uint32_t bit)
{
	for (size_t i = 0; i < queue->count; i++)
		if (queue->entries[i]->pending & bit)
			return queue->entries[i];
	return NULL;
}

size_t queue_victim(const struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		if (queue->entries[i]->from_spool)
			return i;
	return 0;
}

bool queue_has_spooled(const struct queue *queue)
{
	return queue->count && queue->entries[queue_victim(queue)]->from_spool;
}
