/* What a session waits for, directly or because the store is at it, costs as much with many messages of others as with few. */
#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_place.h"
#include "made.h"
#include "store/statements.h"
#include "unit.h"

#define FEW 200
#define MANY (8 * FEW)
#define SLACK 20 /* steps and pages: trees grow a level, and the search's index has one more part */
#define WORDS 16
#define LATER 1000000000 /* when heavy's messages came, which are not old when the others are */

/*
 * alice and bob have said a little. Of everything else there is much: others who talk, whom each knows and blocks, receipts that
 * wait for them; "heavy" has got a message from each, and read it; for "away" one from each waits, and all of "gone".
 */
static void
fill(struct place *p, int others)
{
	struct db_receipt owed = {.receiver = made_name("heavy"), .status = 1};
	struct db_message m;

	assert_int_equal(db_begin(p->db), 0);
	for (int i = 0; i < 20; i++) {
		char body[32];

		snprintf(body, sizeof body, "common words %d", i);
		m = place_message(p, i & 1 ? "alice" : "bob", i & 1 ? "bob" : "alice", "r", body);
		assert_int_equal(db_put(p->db, &m), DB_OK);
	}
	for (int i = 0; i < others; i++) {
		char name[16], body[256], to[][8] = {"heavy", "away", "away"};
		int n = snprintf(body, sizeof body, "common words");

		snprintf(name, sizeof name, "s%d", i);
		for (int k = 0; k < WORDS; k++)
			n += snprintf(body + n, sizeof body - (size_t)n, " c%dx%d", i, k);
		for (int k = 0; k < 3; k++) {
			m = place_message(p, k == 2 ? "gone" : name, to[k], "r", body);
			m.time += k == 0 ? LATER : 0;
			assert_int_equal(db_put(p->db, &m), DB_OK);
			if (k == 0)
				assert_int_equal(db_delivered(p->db, &m.id, &m.receiver, PLACE_DELIVERED, &(struct db_message){0}), DB_OK);
		}
		owed.id = place_id(50000 + (unsigned)i);
		db_owe(p->db, &(struct name[]){made_name(name)}[0], &owed);
		db_user_add(p->db, &(struct name[]){made_name(name)}[0], PLACE_START);
		db_block(p->db, &(struct name[]){made_name(name)}[0], &(struct name[]){made_name("alice")}[0], true);
		db_delivered(p->db, &owed.id, &(struct name[]){made_name("nobody")}[0], PLACE_DELIVERED, &m); /* comes before its message */
	}
	assert_int_equal(db_commit(p->db), 0);
}

struct row {
	enum statement which;
	const char *what, *values; /* with | between: a number, #n the nth message's id, else a text */
};

static const struct row waited_for[] = {
	{FIND_ID, "a message by its id", "#3"},
	{FIND_ID, "none", "#60000"},
	{FIND_REF, "a message sent again", "alice|r|bob|common words 1"},
	{FIND_REF, "one of many with the same ref", "gone|r|away|other words"},
	{FIND_BLOCK, "", "alice|bob"},
	{FIND_QUOTA, "", "away"},
	{TAKE_EARLY, "", "#60000|bob"},
	{PUT_EARLY, "", "#60000|bob|7"},
	{PUT, "", "#60000|alice bob|alice|bob|r|7|text|body|0"},
	{COUNT_CONVERSATION, "", "alice bob|1"},
	{ADD_PENDING, "", "bob|1|7"},
	{DELIVER, "", "7|7"},
	{READ, "all read before", "bob|alice|20|7"},
	{OWE, "", "alice|#3|bob|1|7|r"},
	{OLDEST_OWED, "none", "alice"},
	{OLDEST_OWED, "one", "s7"},
	{DROP_OWED, "", "7"},
	{ADD_USER, "", "zoe|7"},
	{FIND_USER, "", "s7"},
	{BLOCK, "", "alice|bob"},
	{UNBLOCK, "", "alice|bob"},
	{MISSING, "much came, and nothing waits", "heavy|0|9223372036854775807|65"},
	{MISSING, "a first page of much", "away|0|9223372036854775807|65"},
	{MISSING, "all from some point on", "heavy|50|50|65"},
	{LAST, "", ""},
	{HISTORY, "", "alice bob|9223372036854775807|101"},
	{HISTORY, "a page of much", "away gone|9223372036854775807|101"},
	{SEARCH, "a word that all have", "who : (\"x616C696365\") AND body : (\"common\"*)|101"},
	{SEARCH, "a letter that all have", "who : (\"x616C696365\") AND body : (\"c\"*)|101"},
	{SEARCH, "by somebody who said nothing", "who : (\"x6E6F626F6479\") AND body : (\"words\" \"co\"*)|101"},
	{SEARCH, "a page of much", "who : (\"x61776179\") AND body : (\"w\"*)|101"},
	{BLOCKS, "", "alice"},
	/* the store in its turn */
	{DROP_EARLY, "none is old", "7"},
	{FIND_OLD, "nothing is old", "7"},
	{FIND_OLD, "much is old, but waits", "1700100000000"},
	{FIND_SURPLUS, "none is long", "1000000"},
	{FIND_SURPLUS, "the longest waits", "10"},
	{DROP, "", "7"},
	{DROP_CONVERSATION, "", "alice bob"},
	/* an operator in the store's way */
	{FIND_OF_USER, "nothing is left", "nobody"},
	{FIND_OF_USER, "much is", "away"},
	{DROP_OWED_ALL, "", "bob"},
	{DROP_BLOCKS, "", "bob"},
	{DROP_MAILBOX, "", "bob"},
	{DROP_EARLY_OF, "", "bob"},
	{DROP_USER, "", "bob"},
};

