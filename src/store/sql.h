#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "store/statements.h"

/*
 * The statements over one database file. One file knows SQLite: the one behind this port. Functions that return int give 0
 * or -1 with sql_why, sql_next besides 1 for a row.
 */
struct sql;
struct sqlite3_stmt;

#define SQL_WHY_SIZE 256

enum sql_fault {
	SQL_BUSY = 1, /* another process has it */
	SQL_NEWER,    /* its schema is that of a later version, or it is another program's */
	SQL_DAMAGED,
	SQL_UNUSABLE,
	SQL_MISSING,
	SQL_OLDER, /* its schema is that of an earlier version: whoever owns it brings it up to date */
	SQL_FULL,  /* a copy can't be written */
};

/* Opens the file, makes it, or brings its schema up to date. 0 or an enum sql_fault: then *sql is there for sql_why, and to
 * be closed. NULL in *sql: no memory. */
int sql_open(struct sql **sql, const char *path);
/* Opens a file that is there and up to date, beside the process that owns it. */
int sql_attach(struct sql **sql, const char *path);
void sql_close(struct sql *sql);
const char *sql_why(const struct sql *sql);

/* A transaction is open. */
int sql_in_transaction(const struct sql *sql);

/* A statement, with nothing bound. Parameters and columns are counted from 1 and from 0, as SQLite does. What is bound
 * must stay until the statement is got again; texts may be NULL if `len` is 0. */
struct sqlite3_stmt *sql_get(struct sql *sql, enum statement which);
void sql_bind_number(struct sqlite3_stmt *s, int i, int64_t number);
void sql_bind_text(struct sqlite3_stmt *s, int i, const char *text, size_t len);
void sql_bind_bytes(struct sqlite3_stmt *s, int i, const void *data, size_t len);

/* The next row of a statement: 1; 0 at its end. Its columns are good until the statement's next step. */
int sql_next(struct sql *sql, struct sqlite3_stmt *s);
int64_t sql_number(struct sqlite3_stmt *s, int i);
const char *sql_text(struct sqlite3_stmt *s, int i, size_t *len);

/* Runs a statement whose rows, if any, don't matter; ends one whose rest doesn't. */
int sql_run(struct sql *sql, struct sqlite3_stmt *s);
void sql_end(struct sqlite3_stmt *s);

/* Ends all: one that still stands at a row holds the log, which then is never written back, and grows for ever. */
void sql_end_all(struct sql *sql);

/* Ends a transaction as if it had never been; sql_why stays what it was. */
void sql_roll_back(struct sql *sql);

/* After sql_run: the number of rows that were changed; the row that was put in. */
int64_t sql_changed(const struct sql *sql);
int64_t sql_inserted(const struct sql *sql);

/* A copy of a whole database, made while that is in use, whoever has it: the file `to`, which is there and empty, is opened,
 * if there is no link on the way, and then filled, which may be by a user who could not have opened it. 0 or an enum sql_fault, as above; sql_close is due. */
int sql_copy_open(struct sql **copy, const char *to);
int sql_copy_fill(struct sql *copy, const char *path);

#endif
