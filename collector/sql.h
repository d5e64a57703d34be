/* SPDX-License-Identifier: Apache-2.0 */
/* sql.h -- SQLite, as little of it as an index needs. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* [any]    Opens a database for one thread at a time, with a cache of cache_kib; may_write: it is
 *          made when it is missing, and every commit is durable. 0, -EUCLEAN when the file is no
 *          database or damaged, -errno. The caller closes it with sql_close. */
int sql_open(sqlite3 **, const char *path, int may_write, int cache_kib);
/* [any]    NULL is fine. Its statements are finalized. */
void sql_close(sqlite3 *);
/* [any]    Runs statements that answer nothing. 0, -errno. */
int sql_run(sqlite3 *, const char *statements);
/* [any]    Prepares a statement; NULL: it failed. */
sqlite3_stmt *sql_prepare(sqlite3 *, const char *statement);
/* [any]    The statement's next row: 1, 0 when there is none, or -errno. It is reset unless 1. */
int sql_step(sqlite3_stmt *);
/* [any]    Binds the numbers to the parameters from first on. */
void sql_bind_numbers(sqlite3_stmt *, int first, const int64_t *numbers, size_t count);
/* [any]    Binds a text that stays until the next reset; NULL is SQL's NULL. */
void sql_bind_text(sqlite3_stmt *, int at, const char *text);
/* [any]    A column as text, "" for NULL; valid until the next step. */
const char *sql_text(sqlite3_stmt *, int column);
/* [any]    What the last call on this database failed with, as -errno: -ENOSPC when the disk is
 *          full, -EUCLEAN when the database is damaged. */
int sql_error(sqlite3 *);
