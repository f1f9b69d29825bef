#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/msg.h"
#include "chat/rows.h"
#include "ctl/ctl.h"
#include "store/db.h"

#define USAGE "user list [--json] | add NAME [--password] | passwd NAME | del NAME"
#define REMOVED_AT_ONCE 200 /* messages in one group, */
#define PAUSE_US 20000      /* and after it the store has its turn */

struct table {
	struct rows_user *rows;
	size_t count, cap;
};

static void
add_row(struct table *t, const struct db_user *user)
{
	t->rows = array_room(t->rows, t->count, &t->cap, sizeof *t->rows);
	if (!t->rows)
		exit(EX_OSERR);
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

/* What is done to the database is done as its owner; in a process of its own, for what is root's comes after it. */
static int
in_database(int (*work)(const struct name *user), const struct name *user)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		exit(work(user));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return EX_OSERR;
	return WEXITSTATUS(status);
}

/* CTL_NO if she is known already. */
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
	return known == DB_NONE ? EX_OK : CTL_NO;
}

static int
add_alone(const struct name *user)
{
	int status = add(user);

	if (status == CTL_NO)
		log_line(LOG_ERR, "%s is known already", user->text);
	return status;
}

/* The store may know her for long, or there may be none: it is the password that must be new. */
static int
add_with_password(const struct name *user)
{
	char hash[PASSWD_HASH_SIZE];
	int status;

	ctl_ask_password(hash);
	status = ctl_edit_password(PASSWD_ADD, user, hash);
	if (status == CTL_NO)
		log_line(LOG_ERR, "%s has a password already: chatctl user passwd changes it", user->text);
	if (status != EX_OK || !ctl_has_database())
		return status;
	status = in_database(add, user);
	return status == CTL_NO ? EX_OK : status;
}

static int
passwd(const struct name *user)
{
	char hash[PASSWD_HASH_SIZE];
	int status;

	ctl_ask_password(hash);
	status = ctl_edit_password(PASSWD_CHANGE, user, hash);
	if (status == CTL_NO)
		log_line(LOG_ERR, "%s has no password yet: chatctl user add %s --password", user->text, user->text);
	return status;
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

/* In groups, so that the store never waits long. She is known until the last one: what was cut short can be done again. CTL_NO if
 * nobody knows her. */
static int
remove_messages(const struct name *user)
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
	if (!known && total == 0)
		return CTL_NO;
	printf("removed %s, %lld messages\n", user->text, total);
	return EX_OK;
}

/* The password first: she is not to come back while the rest goes. */
static int
del(const struct name *user)
{
	int password = ctl_edit_password(PASSWD_REMOVE, user, NULL), status = CTL_NO;

	if (password != EX_OK && password != CTL_NO)
		return password;
	if (password == EX_OK)
		printf("removed the password of %s\n", user->text);
	fflush(stdout);
	if (password != EX_OK || ctl_has_database())
		status = in_database(remove_messages, user);
	if (status != CTL_NO)
		return status;
	if (password != EX_OK && ctl_has_database())
		log_line(LOG_ERR, "%s is not known", user->text);
	return password;
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
	if (argc < 2 || argc > 3 || json || name_make(&user, argv[1], strlen(argv[1])) < 0)
		ctl_misuse(USAGE);
	if (argc == 3 && strcmp(argv[0], "add") == 0 && strcmp(argv[2], "--password") == 0)
		return add_with_password(&user);
	if (argc != 2)
		ctl_misuse(USAGE);
	if (strcmp(argv[0], "add") == 0)
		return add_alone(&user);
	if (strcmp(argv[0], "passwd") == 0)
		return passwd(&user);
	if (strcmp(argv[0], "del") == 0)
		return del(&user);
	ctl_misuse(USAGE);
}
