/* Groups that fail, and what was sent behind them. */
#include <sqlite3.h>
#include <string.h>

#include "made.h"
#include "office.h"
#include "unit.h"

static void
begin(struct office *o)
{
	office_begin(o, &place_plenty);
	office_login(o, "alice", 7);
	office_login(o, "bob", 9);
	buf_clear(&o->line);
}

/* Sends the next message on a link of that number. */
static void
send(struct office *o, uint32_t link, const char *words)
{
	struct record r = office_made(o, "alice", "bob", "", words);

	r.link = link;
	office_hears(o, &r, 7);
}

static void
nothing_of_a_group_that_failed_has_happened(void **state)
{
	struct office o;

	(void)state;
	begin(&o);
	office_group(&o);
	send(&o, OFFICE_LINK, "a");
	office_login(&o, "carla", 11);
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	office_fail(&o);
	office_says(&o, "");
	assert_false(o.desk.failed);
	place_pending(&o.place, "bob", "");
	office_message(&o, "alice", "carla", "", "who is not known");
	office_says(&o, "alice/7 REFUSED #2 no_such_user");
	office_end(&o);
}

/* What was sent behind it must not be kept before it: the connection is to log in anew, and sends it again in order. */
static void
a_group_that_failed_breaks_the_links(void **state)
{
	struct office o;

	(void)state;
	begin(&o);
	send(&o, OFFICE_LINK, "a");
	office_says(&o, "alice/7 STORED #1 bob");
	office_group(&o);
	office_fail(&o);
	send(&o, OFFICE_LINK, "b");
	office_says(&o, "alice/7 REFUSED #2 unavailable");
	office_login(&o, "alice", 7);
	office_says(&o, "alice/7 BLOCKS (); alice/7 GREETING pending=0 last=1 link=6");
	send(&o, OFFICE_LINK + 1, "c");
	send(&o, OFFICE_LINK, "d");
	office_says(&o, "alice/7 STORED #3 bob; alice/7 REFUSED #4 unavailable");
	place_pending(&o.place, "bob", "a c");
	office_end(&o);
}

static void
no_link_has_the_number_of_none(void **state)
{
	struct office o;

	(void)state;
	begin(&o);
	o.desk.link = UINT32_MAX;
	office_group(&o);
	office_fail(&o);
	office_login(&o, "alice", 7);
	office_says(&o, "alice/7 BLOCKS (); alice/7 GREETING pending=0 last=0 link=1");
	office_end(&o);
}

static void
a_receipt_on_a_broken_link_is_refused_and_not_done(void **state)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = RECORD_DELIVERED, .id = place_id(1), .link = OFFICE_LINK + 7};
	struct office o;

	(void)state;
	begin(&o);
	office_message(&o, "alice", "bob", "", "a");
	buf_clear(&o.line);
	r.sender = made_name("bob");
	r.receiver = made_name("alice");
	office_hears(&o, &r, 9);
	office_says(&o, "bob/9 REFUSED #1 unavailable");
	place_pending(&o.place, "bob", "a");
	r.link = OFFICE_LINK;
	office_hears(&o, &r, 9);
	office_says(&o, "alice/0 DELIVERED #1 bob owed; bob/9 CONFIRMED #1");
	office_end(&o);
}

static void
nobody_is_reminded_of_what_was_not_stored_after_all(void **state)
{
	struct office o;

	(void)state;
	begin(&o);
	office_online("bob");
	send(&o, 0, "a");
	office_group(&o);
	send(&o, 0, "b");
	send(&o, 0, "c");
	office_fail(&o);
	send(&o, 0, "d");
	o.desk.ticks += REMIND_MS;
	buf_clear(&o.line);
	desk_remind(&o.desk);
	office_note(&o);
	office_says(&o, "bob/0 BEHIND #1 alice; bob/0 BEHIND #4 alice");
	office_group(&o);
	send(&o, 0, "e");
	office_fail(&o); /* as the first that is remembered */
	o.desk.ticks += REMIND_MS;
	desk_remind(&o.desk);
	office_note(&o);
	office_says(&o, "");
	office_end(&o);
}

