#include "session/outbox.h"

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
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
