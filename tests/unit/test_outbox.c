#include "session/outbox.h"

#include "made.h"
#include "unit.h"

static struct id
id_of(unsigned n)
{
	struct id id = {{0}};

	for (size_t i = 0; i < sizeof n; i++)
		id.bytes[ID_SIZE - 1 - i] = (uint8_t)(n >> (8 * i));
	return id;
}

/* An entry that waits for a few connections, the last of which is 0. */
static void
add(struct outbox *out, unsigned n, const pid_t *pids)
{
	struct outbox_entry *entry = outbox_add(out);

	assert_non_null(entry);
	assert_int_equal(entry->waiting, 0);
	assert_false(entry->done);
	assert_int_equal(entry->error, MSG_OK);
	assert_int_equal(entry->ref[0], 0);
	entry->id = id_of(n);
	while (*pids)
		entry->pids[entry->waiting++] = *pids++;
}

static struct outbox_entry *
find(struct outbox *out, unsigned n, pid_t pid)
{
	struct id id = id_of(n);

	return outbox_find(out, &id, pid);
}

static void
an_empty_one_finds_nothing_and_holds_no_memory(void **state)
{
	struct outbox out = {0};
	size_t at = 0;

	(void)state;
	assert_null(find(&out, 1, 7));
	assert_null(outbox_next(&out, &at, 7));
	assert_null(outbox_oldest(&out));
	assert_null(out.entries);
	outbox_free(&out);
}

static void
an_entry_is_found_by_id_for_those_it_waits_for(void **state)
{
	struct outbox out = {0};

	(void)state;
	for (unsigned n = 10; n < 200; n += 10)
		add(&out, n, (pid_t[]){7, (pid_t)n, 0});
	for (unsigned n = 0; n < 210; n++) {
		bool there = n % 10 == 0 && n >= 10 && n < 200;

		unit_row("%u", n);
		assert_int_equal(find(&out, n, 7) != NULL, there);
		assert_int_equal(find(&out, n, (pid_t)n) != NULL, there);
		assert_null(find(&out, n, 8));
		assert_null(find(&out, n, 0));
		if (there)
			assert_memory_equal(find(&out, n, 7)->id.bytes, id_of(n).bytes, ID_SIZE);
	}
	unit_rows_done();
	outbox_free(&out);
}

static void
what_is_done_is_not_found_again(void **state)
{
	struct outbox out = {0};
	size_t at = 0;

	(void)state;
	for (unsigned n = 1; n <= 5; n++)
		add(&out, n, (pid_t[]){7, 8, 0});
	outbox_done(&out, find(&out, 3, 7));
	assert_null(find(&out, 3, 7));
	assert_null(find(&out, 3, 8));
	assert_int_equal(out.count, 5);
	outbox_done(&out, find(&out, 1, 8));
	assert_null(find(&out, 1, 7));
	assert_int_equal(out.count, 4);
	assert_memory_equal(outbox_oldest(&out)->id.bytes, id_of(2).bytes, ID_SIZE);
	outbox_done(&out, find(&out, 2, 7));
	assert_int_equal(out.count, 2);
	assert_memory_equal(outbox_oldest(&out)->id.bytes, id_of(4).bytes, ID_SIZE);
	assert_memory_equal(outbox_next(&out, &at, 8)->id.bytes, id_of(4).bytes, ID_SIZE);
	assert_memory_equal(outbox_next(&out, &at, 8)->id.bytes, id_of(5).bytes, ID_SIZE);
	assert_null(outbox_next(&out, &at, 8));
	outbox_done(&out, find(&out, 5, 7));
	outbox_done(&out, find(&out, 4, 7));
	assert_int_equal(out.count, 0);
	assert_null(outbox_oldest(&out));
	outbox_free(&out);
}

static void
those_that_wait_for_a_connection_come_in_order(void **state)
{
	struct outbox out = {0};
	size_t at = 0;

	(void)state;
	for (unsigned n = 1; n <= 30; n++)
		add(&out, n, n % 3 == 0 ? (pid_t[]){7, 0} : n % 3 == 1 ? (pid_t[]){8, 7, 9, 0} : (pid_t[]){9, 0});
	for (unsigned n = 1; n <= 30; n++) {
		struct outbox_entry *entry;

		if (n % 3 == 2)
			continue;
		entry = outbox_next(&out, &at, 7);
		assert_non_null(entry);
		assert_memory_equal(entry->id.bytes, id_of(n).bytes, ID_SIZE);
	}
	assert_null(outbox_next(&out, &at, 7));
	outbox_free(&out);
}

