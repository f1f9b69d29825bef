#include "chat/greeting.h"

#include <string.h>

#include "made.h"
#include "unit.h"

static struct record
with_payload(const struct buf *b)
{
	return (struct record){.payload = (const char *)buf_at(b), .payload_len = buf_len(b)};
}

static void
a_greeting_is_read_as_it_was_put(void **state)
{
	struct buf b = {0};
	struct greeting g;
	struct record r;

	(void)state;
	assert_int_equal(greeting_put(&b, &(struct greeting){12, 9000000000000000000, UINT32_MAX}), 0);
	r = with_payload(&b);
	assert_int_equal(greeting_get(&g, &r), 0);
	assert_int_equal(g.pending, 12);
	assert_int_equal(g.last, 9000000000000000000);
	assert_int_equal(g.link, UINT32_MAX);
	for (size_t cut = 0; cut < sizeof "12 9000000000000000000 " - 1; cut++) {
		r.payload_len = cut;
		assert_int_equal(greeting_get(&g, &r), -1);
	}
	r = (struct record){.payload = "1 2 4294967296", .payload_len = 14};
	assert_int_equal(greeting_get(&g, &r), -1);
	buf_free(&b);
}

static void
what_is_next_is_read_as_it_was_put(void **state)
{
	struct next n = {.after = 7, .from = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV"), .more = true}, m;
	struct buf b = {0};
	struct record r;

	(void)state;
	assert_int_equal(next_put(&b, &n), 0);
	r = with_payload(&b);
	assert_int_equal(next_get(&m, &r), 0);
	assert_int_equal(m.after, 7);
	assert_int_equal(id_order(&m.from, &n.from), 0);
	assert_false(id_is_set(&m.want));
	assert_true(m.more && !m.late);
	for (size_t cut = 0; cut < b.end; cut++) {
		r.payload_len = cut;
		assert_int_equal(next_get(&m, &r), -1);
	}
	buf_free(&b);
}

static void
what_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "x", "1", "1 - -", "1 - - 0", "-1 - - 0 0", "1 x - 0 0", "1 - - 0 x", "1  - - 0 0",
	                                  "99999999999999999999999 - - 0 0"};
	struct next n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct record r = {.payload = bad[i], .payload_len = strlen(bad[i])};

		unit_row("%s", bad[i]);
		assert_int_equal(next_get(&n, &r), -1);
	}
	unit_rows_done();
}

static void
names_are_read_as_they_were_put(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob"), name;
	struct buf b = {0};
	const char *at;
	size_t len;

	(void)state;
	names_put(&b, &alice);
	names_put(&b, &bob);
	at = (const char *)buf_at(&b);
	len = buf_len(&b);
	assert_true(names_next(&at, &len, &name) && name_equal(&name, &alice));
	assert_true(names_next(&at, &len, &name) && name_equal(&name, &bob));
	assert_false(names_next(&at, &len, &name));
	at = "../x";
	len = 4;
	assert_false(names_next(&at, &len, &name));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_greeting_is_read_as_it_was_put),
		TEST(what_is_next_is_read_as_it_was_put),
		TEST(what_is_none_is_refused),
		TEST(names_are_read_as_they_were_put),
	};

	return cmocka_run_group_tests_name("greeting", tests, NULL, NULL);
}
