/* SPDX-License-Identifier: Apache-2.0 */
/* partition_codex.c -- what one day has in memory for its compact records, and what has none yet.
 */
#include "collector/partition.h"

#include "collector/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	REST_S = 60, /* without use, until memory is given back */
};

int partition_codex(struct partition *partition, const char *service, uint64_t seed,
		    struct codex **out)
{
	int error = 0;
	pthread_mutex_lock(&partition->coding);
	struct codex *codex = partition->codices;
	while (codex && strcmp(codex->service, service) != 0)
		codex = codex->next;
	if (!codex) {
		error = codex_open(&codex, partition->directory, service, seed);
		if (!error) {
			codex->next = partition->codices;
			partition->codices = codex;
		}
	}
	if (!error) {
		codex->used_ns = moment_now();
		codex->references++;
		*out = codex;
	}
	pthread_mutex_unlock(&partition->coding);
	return error;
}

static void rest_codices(struct partition *partition, int64_t before_ns)
{
	pthread_mutex_lock(&partition->coding);
	for (struct codex **at = &partition->codices; *at;) {
		struct codex *codex = *at;
		if (codex->references > 1 || codex->used_ns > before_ns) {
			at = &codex->next;
			continue;
		}
		*at = codex->next;
		codex_release(codex);
	}
	pthread_mutex_unlock(&partition->coding);
}

void partition_rest(struct partition *partition)
{
	int64_t before_ns = moment_now() - REST_S * MOMENT_SECOND;
	rest_codices(partition, before_ns);
	pthread_mutex_lock(&partition->reading);
	if (partition->reader && partition->read_ns < before_ns) {
		sql_close(partition->reader);
		partition->reader = NULL;
	}
	pthread_mutex_unlock(&partition->reading);
}

int partition_find_raw(struct partition *partition, struct partition_raw *raw, size_t count)
{
	const int64_t most = (int64_t)count;
	int found = 0;
	pthread_mutex_lock(&partition->reading);
	int got = partition_open_reader(partition);
	if (!got)
		sql_bind_numbers(partition->find_raw, 1, &most, 1);
	while (!got && (got = sql_step(partition->find_raw)) > 0) {
		sqlite3_stmt *row = partition->find_raw;
		raw[found++] = (struct partition_raw){
			.row = sqlite3_column_int64(row, 0),
			.place = {.segment = sqlite3_column_int64(row, 1),
				  .begin = sqlite3_column_int64(row, 2)},
			.arrived_ns = sqlite3_column_int64(row, 3),
		};
		got = 0;
	}
	pthread_mutex_unlock(&partition->reading);
	return got < 0 ? got : found;
}

int partition_is_compacted(struct partition *partition, uint32_t number)
{
	sqlite3_stmt *find =
		sql_prepare(partition->writer, "SELECT 1 FROM profile WHERE segment = ?1"
					       " AND compact <= 0 LIMIT 1");
	const int64_t segment = number;
	if (!find)
		return sql_error(partition->writer);
	sql_bind_numbers(find, 1, &segment, 1);
	int got = sql_step(find);
	sqlite3_finalize(find);
	return got < 0 ? got : got == 0;
}
