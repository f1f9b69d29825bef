#include "chat/name.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static int
make(struct name *name, const char *bytes, size_t len)
{
	return name_make(name, guard_put(0, bytes, len), len);
}

static bool
is_letter_or_digit(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
may_follow(int c)
{
	return is_letter_or_digit(c) || c == '.' || c == '_' || c == '@' || c == '+' || c == '-';
}

static void
every_byte_is_let_in_first_or_later_as_the_rule_says(void **state)
{
	struct name name;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char bytes[5] = {(char)c, 'b', 'c', 'd', 'e'};

		unit_row("byte %02x", (unsigned)c);
		assert_int_equal(make(&name, bytes, 1), is_letter_or_digit(c) ? 0 : -1);
		assert_int_equal(make(&name, bytes, 5), is_letter_or_digit(c) ? 0 : -1);
		for (size_t at = 1; at < 5; at++) {
			memcpy(bytes, "abcde", 5);
			bytes[at] = (char)c;
			assert_int_equal(make(&name, bytes, 5), may_follow(c) ? 0 : -1);
			assert_int_equal(make(&name, bytes, at + 1), may_follow(c) ? 0 : -1);
			if (may_follow(c)) {
				assert_int_equal(name.len, at + 1);
				assert_memory_equal(name.text, bytes, at + 1);
				assert_int_equal(name.text[at + 1], 0);
			}
		}
	}
	unit_rows_done();
}

static void
one_to_64_bytes_are_a_name(void **state)
{
	char bytes[80];

	(void)state;
	memset(bytes, 'n', sizeof bytes);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		struct name name;

		assert_int_equal(make(&name, bytes, len), len >= 1 && len <= 64 ? 0 : -1);
		if (len >= 1 && len <= 64) {
			assert_int_equal(name.len, len);
			assert_int_equal(strlen(name.text), len);
		}
	}
}

static void
what_would_lead_out_of_a_directory_is_no_name(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} vectors[] = {
		{BYTES("")}, {BYTES(".")}, {BYTES("..")}, {BYTES("../a")}, {BYTES("a/b")}, {BYTES("/")}, {BYTES("a/..")}, {BYTES(".ctl")},
		{BYTES(".hidden")}, {BYTES("-rf")}, {BYTES("_a")}, {BYTES("@a")}, {BYTES("+a")}, {BYTES("a b")}, {BYTES("a\0b")},
		{BYTES("a\0")}, {BYTES("\0")}, {BYTES("a\n")}, {BYTES("a%2f")}, {BYTES("a\\b")}, {BYTES("\xc3\xa9")}, {BYTES("caf\xc3\xa9")},
		{BYTES("a*")}, {BYTES("a:b")}, {BYTES("a~")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct name name;

		unit_row("%s", v->bytes);
		assert_int_equal(make(&name, v->bytes, v->len), -1);
	}
}

static void
good_names_are_kept_to_the_letter(void **state)
{
	static const char *const vectors[] = {"a", "Z", "0", "alice", "Alice", "bob-2", "a.b_c@d+e-f", "user@example.com", "0..", "x--"};
	const char *const *v;

	(void)state;
	EACH(v, vectors) {
		struct name name;

		unit_row("%s", *v);
		assert_int_equal(make(&name, *v, strlen(*v)), 0);
		assert_string_equal(name.text, *v);
	}
}

static void
a_name_has_nothing_of_an_earlier_one_in_it(void **state)
{
	struct name name, fresh;

	(void)state;
	memset(&name, 0xff, sizeof name);
	memset(&fresh, 0, sizeof fresh);
	assert_int_equal(make(&name, "bob", 3), 0);
	assert_int_equal(make(&fresh, "bob", 3), 0);
	assert_memory_equal(&name, &fresh, sizeof name);
}

static void
services_are_the_two_and_no_other(void **state)
{
	static const char *const others[] = {"", ".", "ctl", ".ct", ".ctll", ".stor", ".store2", ".Ctl", "store", ".other", "alice"};
	const char *const *v;
	struct name name;

	(void)state;
	assert_int_equal(name_service(&name, guard_put(0, ".ctl", 4), 4), 0);
	assert_string_equal(name.text, ".ctl");
	assert_int_equal(name.len, 4);
	assert_int_equal(name_service(&name, guard_put(0, ".store", 6), 6), 0);
	assert_string_equal(name.text, ".store");
	EACH(v, others) {
		unit_row("%s", *v);
		assert_int_equal(name_service(&name, guard_put(0, *v, strlen(*v)), strlen(*v)), -1);
	}
}

static void
names_are_compared_by_their_bytes(void **state)
{
	static const char *const sorted[] = {"0", "A", "Alice", "a", "a+", "a-", "a.", "a0", "a@", "aa", "alice", "alice2", "bob"};
	struct name a, b;

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			int order;

			unit_row("%s and %s", sorted[i], sorted[j]);
			assert_int_equal(make(&a, sorted[i], strlen(sorted[i])), 0);
			assert_int_equal(make(&b, sorted[j], strlen(sorted[j])), 0);
			order = name_order(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
			assert_int_equal(name_equal(&a, &b), i == j);
		}
	}
	unit_rows_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_byte_is_let_in_first_or_later_as_the_rule_says),
		TEST(one_to_64_bytes_are_a_name),
		TEST(what_would_lead_out_of_a_directory_is_no_name),
		TEST(good_names_are_kept_to_the_letter),
		TEST(a_name_has_nothing_of_an_earlier_one_in_it),
		TEST(services_are_the_two_and_no_other),
		TEST(names_are_compared_by_their_bytes),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