static void
it_is_given_up_when_the_last_connection_gives_up(void **state)
{
	struct outbox out = {0};
	struct outbox_entry *entry;

	(void)state;
	add(&out, 1, (pid_t[]){7, 8, 9, 0});
	entry = find(&out, 1, 7);
	assert_false(outbox_give_up(entry, 8, MSG_RECEIVER_OFFLINE));
	assert_null(find(&out, 1, 8));
	assert_ptr_equal(find(&out, 1, 7), entry);
	assert_ptr_equal(find(&out, 1, 9), entry);
	assert_false(outbox_give_up(entry, 7, MSG_RECEIVER_OFFLINE));
	assert_false(outbox_give_up(entry, 7, MSG_RECEIVER_OFFLINE));
	assert_true(outbox_give_up(entry, 9, MSG_RECEIVER_OFFLINE));
	assert_int_equal(entry->error, MSG_RECEIVER_OFFLINE);
	outbox_free(&out);
}

static void
any_other_error_counts_more_than_offline(void **state)
{
	static const struct {
		enum msg_error first, second, error;
	} vectors[] = {
		{MSG_RECEIVER_OFFLINE, MSG_RECEIVER_OFFLINE, MSG_RECEIVER_OFFLINE},
		{MSG_RECEIVER_OFFLINE, MSG_UNAVAILABLE, MSG_UNAVAILABLE},
		{MSG_UNAVAILABLE, MSG_RECEIVER_OFFLINE, MSG_UNAVAILABLE},
		{MSG_BLOCKED, MSG_RECEIVER_OFFLINE, MSG_BLOCKED},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct outbox out = {0};
		struct outbox_entry *entry;

		unit_row("%s and %s", msg_error_name(v->first), msg_error_name(v->second));
		add(&out, 1, (pid_t[]){7, 8, 0});
		entry = find(&out, 1, 7);
		assert_false(outbox_give_up(entry, 7, v->first));
		assert_true(outbox_give_up(entry, 8, v->second));
		assert_int_equal(entry->error, v->error);
		outbox_free(&out);
	}
}

static void
it_takes_2048_and_no_more_until_the_oldest_is_done(void **state)
{
	struct outbox out = {0};

	(void)state;
	for (unsigned n = 0; n < OUTBOX_MAX; n++)
		add(&out, n, (pid_t[]){7, 0});
	assert_null(outbox_add(&out));
	outbox_done(&out, find(&out, 1, 7));
	assert_null(outbox_add(&out));
	outbox_done(&out, find(&out, 0, 7));
	assert_int_equal(out.count, OUTBOX_MAX - 2);
	add(&out, OUTBOX_MAX, (pid_t[]){7, 0});
	add(&out, OUTBOX_MAX + 1, (pid_t[]){7, 0});
	assert_null(outbox_add(&out));
	for (unsigned n = 2; n < OUTBOX_MAX + 2; n++)
		assert_non_null(find(&out, n, 7));
	outbox_free(&out);
	assert_null(out.entries);
}

static void
entries_are_found_wherever_the_ring_starts_when_it_grows(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 40; shift++) {
		struct outbox out = {0};
		unsigned added = 0, oldest = 0;

		for (; added < shift; oldest++) {
			add(&out, added++, (pid_t[]){7, 0});
			outbox_done(&out, find(&out, oldest, 7));
		}
		while (added < shift + 200) {
			add(&out, added++, (pid_t[]){7, 0});
			if (added % 3 == 0)
				outbox_done(&out, find(&out, oldest++, 7));
			for (unsigned n = oldest; n < added; n++)
				assert_non_null(find(&out, n, 7));
			assert_int_equal(out.count, added - oldest);
		}
		outbox_free(&out);
	}
}

/* An entry that the store is to have, too; the payload of its record is `n` bytes. */
static void
keep(struct outbox *out, unsigned n)
{
	struct record r = {.kind = RECORD_MESSAGE, .status = RECORD_KEEPING, .id = id_of(n), .sender = made_name("alice"), .receiver = made_name("bob")};
	static const char payload[256];

	r.payload = payload;
	r.payload_len = n;
	add(out, n, (pid_t[]){7, 0});
	assert_int_equal(outbox_keep(out, find(out, n, 7), &r), 0);
}

/* Checks those that the store is to have; those that it was not sent, which then it was. */
static void
are_kept(struct outbox *out, const unsigned *expected)
{
	struct outbox_entry *entry;
	size_t at = 0;

	while ((entry = outbox_next_kept(out, &at))) {
		struct record r;

		assert_memory_equal(entry->id.bytes, id_of(*expected).bytes, ID_SIZE);
		assert_ptr_equal(outbox_find_kept(out, &entry->id), entry);
		assert_int_equal(record_decode(&r, entry->kept, entry->kept_len), entry->kept_len);
		assert_memory_equal(r.id.bytes, entry->id.bytes, ID_SIZE);
		assert_int_equal(r.payload_len, *expected++);
	}
	assert_int_equal(*expected, 0);
}

static void
are_unsent(struct outbox *out, const unsigned *expected)
{
	struct outbox_entry *entry;

	while ((entry = outbox_unsent(out))) {
		assert_memory_equal(entry->id.bytes, id_of(*expected++).bytes, ID_SIZE);
		assert_ptr_equal(outbox_unsent(out), entry);
		entry->sent = entry->given = true;
	}
	assert_int_equal(*expected, 0);
}

