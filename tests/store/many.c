/* many FILE COUNT: COUNT messages that wait for bob, as chat-store would have kept them. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "chat/msg.h"
#include "store/db.h"
#include "names.h"

#define GROUP 5000
#define BEGAN 1700000000000u

static const struct db_limits limits = {10000000, 1LL << 40, 0, 0};

/* A message's number is in its id: they sort as they came. */
static void
put(struct db *db, struct buf *text, int number)
{
	char body[32];
	struct db_message m = {.sender = name_of("alice"), .receiver = name_of("bob"), .time = BEGAN + (unsigned)number, .ref = ""};

	for (int i = 0; i < 6; i++)
		m.id.bytes[i] = (unsigned char)(m.time >> (40 - 8 * i));
	for (int i = 6; i < ID_SIZE; i++) /* the random part, which no two share */
		m.id.bytes[i] = (unsigned char)(((unsigned)number * 2654435761u) >> (i % 4 * 8));
	m.body = body;
	m.body_len = (size_t)snprintf(body, sizeof body, "words %d", number);
	buf_clear(text);
	if (msg_private(text, &m.id, &m.sender, &m.receiver, body, m.time) < 0)
		errx(1, "no memory");
	m.text = (const char *)buf_at(text);
	m.text_len = buf_len(text);
	if (db_put(db, &m) != DB_OK)
		errx(1, "put: %s", db_why(db));
}

int
main(int argc, char **argv)
{
	const struct name alice = name_of("alice"), bob = name_of("bob");
	struct buf text = {0};
	struct db *db;

	if (argc != 3)
		errx(64, "usage: many FILE COUNT");
	if (db_open(&db, argv[1], &limits))
		errx(1, "%s", db_why(db));
	for (int number = 0, count = atoi(argv[2]); number < count;) {
		if (db_begin(db) < 0 || db_user_add(db, &alice, BEGAN) == DB_FAILED || db_user_add(db, &bob, BEGAN) == DB_FAILED)
			errx(1, "begin: %s", db_why(db));
		for (int i = 0; i < GROUP && number < count; i++)
			put(db, &text, number++);
		if (db_commit(db) < 0)
			errx(1, "commit: %s", db_why(db));
	}
	db_close(db);
	buf_free(&text);
	return 0;
}
