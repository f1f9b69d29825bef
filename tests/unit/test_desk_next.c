/* What a connection asks the store's desk for, in windows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "office.h"
#include "unit.h"

#define WINDOW 64
#define SKEW 64

/* One in which alice has sent bob so many messages. */
static void
begin(struct office *o, unsigned count)
{
	static const struct db_limits plenty = {10000, 64 << 20, 0, 0};

	office_begin(o, &plenty);
	office_login(o, "alice", 7);
	office_login(o, "bob", 9);
	for (unsigned n = 0; n < count; n++)
		office_message(o, "alice", "bob", "", "x");
	buf_clear(&o->line);
}

static void
deliver(struct office *o, unsigned from, unsigned to)
{
	for (unsigned n = from; n <= to; n++)
		office_receipt(o, RECORD_DELIVERED, n, "bob", "alice", 9);
	buf_clear(&o->line);
}

/* Checks that messages `from` to `to` come, then the end of the batch. */
static void
come(struct office *o, unsigned from, unsigned to, const char *batch)
{
	struct buf line = {0};
	char text[64];

	for (unsigned n = from; n <= to; n++)
		buf_add(&line, text, (size_t)snprintf(text, sizeof text, "bob/7 KEPT #%u alice 'x'; ", n));
	buf_add(&line, text, (size_t)snprintf(text, sizeof text, "bob/7 BATCH %s", batch) + 1);
	office_says(o, (const char *)buf_at(&line));
	buf_free(&line);
}

static void
what_waits_comes_in_order_with_who_sent_it(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 2);
	office_message(&o, "bob", "alice", "", "to her");
	office_message(&o, "bob", "bob", "r", "to himself");
	deliver(&o, 1, 1);
	office_next(&o, "bob", 0, 0, 0);
	office_says(&o, "bob/7 KEPT #2 alice 'x'; bob/7 KEPT #4 bob 'to himself'; bob/7 BATCH after=4");
	office_next(&o, "bob", 2, 0, 0);
	office_says(&o, "bob/7 KEPT #4 bob 'to himself'; bob/7 BATCH after=4");
	office_next(&o, "bob", 4, 0, 0);
	office_next(&o, "nobody", 1, 0, 0);
	office_says(&o, "bob/7 BATCH after=4; nobody/7 BATCH after=1");
	office_end(&o);
}

static void
a_window_has_64_messages(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 2 * WINDOW + 1);
	office_next(&o, "bob", 0, 0, 0);
	come(&o, 1, WINDOW, "after=64 more");
	office_next(&o, "bob", WINDOW, 0, 0);
	come(&o, WINDOW + 1, 2 * WINDOW, "after=128 more");
	office_next(&o, "bob", 2 * WINDOW, 0, 0);
	come(&o, 2 * WINDOW + 1, 2 * WINDOW + 1, "after=129");
	deliver(&o, 1, 1);
	office_next(&o, "bob", WINDOW + 1, 0, 0);
	come(&o, WINDOW + 2, 2 * WINDOW + 1, "after=129"); /* just as many as one has */
	office_end(&o);
}

static void
a_window_has_128_kib_and_one_message_at_least(void **state)
{
	static const size_t sizes[] = {60000, 60000, 60000, 200000, 1000};
	struct office o;

	(void)state;
	begin(&o, 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *words = calloc(1, sizes[i] + 1);

		assert_non_null(words);
		memset(words, 'x', sizes[i]);
		office_message(&o, "alice", "bob", "", words);
		free(words);
	}
	buf_clear(&o.line);
	office_next(&o, "bob", 0, 0, 0);
	office_says(&o, "bob/7 KEPT #1 alice 60000 bytes; bob/7 KEPT #2 alice 60000 bytes; bob/7 BATCH after=2 more");
	office_next(&o, "bob", 2, 0, 0);
	office_says(&o, "bob/7 KEPT #3 alice 60000 bytes; bob/7 BATCH after=3 more");
	office_next(&o, "bob", 3, 0, 0);
	office_says(&o, "bob/7 KEPT #4 alice 200000 bytes; bob/7 BATCH after=4 more");
	office_next(&o, "bob", 4, 0, 0);
	office_says(&o, "bob/7 KEPT #5 alice 1000 bytes; bob/7 BATCH after=5");
	office_end(&o);
}

/* Another connection may have read it: this one has not seen it. */
static void
from_a_message_on_all_comes_delivered_or_not(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 150);
	deliver(&o, 1, 149);
	office_next(&o, "bob", 0, 0, 0);
	come(&o, 150, 150, "after=150");
	office_next(&o, "bob", 0, 120, 0);
	come(&o, 120 - SKEW, 120 - 1, "after=119 from=#120 more");
	office_next(&o, "bob", 119, 120, 0);
	come(&o, 120, 150, "after=150 from=#120");
	office_next(&o, "bob", 0, 3, 0); /* there are none so long before it */
	come(&o, 1, WINDOW, "after=64 from=#3 more");
	office_next(&o, "bob", 140, 120, 149);
	come(&o, 141, 150, "after=150 from=#120 want=#149");
	office_end(&o);
}

