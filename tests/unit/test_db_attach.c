/* A second process at the database: what an operator asks, and what opening refuses. */
#include "store/db.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db_place.h"
#include "made.h"
#include "unit.h"

static struct db *
attach(const struct place *p)
{
	struct db *db;
	int fault = db_attach(&db, p->path);

	if (fault)
		fail_msg("fault %d: %s", fault, db_why(db));
	return db;
}

static void
fault_is(const char *path, int fault)
{
	struct db *db;

	assert_int_equal(db_attach(&db, path), fault);
	assert_true(*db_why(db));
	db_close(db);
}

static void
it_is_beside_the_store(void **state)
{
	struct place p, other;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "one");
	other = p;
	other.db = attach(&p);
	place_pending(&other, "bob", "one");
	place_put(&p, "alice", "bob", "", "two");
	place_pending(&other, "bob", "one two");
	db_close(other.db);
	place_end(&p);
}

static void
what_can_t_be_used_is_said(void **state)
{
	static const char garbage[4096] = "this is no database at all";
	struct place p;
	char none[112];

	(void)state;
	place_begin(&p, &place_plenty);
	snprintf(none, sizeof none, "%s/none", p.folder);
	fault_is(none, DB_MISSING);
	assert_int_equal(access(none, F_OK), -1);
	place_write(none, "", 0, 0);
	fault_is(none, DB_OLDER);
	db_close(p.db);
	p.db = NULL;
	place_write(p.path, (uint8_t[4]){0, 0, 0, 99}, 4, 60); /* user_version */
	fault_is(p.path, DB_NEWER);
	place_write(p.path, (uint8_t[4]){0, 0, 0, 0}, 4, 60);
	fault_is(p.path, DB_OLDER);
	place_write(p.path, (uint8_t[4]){0, 0, 0, 99}, 4, 68); /* application_id */
	fault_is(p.path, DB_NEWER);
	place_write(p.path, garbage, sizeof garbage, 0);
	fault_is(p.path, DB_DAMAGED);
	place_end(&p);
}

static void
tail_is(struct place *p, const char *user, const char *with, int limit, const char *expected)
{
	struct name name = made_name(user), other = made_name(with ? with : "x");

	place_rows(p, db_tail(p->db, &name, with ? &other : NULL, limit), expected);
}

static void
the_tail_is_the_newest_with_the_newest_last(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "a");
	place_put(&p, "carla", "alice", "", "b");
	place_put(&p, "carla", "bob", "", "c");
	place_put(&p, "bob", "alice", "", "d");
	tail_is(&p, "alice", NULL, 10, "a b d");
	tail_is(&p, "alice", NULL, 2, "b d");
	tail_is(&p, "alice", "bob", 10, "a d");
	tail_is(&p, "dora", NULL, 10, "");
	place_end(&p);
}

static void
user_is(struct db *db, const char *name, uint64_t since, int64_t messages, int64_t bytes)
{
	struct db_user user;

	assert_int_equal(db_next_user(db, &user), DB_OK);
	assert_string_equal(user.name.text, name);
	assert_int_equal(user.since, since);
	assert_int_equal(user.messages, messages);
	assert_int_equal(user.bytes, bytes);
}

static void
users_and_what_waits_are_counted(void **state)
{
	struct name alice = made_name("alice");
	struct db_stats s;
	struct db_user none;
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(db_stats(p.db, &s), DB_OK);
	assert_true(s.users == 0 && s.messages == 0 && s.pending == 0 && s.bytes > 0 && s.oldest == 0 && s.newest == 0);
	db_begin(p.db);
	assert_int_equal(db_user_add(p.db, &alice, 5), DB_OK);
	db_commit(p.db);
	place_put(&p, "alice", "bob", "", "1234");
	place_put(&p, "alice", "bob", "", "12");
	place_put(&p, "bob", "alice", "", "1");
	place_deliver(&p, 3, "alice");
	assert_int_equal(db_users(p.db), DB_OK);
	user_is(p.db, "alice", 5, 0, 0);
	assert_int_equal(db_next_user(p.db, &none), DB_NONE);
	assert_int_equal(db_waiting(p.db), DB_OK);
	user_is(p.db, "bob", 0, 2, 6);
	assert_int_equal(db_next_user(p.db, &none), DB_NONE);
	assert_int_equal(db_stats(p.db, &s), DB_OK);
	assert_true(s.users == 1 && s.messages == 3 && s.pending == 2 && s.oldest == PLACE_START + 1 && s.newest == PLACE_START + 3);
	place_end(&p);
}

static void
a_user_removed_beside_the_store_is_not_found_any_more(void **state)
{
	struct name bob = made_name("bob");
	struct place p, other;
	int count = 2;

	(void)state;
	place_begin(&p, &place_plenty);
	for (int i = 0; i < 5; i++)
		place_put(&p, i % 2 ? "alice" : "bob", i % 2 ? "bob" : "alice", "", "secret");
	place_put(&p, "alice", "bobby", "", "kept secret");
	other = p;
	other.db = attach(&p);
	while (count == 2) {
		assert_int_equal(db_begin(other.db), 0);
		count = db_user_remove(other.db, &bob, 2);
		assert_int_equal(db_commit(other.db), 0);
	}
	assert_int_equal(count, 1);
	place_search(&p, "bob", NULL, "secret", "");
	place_search(&p, "alice", NULL, "secret", "kept secret");
	place_pending_count(&p, "bob", 0, 0);
	place_pending_count(&p, "alice", 0, 0);
	db_close(other.db);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_beside_the_store),
		TEST(what_can_t_be_used_is_said),
		TEST(the_tail_is_the_newest_with_the_newest_last),
		TEST(users_and_what_waits_are_counted),
		TEST(a_user_removed_beside_the_store_is_not_found_any_more),
	};

	return cmocka_run_group_tests_name("db attach", tests, NULL, NULL);
}
