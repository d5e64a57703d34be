/* SPDX-License-Identifier: Apache-2.0 */
/* partition_codex.c -- what one day has in memory for its compact records, and what has none yet.
 */
#include "collector/partition.h"

#include "collector/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	REST_S = 60,	/* without use, until memory is given back */
	UNUSED_MAX = 4, /* codices that nobody uses and that are kept for the next one */
};

/* Too many that nobody uses: the one goes that was not used for longest. Under coding. */
static void evict(struct partition *partition)
{
	struct codex **oldest = NULL;
	size_t unused = 0;
	for (struct codex **at = &partition->codices; *at; at = &(*at)->next) {
		if ((*at)->references > 1)
			continue;
		unused++;
		if (!oldest || (*at)->used_ns < (*oldest)->used_ns)
			oldest = at;
	}
	if (unused <= UNUSED_MAX)
		return;
	struct codex *codex = *oldest;
	*oldest = codex->next;
	codex_release(codex);
}

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
		evict(partition);
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

static int collect_raw(sqlite3_stmt *find, struct partition_raw *raw)
{
	int found = 0, got;
	while ((got = sql_step(find)) > 0)
		raw[found++] = (struct partition_raw){
			.row = sqlite3_column_int64(find, 0),
			.place = {.segment = sqlite3_column_int64(find, 1),
				  .begin = sqlite3_column_int64(find, 2)},
			.arrived_ns = sqlite3_column_int64(find, 3),
		};
	return got < 0 ? got : found;
}

int partition_find_raw(struct partition *partition, int64_t before_ns, struct partition_raw *raw,
		       size_t count)
{
	const int64_t most = (int64_t)count;
	int found = 0;
	pthread_mutex_lock(&partition->reading);
	int got = partition_open_reader(partition);
	if (!got)
		got = sql_step(partition->find_oldest_raw);
	if (got > 0) {
		int64_t arrived_ns = sqlite3_column_int64(partition->find_oldest_raw, 0);
		sql_bind_text(partition->find_raw, 1, sql_text(partition->find_oldest_raw, 1));
		sql_bind_numbers(partition->find_raw, 2, &most, 1);
		found = collect_raw(partition->find_raw, raw);
		sqlite3_reset(partition->find_oldest_raw);
		if (found > 0 && (size_t)found < count && arrived_ns > before_ns)
			found = 0;
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