static void
what_the_store_is_to_have_comes_in_order_until_it_is_done(void **state)
{
	struct outbox out = {0};
	struct id two = id_of(2), four = id_of(4);

	(void)state;
	are_kept(&out, (unsigned[]){0});
	are_unsent(&out, (unsigned[]){0});
	add(&out, 1, (pid_t[]){7, 0});
	keep(&out, 2);
	keep(&out, 3);
	add(&out, 4, (pid_t[]){7, 0});
	keep(&out, 5);
	assert_int_equal(out.kept, 3);
	are_kept(&out, (unsigned[]){2, 3, 5, 0});
	assert_null(outbox_find_kept(&out, &four));
	outbox_done(&out, find(&out, 3, 7));
	are_kept(&out, (unsigned[]){2, 5, 0});
	outbox_done(&out, find(&out, 2, 7));
	assert_null(outbox_find_kept(&out, &two));
	outbox_done(&out, find(&out, 4, 7)); /* which is not the store's */
	assert_int_equal(out.kept, 1);
	are_kept(&out, (unsigned[]){5, 0});
	outbox_done(&out, find(&out, 5, 7));
	assert_int_equal(out.kept, 0);
	assert_int_equal(out.bytes, 0);
	outbox_free(&out);
}

static void
bytes_are_those_of_what_the_store_is_to_have(void **state)
{
	struct outbox out = {0};
	size_t first;

	(void)state;
	keep(&out, 1);
	first = out.bytes;
	assert_int_equal(first, find(&out, 1, 7)->kept_len);
	add(&out, 2, (pid_t[]){7, 0});
	assert_int_equal(out.bytes, first);
	keep(&out, 101);
	assert_int_equal(out.bytes, 2 * first + 100);
	outbox_done(&out, find(&out, 1, 7));
	assert_int_equal(out.bytes, first + 100);
	outbox_free(&out);
}

static void
what_the_store_was_sent_is_sent_again_once_it_counts_as_not_sent(void **state)
{
	struct outbox out = {0};

	(void)state;
	keep(&out, 1);
	add(&out, 2, (pid_t[]){7, 0});
	keep(&out, 3);
	are_unsent(&out, (unsigned[]){1, 3, 0});
	keep(&out, 4);
	are_unsent(&out, (unsigned[]){4, 0});
	outbox_done(&out, find(&out, 3, 7));
	outbox_unsend(&out);
	assert_true(find(&out, 1, 7)->given); /* some store was, and may have it */
	assert_false(find(&out, 1, 7)->sent);
	are_unsent(&out, (unsigned[]){1, 4, 0});
	outbox_unsend(&out);
	outbox_unsent(&out)->sent = true;
	outbox_done(&out, find(&out, 1, 7)); /* takes what is done off the front, and the place with it */
	keep(&out, 5);
	are_unsent(&out, (unsigned[]){4, 5, 0});
	outbox_free(&out);
}

static void
what_was_not_sent_is_found_wherever_the_ring_starts(void **state)
{
	(void)state;
	for (unsigned shift = 1; shift < 40; shift++) {
		struct outbox out = {0};

		unit_row("%u", shift);
		for (unsigned n = 1; n <= shift; n++) {
			keep(&out, n);
			are_unsent(&out, (unsigned[]){n, 0});
			outbox_done(&out, find(&out, n, 7));
		}
		for (unsigned n = shift + 1; n <= shift + 100; n++) {
			keep(&out, n);
			are_unsent(&out, (unsigned[]){n, 0});
		}
		outbox_unsend(&out);
		for (unsigned n = shift + 1; n <= shift + 100; n++) {
			struct outbox_entry *entry = outbox_unsent(&out);

			assert_memory_equal(entry->id.bytes, id_of(n).bytes, ID_SIZE);
			entry->sent = true;
			if (n % 2 == 0)
				outbox_done(&out, entry);
		}
		assert_null(outbox_unsent(&out));
		outbox_free(&out);
	}
	unit_rows_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_one_finds_nothing_and_holds_no_memory),
		TEST(an_entry_is_found_by_id_for_those_it_waits_for),
		TEST(what_is_done_is_not_found_again),
		TEST(those_that_wait_for_a_connection_come_in_order),
		TEST(it_is_given_up_when_the_last_connection_gives_up),
		TEST(any_other_error_counts_more_than_offline),
		TEST(it_takes_2048_and_no_more_until_the_oldest_is_done),
		TEST(entries_are_found_wherever_the_ring_starts_when_it_grows),
		TEST(what_the_store_is_to_have_comes_in_order_until_it_is_done),
		TEST(bytes_are_those_of_what_the_store_is_to_have),
		TEST(what_the_store_was_sent_is_sent_again_once_it_counts_as_not_sent),
		TEST(what_was_not_sent_is_found_wherever_the_ring_starts),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
