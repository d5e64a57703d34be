/* SPDX-License-Identifier: Apache-2.0 */
/* sql.c -- SQLite, as little of it as an index needs. */
#include "collector/sql.h"

#include <errno.h>
#include <stdio.h>

enum {
	BUSY_MS = 10000, /* how long a checkpoint of the other connection may take */
};

int sql_error(sqlite3 *db)
{
	switch (db ? sqlite3_errcode(db) : SQLITE_NOMEM) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a table is missing: it is not ours, or half of it */
		return -EUCLEAN;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return sqlite3_system_errno(db) ? -sqlite3_system_errno(db) : -EIO;
	default:
		return -EIO;
	}
}

int sql_run(sqlite3 *db, const char *statements)
{
	return sqlite3_exec(db, statements, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(db);
}

/* synchronous=FULL: a commit that was told of is on the disk. */
static int prepare_database(sqlite3 *db, int may_write, int cache_kib)
{
	char cache[64];
	snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY;",
		 cache_kib);
	int error = sql_run(db, cache);
	if (!error && may_write)
		error = sql_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				    "PRAGMA journal_size_limit=8388608;");
	return error;
}

int sql_open(sqlite3 **db, const char *path, int may_write, int cache_kib)
{
	int flags =
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (may_write ? SQLITE_OPEN_CREATE : 0);
	int error = 0;
	if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK)
		error = sql_error(*db);
	if (!error) {
		sqlite3_busy_timeout(*db, BUSY_MS);
		error = prepare_database(*db, may_write, cache_kib);
	}
	if (error) {
		sql_close(*db);
		*db = NULL;
	}
	return error;
}

void sql_close(sqlite3 *db)
{
	sqlite3_stmt *statement;
	while (db && (statement = sqlite3_next_stmt(db, NULL)))
		sqlite3_finalize(statement);
	sqlite3_close(db);
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK)
		return NULL;
	return statement;
}

int sql_step(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	int error = code == SQLITE_DONE ? 0 : sql_error(sqlite3_db_handle(statement));
	sqlite3_reset(statement);
	return error;
}

void sql_bind_numbers(sqlite3_stmt *statement, int first, const int64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sqlite3_bind_int64(statement, first + (int)i, numbers[i]);
}

void sql_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

const char *sql_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);
	return text ? (const char *)text : "";
}