/* Nobody waits for these; or they write so little that it can't be told from what the search's index does at times. */
static const enum statement others[] = {BEGIN, COMMIT, ROLLBACK, TAIL, USERS, WAITING, STATS, PUT_SEARCH, DROP_SEARCH};

static void
bind(sqlite3_stmt *s, const char *values)
{
	int at = 0;

	while (*values) {
		size_t len = strcspn(values, "|");
		char *end;
		long long number = strtoll(values + (*values == '#'), &end, 10);

		at++;
		if (*values == '#')
			sqlite3_bind_blob(s, at, place_id((unsigned)number).bytes, ID_SIZE, SQLITE_TRANSIENT);
		else if (end == values + len)
			sqlite3_bind_int64(s, at, number);
		else
			sqlite3_bind_text(s, at, values, (int)len, SQLITE_STATIC);
		values += len + (values[len] == '|');
	}
	assert_int_equal(at, sqlite3_bind_parameter_count(s));
}

struct work {
	int steps, pages, scanned;
};

static int
pages(sqlite3 *db)
{
	int hits, misses, high;

	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hits, &high, 1);
	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &high, 1);
	return hits + misses;
}

/* Runs a statement to its end, and takes it back. */
static struct work
work(sqlite3 *db, const struct row *row)
{
	struct work w;
	sqlite3_stmt *s;
	int r;

	assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, statements_text[row->which], -1, &s, NULL), SQLITE_OK);
	bind(s, row->values);
	pages(db);
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		;
	assert_int_equal(r, SQLITE_DONE);
	w.steps = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 0);
	w.scanned = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	w.pages = pages(db);
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	return w;
}

static sqlite3 *
open_filled(struct place *p, int others_count)
{
	static const struct db_limits limits = {1000000, 1 << 30, 0, 0};
	sqlite3 *db;

	place_begin(p, &limits);
	fill(p, others_count);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	return db;
}

static void
it_costs_the_same_whatever_there_is_of_others(void **state)
{
	struct place few_place, many_place;
	sqlite3 *few = open_filled(&few_place, FEW), *many = open_filled(&many_place, MANY);
	const struct row *row;

	(void)state;
	EACH(row, waited_for) {
		struct work a, b;

		work(many, row); /* what is read but once is read */
		work(few, row);
		a = work(few, row);
		b = work(many, row);
		unit_row("%.60s...: %s: %d steps, %d pages with few, %d steps, %d pages with many, %d of a scan", statements_text[row->which],
		         row->what, a.steps, a.pages, b.steps, b.pages, b.scanned);
		assert_int_equal(b.scanned, 0);
		assert_true(b.steps <= 2 * a.steps + SLACK);
		assert_true(b.pages <= 2 * a.pages + SLACK);
	}
	sqlite3_close(few);
	sqlite3_close(many);
	place_end(&few_place);
	place_end(&many_place);
}

static void
each_statement_is_one_of_them_or_one_that_nobody_waits_for(void **state)
{
	bool known[STATEMENTS] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(waited_for); i++)
		known[waited_for[i].which] = true;
	for (size_t i = 0; i < COUNT(others); i++)
		known[others[i]] = true;
	for (int i = 0; i < STATEMENTS; i++)
		if (!known[i])
			fail_msg("not looked at: %s", statements_text[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_costs_the_same_whatever_there_is_of_others),
		TEST(each_statement_is_one_of_them_or_one_that_nobody_waits_for),
	};

	return cmocka_run_group_tests_name("db scans", tests, NULL, NULL);
}