static void
what_needs_an_answer_is_told_that_there_is_none(void **state)
{
	static const struct {
		enum record_kind kind;
		uint32_t link;
		const char *payload, *says;
	} vectors[] = {
		{RECORD_MESSAGE, OFFICE_LINK, "", "alice/7 REFUSED #3 unavailable"},
		{RECORD_MESSAGE, 0, "", "alice/7 REFUSED #3 unavailable"}, /* chatctl has no link */
		{RECORD_RECEIPT, OFFICE_LINK, "", "alice/7 REFUSED #3 unavailable"},
		{RECORD_RECEIPT, 0, "", ""},
		{RECORD_LOGIN, 0, "", ""}, /* asks again */
		{RECORD_NEXT, 0, "5 - - 0 0", "alice/7 BATCH after=5 more late"},
		{RECORD_QUERY, 0, "{\"type\":\"history\",\"with\":\"bob\",\"id\":\"q\"}", "alice/7 ANSWER error code=unavailable ref=q"},
		{RECORD_QUERY, 0, "rubbish", "alice/7 ANSWER error code=unavailable"},
		{RECORD_TYPING, 0, "", ""},
	}, *v;
	struct office o;

	(void)state;
	begin(&o);
	EACH(v, vectors) {
		struct record r = {.kind = v->kind, .link = v->link, .id = place_id(3), .sender = made_name("alice"), .receiver = made_name("bob"), .payload = v->payload};

		unit_row("kind %d, link %u", v->kind, v->link);
		r.payload_len = strlen(v->payload);
		desk_refuse(&o.desk, &r, &r.sender, 7);
		office_note(&o);
		office_says(&o, v->says);
		desk_refuse(&o.desk, &r, &r.sender, DESK_NOBODY);
		office_note(&o);
		office_says(&o, "");
	}
	office_end(&o);
}

/* Breaks the database under the desk, as if a disk had. */
static void
break_database(struct office *o, const char *how)
{
	sqlite3 *other;

	assert_int_equal(sqlite3_open(o->place.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, how, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
}

static void
a_database_that_fails_fails_the_group(void **state)
{
	static const struct {
		const char *how;
		enum record_kind kind;
		unsigned status;
		const char *payload; /* NULL: a message's */
	} vectors[] = {
		{"DROP TABLE user", RECORD_LOGIN, 0, ""},
		{"DROP TABLE mailbox", RECORD_LOGIN, 0, ""},
		{"DROP TABLE message", RECORD_LOGIN, 0, ""},
		{"DROP TABLE block", RECORD_LOGIN, 0, ""},
		{"DROP TABLE owed", RECORD_LOGIN, 0, ""},
		{"DROP TABLE user", RECORD_MESSAGE, 0, NULL},
		{"DROP TABLE message", RECORD_MESSAGE, 0, NULL},
		{"DROP TABLE early", RECORD_MESSAGE, RECORD_HAD, NULL},
		{"CREATE TRIGGER t BEFORE UPDATE OF read ON message BEGIN SELECT raise(ABORT, 'x'); END", RECORD_MESSAGE, 0, NULL},
		{"DROP TABLE mailbox", RECORD_RECEIPT, RECORD_DELIVERED, ""},
		{"DROP TABLE message", RECORD_RECEIPT, RECORD_READ, ""},
		{"DROP TABLE message", RECORD_NEXT, 0, "0 - - 0 0"},
		{"DROP TABLE message", RECORD_NEXT, 0, "0 00000000000000000000000001 00000000000000000000000002 0 0"},
		{"DROP TABLE message", RECORD_QUERY, 0, "{\"type\":\"history\",\"with\":\"bob\"}"},
		{"DROP TABLE message", RECORD_QUERY, 0, "{\"type\":\"history\",\"with\":\"bob\",\"before\":\"00000000000000000000000001\"}"},
		{"DROP TABLE search", RECORD_QUERY, 0, "{\"type\":\"search\",\"text\":\"a\"}"},
		{"DROP TABLE block", RECORD_QUERY, 0, "{\"type\":\"block\",\"user\":\"eve\"}"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct office o;
		struct record r;

		unit_row("%s, kind %d, %s", v->how, v->kind, v->payload ? v->payload : "a message");
		begin(&o);
		office_message(&o, "bob", "alice", "", "a");
		office_receipt(&o, RECORD_READ, 2, "bob", "alice", 9); /* of the next */
		buf_clear(&o.line);
		break_database(&o, v->how);
		r = office_made(&o, "alice", "bob", "", "b");
		r.kind = v->kind;
		r.status = (uint8_t)v->status;
		if (v->payload)
			r.payload_len = strlen(v->payload);
		if (v->payload)
			r.payload = v->payload;
		if (v->kind == RECORD_RECEIPT)
			r.id = place_id(1);
		office_group(&o);
		desk_record(&o.desk, &r, &r.receiver, 7);
		assert_true(o.desk.failed);
		office_fail(&o);
		assert_false(o.desk.failed);
		office_says(&o, "");
		office_end(&o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_of_a_group_that_failed_has_happened),
		TEST(a_group_that_failed_breaks_the_links),
		TEST(no_link_has_the_number_of_none),
		TEST(a_receipt_on_a_broken_link_is_refused_and_not_done),
		TEST(nobody_is_reminded_of_what_was_not_stored_after_all),
		TEST(what_needs_an_answer_is_told_that_there_is_none),
		TEST(a_database_that_fails_fails_the_group),
	};

	return cmocka_run_group_tests_name("desk_fail", tests, NULL, NULL);
}
