/* old FILE COUNT: a database of version 1, made by the statements of that version, with COUNT messages from alice to bob, the first
 * half of which have been read; it was in use until just now. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "chat/msg.h"
#include "store/statements.h"
#include "names.h"

#define BEGAN 1700000000000u

static void
run(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", text, sqlite3_errmsg(db));
}

/* As version 1 kept a message. */
static void
put(sqlite3 *db, sqlite3_stmt *message, sqlite3_stmt *search, int number, bool delivered)
{
	struct name alice = name_of("alice"), bob = name_of("bob");
	uint64_t time = BEGAN + (unsigned)number;
	struct buf text = {0};
	struct id id = {{0}};
	char body[64], ref[16];

	snprintf(body, sizeof body, "words %d, since version 1", number);
	snprintf(ref, sizeof ref, "r%d", number);
	memcpy(id.bytes + 8, &number, sizeof number);
	if (msg_private(&text, &id, &alice, &bob, body, time) < 0)
		errx(1, "no memory");
	sqlite3_bind_blob(message, 1, id.bytes, ID_SIZE, SQLITE_TRANSIENT);
	sqlite3_bind_text(message, 2, ref, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(message, 3, (sqlite3_int64)time);
	sqlite3_bind_text(message, 4, (const char *)buf_at(&text), (int)buf_len(&text), SQLITE_TRANSIENT);
	sqlite3_bind_text(message, 5, body, -1, SQLITE_TRANSIENT);
	if (delivered)
		sqlite3_bind_int64(message, 6, (sqlite3_int64)time);
	if (sqlite3_step(message) != SQLITE_DONE)
		errx(1, "%s", sqlite3_errmsg(db));
	sqlite3_bind_int64(search, 1, sqlite3_last_insert_rowid(db));
	sqlite3_bind_text(search, 2, body, -1, SQLITE_TRANSIENT);
	if (sqlite3_step(search) != SQLITE_DONE)
		errx(1, "%s", sqlite3_errmsg(db));
	sqlite3_reset(message);
	sqlite3_clear_bindings(message);
	sqlite3_reset(search);
	buf_free(&text);
}

static void
fill(sqlite3 *db, int count)
{
	sqlite3_stmt *message, *search;
	char counted[256];

	if (sqlite3_prepare_v2(db, "INSERT INTO message (id, pair, sender, receiver, ref, time, text, body, delivered)"
	                           " VALUES (?1, 'alice bob', 'alice', 'bob', ?2, ?3, ?4, ?5, ?6)", -1, &message, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "INSERT INTO search (rowid, body) VALUES (?1, ?2)", -1, &search, NULL) != SQLITE_OK)
		errx(1, "%s", sqlite3_errmsg(db));
	for (int number = 1; number <= count; number++)
		put(db, message, search, number, number <= count / 2);
	sqlite3_finalize(message);
	sqlite3_finalize(search);
	snprintf(counted, sizeof counted, "INSERT INTO conversation VALUES ('alice bob', %d), ('bob carla', 0);"
	         "INSERT INTO mailbox VALUES ('bob', %d, 1); INSERT INTO user VALUES ('alice', 1), ('bob', 1)", count, count - count / 2);
	run(db, counted);
}

int
main(int argc, char **argv)
{
	sqlite3 *db;

	if (argc != 3)
		errx(64, "usage: old FILE COUNT");
	if (sqlite3_open(argv[1], &db) != SQLITE_OK)
		errx(1, "%s", sqlite3_errmsg(db));
	run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; BEGIN");
	run(db, statements_migrations[0]);
	run(db, "PRAGMA user_version=1; PRAGMA application_id=0x63686174");
	fill(db, atoi(argv[2]));
	run(db, "COMMIT");
	_Exit(0); /* with a log that has not been written back */
}
