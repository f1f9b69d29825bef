#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/msg.h"
#include "chat/rows.h"
#include "ctl/ctl.h"
#include "store/db.h"

#define USAGE "user list [--json] | add NAME | del NAME"
#define REMOVED_AT_ONCE 200 /* messages in one group, */
#define PAUSE_US 20000      /* and after it the store has its turn */

struct table {
	struct rows_user *rows;
	size_t count, cap;
};

static void
add_row(struct table *t, const struct db_user *user)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->rows = reallocarray(t->rows, t->cap, sizeof *t->rows);
		if (!t->rows)
			exit(EX_OSERR);
	}
	t->rows[t->count++] = (struct rows_user){user->name, user->since, user->messages, user->bytes};
}

static void
print_rows(const struct table *t)
{
	printf("%-16s %-24s  %8s %10s\n", "USER", "SINCE", "PENDING", "BYTES");
	for (size_t i = 0; i < t->count; i++) {
		char since[MSG_TIME_SIZE] = "-";

		if (t->rows[i].since)
			msg_time(since, t->rows[i].since);
		printf("%-16s %-24s  %8lld %10lld\n", t->rows[i].user.text, since, (long long)t->rows[i].messages,
		       (long long)t->rows[i].bytes);
	}
}

static int
list(enum db_result (*query)(struct db *db), bool json)
{
	struct db *db = ctl_attach();
	enum db_result result = query(db);
	struct table t = {0};
	struct buf text = {0};
	struct db_user user;

	while (result == DB_OK && (result = db_next_user(db, &user)) == DB_OK)
		add_row(&t, &user);
	if (result == DB_FAILED || (json && rows_users(&text, t.rows, t.count) < 0))
		ctl_fail(db);
	if (json)
		ctl_print(&text);
	else
		print_rows(&t);
	free(t.rows);
	db_close(db);
	return EX_OK;
}

static int
add(const struct name *user)
{
	struct db *db = ctl_attach();
	enum db_result known;

	if (db_begin(db) < 0)
		ctl_fail(db);
	known = db_user_known(db, user);
	if (known == DB_FAILED || db_user_add(db, user, clock_wall_ms()) != DB_OK ||
	    db_commit(db) < 0)
		ctl_fail(db);
	db_close(db);
	if (known == DB_NONE)
		return EX_OK;
	log_line(LOG_ERR, "%s is known already", user->text);
	return CTL_NO;
}

/* One group: how many messages. */
static int
remove_some(struct db *db, const struct name *user, bool *known)
{
	int count;

	if (db_begin(db) < 0)
		ctl_fail(db);
	*known |= db_user_known(db, user) == DB_OK;
	count = db_user_remove(db, user, REMOVED_AT_ONCE);
	if (count < 0 || db_commit(db) < 0)
		ctl_fail(db);
	return count;
}

/* In groups, so that the store never waits long. She is known until the last one: what was cut short can be done again. */
static int
del(const struct name *user)
{
	long long total = 0;
	bool known = false;
	struct db *db;
	int count;

	if (ctl_online(user)) {
		log_line(LOG_ERR, "%s is connected, and her next message would bring her back: chatctl kick %s", user->text, user->text);
		return CTL_NO;
	}
	db = ctl_attach();
	while ((count = remove_some(db, user, &known)) == REMOVED_AT_ONCE) {
		total += count;
		usleep(PAUSE_US);
	}
	total += count;
	db_close(db);
	if (!known && total == 0) {
		log_line(LOG_ERR, "%s is not known", user->text);
		return CTL_NO;
	}
	printf("removed %s, %lld messages\n", user->text, total);
	return EX_OK;
}

int
ctl_pending(int argc, char **argv)
{
	bool json = ctl_json(&argc, argv);

	if (argc > 0)
		ctl_misuse("pending [--json]");
	return list(db_waiting, json);
}

int
ctl_user(int argc, char **argv)
{
	bool json = ctl_json(&argc, argv);
	struct name user;

	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return list(db_users, json);
	if (argc != 2 || json || name_make(&user, argv[1], strlen(argv[1])) < 0)
		ctl_misuse(USAGE);
	if (strcmp(argv[0], "add") == 0)
		return add(&user);
	if (strcmp(argv[0], "del") == 0)
		return del(&user);
	ctl_misuse(USAGE);
}
