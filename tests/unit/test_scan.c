#include "base/scan.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

static const char *
text_of(const char *text)
{
	return guard_put(0, text, strlen(text) + 1);
}

static void
whole_numbers_in_bounds_are_read(void **state)
{
	static const struct {
		const char *text;
		long long least, most, number;
	} vectors[] = {
		{"0", 0, 0, 0},
		{"7", 0, 10, 7},
		{"10", 0, 10, 10},
		{"-3", -3, 0, -3},
		{"007", 0, 10, 7},
		{"65536", 128, 16 << 20, 65536},
		{"9223372036854775807", 0, LLONG_MAX, LLONG_MAX},
		{"-9223372036854775808", LLONG_MIN, 0, LLONG_MIN},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		long long number = 12345;

		unit_row("%s", v->text);
		assert_int_equal(scan_number(text_of(v->text), v->least, v->most, &number), 0);
		assert_true(number == v->number);
	}
}

static void
anything_else_is_no_number(void **state)
{
	static const struct {
		const char *text;
		long long least, most;
	} vectors[] = {
		{"", 0, 10}, {" ", 0, 10}, {" 7", 0, 10}, {"7 ", 0, 10}, {"7\n", 0, 10}, {"\t7", 0, 10}, {"+7", 0, 10}, {"-", -10, 10},
		{"--7", -10, 10}, {"- 7", -10, 10}, {"7x", 0, 10}, {"x7", 0, 10}, {"0x7", 0, 10}, {"7.0", 0, 10}, {"7e0", 0, 10},
		{"7,000", 0, 10000}, {"1k", 0, 10000}, {"seven", 0, 10}, {"11", 0, 10}, {"-1", 0, 10}, {"0", 1, 10},
		{"9223372036854775808", LLONG_MIN, LLONG_MAX}, {"-9223372036854775809", LLONG_MIN, LLONG_MAX},
		{"99999999999999999999999999", LLONG_MIN, LLONG_MAX}, {"\xd9\xa7", 0, 10},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		long long number = 12345;

		unit_row("'%s'", v->text);
		assert_int_equal(scan_number(text_of(v->text), v->least, v->most, &number), -1);
		assert_true(number == 12345);
	}
}

static void
numbers_come_back_as_they_were_printed(void **state)
{
	char text[32];

	(void)state;
	for (long long n = -3000; n <= 3000; n++) {
		long long number;

		snprintf(text, sizeof text, "%lld", n);
		assert_int_equal(scan_number(text, -2000, 2000, &number), n >= -2000 && n <= 2000 ? 0 : -1);
		if (n >= -2000 && n <= 2000)
			assert_true(number == n);
	}
}

static void
words_for_yes_and_no_are_read_in_any_case(void **state)
{
	static const struct {
		const char *text;
		int flag;
	} vectors[] = {
		{"yes", 1}, {"true", 1}, {"on", 1}, {"1", 1}, {"no", 0}, {"false", 0}, {"off", 0}, {"0", 0},
		{"YES", 1}, {"True", 1}, {"oN", 1}, {"NO", 0}, {"False", 0}, {"OFF", 0},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		int flag = 42;

		unit_row("%s", v->text);
		assert_int_equal(scan_flag(text_of(v->text), &flag), 0);
		assert_int_equal(flag, v->flag);
	}
}

static void
other_words_are_neither(void **state)
{
	static const char *const vectors[] = {"", " ", "y", "n", "ye", "yess", "yes ", " no", "2", "-1", "00", "01", "tru", "offf", "enable"};
	const char *const *v;

	(void)state;
	EACH(v, vectors) {
		int flag = 42;

		unit_row("'%s'", *v);
		assert_int_equal(scan_flag(text_of(*v), &flag), -1);
		assert_int_equal(flag, 42);
	}
}

static void
a_time_is_a_number_and_its_unit(void **state)
{
	static const struct {
		const char *text;
		long long most, seconds; /* 0: it is none */
	} vectors[] = {
		{"1", 100, 1}, {"30s", 100, 30}, {"5m", 300, 300}, {"12h", 43200, 43200}, {"2d", 172800, 172800},
		{"", 100, 0}, {"0", 100, 0}, {"0s", 100, 0}, {"s", 100, 0}, {"-1h", 100000, 0}, {"101", 100, 0}, {"6m", 300, 0}, {"1h", 3599, 0},
		{"1 h", 100000, 0}, {"1hh", 100000, 0}, {"1w", 100000, 0}, {"1H", 100000, 0}, {"9223372036854775807d", LLONG_MAX, 0},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		long long seconds = 0;

		unit_row("%s", v->text);
		assert_int_equal(scan_seconds(text_of(v->text), v->most, &seconds), v->seconds ? 0 : -1);
		assert_true(seconds == v->seconds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_numbers_in_bounds_are_read),
		TEST(anything_else_is_no_number),
		TEST(numbers_come_back_as_they_were_printed),
		TEST(words_for_yes_and_no_are_read_in_any_case),
		TEST(other_words_are_neither),
		TEST(a_time_is_a_number_and_its_unit),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