static void
what_is_waited_for_and_has_not_come_in_makes_the_answer_late(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 3);
	deliver(&o, 1, 3);
	office_next(&o, "bob", 1, 2, 4);
	come(&o, 2, 3, "after=3 from=#2 want=#4 late");
	office_next(&o, "bob", 3, 2, 4);
	come(&o, 1, 0, "after=3 from=#2 want=#4 late");
	office_message(&o, "alice", "bob", "", "x");
	buf_clear(&o.line);
	office_next(&o, "bob", 3, 2, 4);
	come(&o, 4, 4, "after=4 from=#2 want=#4");
	office_next(&o, "bob", 4, 77, 78); /* of neither is anything known */
	come(&o, 1, 0, "after=4 from=#77 want=#78 late");
	office_next(&o, "bob", 2, 77, 3); /* the one before was refused, say */
	come(&o, 3, 4, "after=4 from=#77 want=#3");
	office_end(&o);
}

/* It will never come: nobody is to wait for it. */
static void
what_was_refused_for_good_is_not_waited_for(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 0);
	office_message(&o, "alice", "nobody", "", "x");
	office_message(&o, "alice", "bob", "", "y");
	office_says(&o, "alice/7 REFUSED #1 no_such_user; alice/7 STORED #2 bob");
	office_next(&o, "bob", 2, 1, 1);
	come(&o, 1, 0, "after=2 from=#1 want=#1");
	office_end(&o);
}

static void
what_came_again_under_another_id_is_not_waited_for(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 0);
	office_message(&o, "alice", "bob", "r", "x");
	office_message(&o, "alice", "bob", "r", "x");
	office_says(&o, "alice/7 STORED #1 bob ref=r; alice/7 STORED #2 bob ref=r first=#1");
	office_next(&o, "bob", 0, 2, 2);
	come(&o, 1, 1, "after=1 from=#2 want=#2");
	office_end(&o);
}

static void
what_could_not_be_kept_at_the_time_is_waited_for(void **state)
{
	struct record r;
	struct office o;

	(void)state;
	begin(&o, 0);
	r = office_made(&o, "alice", "bob", "", "x");
	r.link = OFFICE_LINK + 1;
	office_hears(&o, &r, 7);
	office_says(&o, "alice/7 REFUSED #1 unavailable");
	office_next(&o, "bob", 0, 1, 1);
	come(&o, 1, 0, "after=0 from=#1 want=#1 late");
	desk_refuse(&o.desk, &r, &r.sender, 7);
	office_note(&o);
	office_says(&o, "alice/7 REFUSED #1 unavailable");
	office_next(&o, "bob", 0, 1, 1);
	come(&o, 1, 0, "after=0 from=#1 want=#1 late");
	office_end(&o);
}

static void
the_last_1024_that_will_never_come_are_remembered(void **state)
{
	struct office o;

	(void)state;
	begin(&o, 0);
	for (unsigned n = 1; n <= DESK_SETTLED + 1; n++)
		office_message(&o, "alice", "nobody", "", "x");
	buf_clear(&o.line);
	office_next(&o, "bob", 0, 2, 2);
	come(&o, 1, 0, "after=0 from=#2 want=#2");
	office_next(&o, "bob", 0, DESK_SETTLED + 1, DESK_SETTLED + 1);
	come(&o, 1, 0, "after=0 from=#1025 want=#1025");
	office_next(&o, "bob", 0, 1, 1);
	come(&o, 1, 0, "after=0 from=#1 want=#1 late");
	office_end(&o);
}

static void
a_question_that_is_none_gets_no_answer(void **state)
{
	static const char *const payloads[] = {"", "x", "1", "1 - -", "1 - - 0", "-1 - - 0 0", "1 - 123 0 0"}, *const *payload;
	struct office o;

	(void)state;
	begin(&o, 1);
	EACH(payload, payloads) {
		struct record r = {.kind = RECORD_NEXT, .sender = made_name("bob"), .receiver = name_store(), .payload = *payload};

		unit_row("%s", *payload);
		r.payload_len = strlen(*payload);
		office_hears(&o, &r, 9);
		office_says(&o, "");
		desk_refuse(&o.desk, &r, &r.sender, 9);
		office_note(&o);
		office_says(&o, "");
	}
	office_end(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_comes_in_order_with_who_sent_it),
		TEST(a_window_has_64_messages),
		TEST(a_window_has_128_kib_and_one_message_at_least),
		TEST(from_a_message_on_all_comes_delivered_or_not),
		TEST(what_is_waited_for_and_has_not_come_in_makes_the_answer_late),
		TEST(what_was_refused_for_good_is_not_waited_for),
		TEST(what_came_again_under_another_id_is_not_waited_for),
		TEST(what_could_not_be_kept_at_the_time_is_waited_for),
		TEST(the_last_1024_that_will_never_come_are_remembered),
		TEST(a_question_that_is_none_gets_no_answer),
	};

	return cmocka_run_group_tests_name("desk_next", tests, NULL, NULL);
}
