#include "session/seen.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "made.h"
#include "unit.h"

/* Whether it was seen before; `shown` is the last byte of the id that it was shown under. */
static bool
before(struct seen *seen, const char *sender, const char *ref, size_t ref_len, uint8_t number, uint8_t *shown)
{
	struct record r = {.sender = made_name(sender), .id = {{0}}, .ref_len = ref_len};
	struct id id = {{0}};
	bool again;

	r.ref = guard_put(0, ref, ref_len);
	r.id.bytes[ID_SIZE - 1] = number;
	again = seen_before(seen, &r, &id);
	*shown = id.bytes[ID_SIZE - 1];
	return again;
}

static void
the_second_time_it_was_seen_under_the_first_id(void **state)
{
	struct seen seen = {0};
	uint8_t shown;

	(void)state;
	assert_false(before(&seen, "alice", "1", 1, 7, &shown));
	assert_int_equal(shown, 0);
	assert_true(before(&seen, "alice", "1", 1, 8, &shown));
	assert_int_equal(shown, 7);
	assert_true(before(&seen, "alice", "1", 1, 9, &shown));
	assert_int_equal(shown, 7);
	seen_free(&seen);
}

static void
another_sender_or_ref_is_another_message(void **state)
{
	static const struct {
		const char *sender, *ref;
		size_t len;
	} vectors[] = {
		{"alice", BYTES("1")}, {"alice", BYTES("2")}, {"alice", BYTES("11")}, {"alice", BYTES("1 ")}, {"Alice", BYTES("1")},
		{"alice1", BYTES("1")}, {"alic", BYTES("1")}, {"alic", BYTES("e1")}, {"a", BYTES("lice1")}, {"alice", BYTES("\xc3\xa9")},
		{"alice", BYTES("0123456789012345678901234567890123456789012345678901234567890123")},
		{"n123456789012345678901234567890123456789012345678901234567890123",
		 BYTES("0123456789012345678901234567890123456789012345678901234567890123")},
	};
	struct seen seen = {0};
	uint8_t shown;

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_false(before(&seen, vectors[i].sender, vectors[i].ref, vectors[i].len, (uint8_t)(i + 1), &shown));
	for (size_t i = 0; i < COUNT(vectors); i++) {
		assert_true(before(&seen, vectors[i].sender, vectors[i].ref, vectors[i].len, 200, &shown));
		assert_int_equal(shown, i + 1);
	}
	seen_free(&seen);
}

static void
a_message_without_a_ref_is_never_seen_before_and_takes_no_memory(void **state)
{
	struct seen seen = {0};
	uint8_t shown;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_false(before(&seen, "alice", "", 0, 7, &shown));
	assert_null(seen.table);
	seen_free(&seen);
}

static bool
before_number(struct seen *seen, int n)
{
	char ref[16];
	uint8_t shown;

	snprintf(ref, sizeof ref, "%d", n);
	return before(seen, "alice", ref, strlen(ref), 1, &shown);
}

static void
the_last_ones_are_remembered(void **state)
{
	struct seen seen = {0};

	(void)state;
	for (int n = 0; n < 2 * SEEN_MAX + 10; n++)
		assert_false(before_number(&seen, n));
	for (int n = SEEN_MAX + 10; n < 2 * SEEN_MAX + 10; n++)
		assert_true(before_number(&seen, n));
	assert_false(before_number(&seen, SEEN_MAX + 9));
	assert_false(before_number(&seen, SEEN_MAX + 10));
	seen_free(&seen);
	assert_null(seen.table);
}

static void
what_is_seen_again_does_not_push_others_out(void **state)
{
	struct seen seen = {0};

	(void)state;
	for (int n = 0; n < SEEN_MAX; n++)
		assert_false(before_number(&seen, n));
	for (int i = 0; i < 2 * SEEN_MAX; i++)
		assert_true(before_number(&seen, SEEN_MAX - 1));
	assert_true(before_number(&seen, 0));
	seen_free(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_second_time_it_was_seen_under_the_first_id),
		TEST(another_sender_or_ref_is_another_message),
		TEST(a_message_without_a_ref_is_never_seen_before_and_takes_no_memory),
		TEST(the_last_ones_are_remembered),
		TEST(what_is_seen_again_does_not_push_others_out),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
