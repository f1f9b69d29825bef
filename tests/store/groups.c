/* groups FILE: commits group after group of messages, as many as are asked for on standard input, and says so; with `show`,
 * what waits for bob in that file. For tests that take the file away in the midst of it. */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/db.h"
#include "names.h"

#define BODY 3000

static const struct db_limits limits = {1000000, 1LL << 40, 0, 0};

/* The number, and what makes it long. */
static void
put(struct db *db, int number)
{
	static char body[BODY];
	struct db_message m = {.sender = name_of("alice"), .receiver = name_of("bob"), .time = 1700000000000u + (unsigned)number};

	memset(body, 'a' + number % 26, sizeof body);
	m.body_len = m.text_len = (size_t)snprintf(body, sizeof body, "%d", number);
	body[m.body_len] = ' ';
	m.text = m.body = body;
	m.text_len = m.body_len = sizeof body;
	m.ref = "";
	memcpy(m.id.bytes, &number, sizeof number);
	if (db_put(db, &m) != DB_OK)
		errx(1, "put: %s", db_why(db));
}

static void
commit_groups(struct db *db)
{
	int number = 0, size;

	while (scanf("%d", &size) == 1) {
		if (db_begin(db) < 0)
			errx(1, "begin: %s", db_why(db));
		for (int i = 0; i < size; i++)
			put(db, ++number);
		if (db_commit(db) < 0)
			errx(1, "commit: %s", db_why(db));
		dprintf(STDOUT_FILENO, "committed %d\n", number); /* at once: it is a system call of its own in a trace */
	}
}

static void
show(struct db *db)
{
	struct name bob = name_of("bob");
	enum db_result result = db_missing(db, &bob, 0, INT64_MAX, INT_MAX);
	struct db_message m;

	while (result == DB_OK && (result = db_next(db, &m)) == DB_OK)
		printf("%d%s\n", atoi(m.body), m.body_len == BODY && m.body[BODY - 1] == 'a' + atoi(m.body) % 26 ? "" : " damaged");
	if (result != DB_NONE)
		errx(1, "show: %s", db_why(db));
}

int
main(int argc, char **argv)
{
	struct db *db;
	int fault;

	if (argc < 2)
		errx(64, "usage: groups FILE [show]");
	fault = db_open(&db, argv[1], &limits);
	if (fault)
		errx(1, "fault %d: %s", fault, db_why(db));
	if (argc > 2)
		show(db);
	else
		commit_groups(db);
	db_close(db);
	return 0;
}
