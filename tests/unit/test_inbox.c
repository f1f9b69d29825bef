#include "session/inbox.h"

#include <string.h>

#include "unit.h"

static void
add(struct inbox *in, pid_t pid, uint32_t ping)
{
	struct inbox_entry *entry = inbox_add(in);

	assert_non_null(entry);
	*entry = (struct inbox_entry){.pid = pid, .ping = ping};
	memset(entry->id.bytes, (int)pid % 251, ID_SIZE);
}

static void
check_next(struct inbox *in, uint32_t ping, pid_t pid)
{
	struct inbox_entry entry;
	uint8_t id[ID_SIZE];

	assert_true(inbox_take(in, ping, &entry));
	assert_int_equal(entry.pid, pid);
	memset(id, (int)pid % 251, ID_SIZE);
	assert_memory_equal(entry.id.bytes, id, ID_SIZE);
}

static void
an_empty_one_gives_nothing_and_holds_no_memory(void **state)
{
	struct inbox in = {0};
	struct inbox_entry entry;

	(void)state;
	assert_false(inbox_take(&in, 0, &entry));
	assert_false(inbox_take(&in, UINT32_MAX, &entry));
	assert_null(in.entries);
	inbox_free(&in);
}

static void
entries_leave_in_order_once_their_ping_is_answered(void **state)
{
	struct inbox in = {0};
	struct inbox_entry entry;

	(void)state;
	add(&in, 1, 5);
	add(&in, 2, 5);
	add(&in, 3, 6);
	add(&in, 4, 8);
	assert_false(inbox_take(&in, 0, &entry));
	assert_false(inbox_take(&in, 4, &entry));
	check_next(&in, 5, 1);
	check_next(&in, 5, 2);
	assert_false(inbox_take(&in, 5, &entry));
	check_next(&in, 7, 3);
	assert_false(inbox_take(&in, 7, &entry));
	check_next(&in, 100, 4);
	assert_false(inbox_take(&in, 100, &entry));
	inbox_free(&in);
}

static void
the_number_of_a_ping_may_wrap_round(void **state)
{
	struct inbox in = {0};
	struct inbox_entry entry;

	(void)state;
	add(&in, 1, UINT32_MAX - 1);
	add(&in, 2, UINT32_MAX);
	add(&in, 3, 0);
	add(&in, 4, 1);
	assert_false(inbox_take(&in, UINT32_MAX - 2, &entry));
	check_next(&in, UINT32_MAX, 1);
	check_next(&in, UINT32_MAX, 2);
	assert_false(inbox_take(&in, UINT32_MAX, &entry));
	check_next(&in, 1, 3);
	check_next(&in, 1, 4);
	inbox_free(&in);
}

static void
it_takes_2048_and_no_more_until_one_leaves(void **state)
{
	struct inbox in = {0};

	(void)state;
	for (int i = 0; i < INBOX_MAX; i++)
		add(&in, i, (uint32_t)i);
	assert_null(inbox_add(&in));
	assert_int_equal(in.count, INBOX_MAX);
	check_next(&in, 0, 0);
	add(&in, INBOX_MAX, INBOX_MAX);
	assert_null(inbox_add(&in));
	for (int i = 1; i <= INBOX_MAX; i++)
		check_next(&in, INBOX_MAX, i);
	assert_int_equal(in.count, 0);
	inbox_free(&in);
	assert_null(in.entries);
	assert_int_equal(in.cap, 0);
}

static void
order_is_kept_wherever_the_ring_starts_when_it_grows(void **state)
{
	(void)state;
	for (int shift = 0; shift < 40; shift++) {
		struct inbox in = {0};
		int added = 0, taken = 0;

		for (; added < shift; taken++) {
			add(&in, added++, 0);
			check_next(&in, 0, taken);
		}
		while (added < shift + 300) {
			add(&in, added++, 0);
			if (added % 3 == 0)
				check_next(&in, 0, taken++);
		}
		while (taken < added)
			check_next(&in, 0, taken++);
		inbox_free(&in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_one_gives_nothing_and_holds_no_memory),
		TEST(entries_leave_in_order_once_their_ping_is_answered),
		TEST(the_number_of_a_ping_may_wrap_round),
		TEST(it_takes_2048_and_no_more_until_one_leaves),
		TEST(order_is_kept_wherever_the_ring_starts_when_it_grows),
	};

	return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
