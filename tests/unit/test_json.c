#include "chat/json.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

#define DEPTH 4

static const char *
fault(const char *data, size_t len)
{
	return json_fault(guard_put(0, data, len), len, DEPTH);
}

static void
what_the_parser_reads_as_it_is_meant_is_let_through(void **state)
{
	static const char *const vectors[] = {
		"", " ", "{}", "[]", "\"\"", "null", "true", "false", " \t\r\n{ \"a\" : [ 1 , 2 ] }\r\n",
		"\"\\u0001\"", "\"a\\tb\\nc\\r\\\"\\\\\\/\\b\\f\"", "\"\x7f\"", "\"\xc3\xa9 \xf0\x9f\x98\x80\"",
		"\"\\\\u0000\"", "\"\\\\\\\\u0000\"", "\"u0000\"", "\"\\u000\"", "\"\\u0010\"", "\"[[[[[[[[\"", "\"\\\"[[[[[[\"",
		"[[[[]]]]", "{\"a\":{\"b\":{\"c\":{}}}}", "[[],[],[],[],[],[[]],[[[]]]]", "]]]][[[[",
		"0", "-0", "1", "-1", "10", "1234567890", "0.0", "0.5", "-0.5", "12.034", "1e5", "1E5", "1e+5", "1e-05", "0e0", "0.1e1",
		"[0,1,-2,3.5,4e5]",
	}, *const *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", *v);
		assert_null(fault(*v, strlen(*v)));
	}
}

static void
what_it_would_read_otherwise_is_a_fault(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} vectors[] = {
		{BYTES("\"\\u0000\"")}, {BYTES("\"a\\u0000b\"")}, {BYTES("\"\\u00000\"")}, {BYTES("\"\\\\\\u0000\"")},
		{BYTES("{\"\\u0000\":1}")}, {BYTES("\"\\\"\\u0000\"")},
		{BYTES("\"\0\"")}, {BYTES("\"a\tb\"")}, {BYTES("\"a\nb\"")}, {BYTES("\"a\rb\"")}, {BYTES("\"\x01\"")}, {BYTES("\"\x1f\"")},
		{BYTES("\0")}, {BYTES("{}\0")}, {BYTES("\x01")}, {BYTES("\v{}")}, {BYTES("{}\f")}, {BYTES("\x1f")},
		{BYTES("\xef\xbb\xbf{}")}, {BYTES("\xc2\xa0{}")}, {BYTES("{}\xff")},
		{BYTES("[[[[[")}, {BYTES("[[[[[]]]]]")}, {BYTES("{\"a\":[{\"b\":[{")},
		{BYTES("01")}, {BYTES("-01")}, {BYTES("00")}, {BYTES("1.")}, {BYTES("1.e5")}, {BYTES(".5")}, {BYTES("-.5")}, {BYTES("-")},
		{BYTES("+1")}, {BYTES("--1")}, {BYTES("1e")}, {BYTES("1e+")}, {BYTES("1e5.5")}, {BYTES("1.5.5")}, {BYTES("1-2")}, {BYTES("1+2")},
		{BYTES("[1,02]")}, {BYTES("{\"a\":1.}")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->data);
		assert_non_null(fault(v->data, v->len));
	}
}

/* The header says that no string has a raw control character in it; one behind a backslash is in it too. */
static void
a_backslash_does_not_hide_a_control_character(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x20; c++) {
		char text[] = "\"\\?\"";

		unit_row("control %02x", c);
		text[2] = (char)c;
		assert_non_null(fault(text, sizeof text - 1));
	}
	unit_rows_done();
}

static void
depth_counts_open_brackets_and_not_all(void **state)
{
	char text[64];

	(void)state;
	for (unsigned depth = 0; depth < 20; depth++) {
		memset(text, '[', sizeof text);
		memset(text + depth, ']', depth);
		for (unsigned most = 0; most < 20; most++)
			assert_int_equal(json_fault(guard_put(0, text, 2 * depth), 2 * depth, most) != NULL, depth > most);
	}
	memset(text, '[', sizeof text);
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = ']';
	assert_null(json_fault(text, sizeof text, 1));
}

/* The grammar of RFC 8259, 6, once more and in another way: a state for each place in it. */
static bool
is_number(const char *text)
{
	enum { START, MINUS, ZERO, WHOLE, POINT, PART, E, SIGN, POWER } at = START;

	for (; *text; text++) {
		bool digit = *text >= '0' && *text <= '9';

		switch (at) {
		case START:
			if (*text == '-') {
				at = MINUS;
				break;
			}
			/* fall through */
		case MINUS:
			if (!digit)
				return false;
			at = *text == '0' ? ZERO : WHOLE;
			break;
		case ZERO:
		case WHOLE:
			if (digit && at == WHOLE)
				break;
			if (*text != '.' && *text != 'e' && *text != 'E')
				return false;
			at = *text == '.' ? POINT : E;
			break;
		case POINT:
		case PART:
			if (at == PART && (*text == 'e' || *text == 'E')) {
				at = E;
				break;
			}
			if (!digit)
				return false;
			at = PART;
			break;
		case E:
			if (*text == '+' || *text == '-') {
				at = SIGN;
				break;
			}
			/* fall through */
		case SIGN:
		case POWER:
			if (!digit)
				return false;
			at = POWER;
			break;
		}
	}
	return at == ZERO || at == WHOLE || at == PART || at == POWER;
}

static bool
is_taken(const char *text, size_t len)
{
	const char *end;
	cJSON *json;
	bool whole;

	if (json_fault(text, len, DEPTH))
		return false;
	json = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	whole = json && end == text + len;
	cJSON_Delete(json);
	return whole;
}

static void
with_the_parser_behind_it_only_numbers_of_rfc_8259_are_taken(void **state)
{
	static const char letters[] = "-+.eE012";
	size_t n = sizeof letters - 1, total = n;

	(void)state;
	for (size_t len = 1; len <= 5; len++, total *= n) {
		for (size_t k = 0; k < total; k++) {
			char text[8] = {0};
			size_t rest = k;

			for (size_t i = 0; i < len; i++, rest /= n)
				text[i] = letters[rest % n];
			if (is_taken(text, len) != is_number(text))
				fail_msg("%s is %staken", text, is_number(text) ? "not " : "");
		}
	}
}

static void
random_texts_never_do_harm(void **state)
{
	static const char likely[] = "\"\"\\\\u0000{}[]:,-+.e19 \t\n\x01\xff";
	uint32_t seed = 8259;
	char text[40];

	(void)state;
	for (int round = 0; round < 100000; round++) {
		size_t len = unit_random(&seed) % sizeof text;

		for (size_t i = 0; i < len; i++)
			text[i] = likely[unit_random(&seed) % (sizeof likely - 1)];
		fault(text, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_parser_reads_as_it_is_meant_is_let_through),
		TEST(what_it_would_read_otherwise_is_a_fault),
		TEST(a_backslash_does_not_hide_a_control_character),
		TEST(depth_counts_open_brackets_and_not_all),
		TEST(with_the_parser_behind_it_only_numbers_of_rfc_8259_are_taken),
		TEST(random_texts_never_do_harm),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
