#include "ws/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

enum reading {
	IMPOSSIBLE, /* no character starts so */
	PARTIAL,
	WHOLE,
};

static unsigned
sequence_length(uint8_t lead)
{
	return lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}

/* The slow way, by the numbers: which code points can still come of these bytes, and are any of them allowed? */
static enum reading
read_character(const uint8_t *p, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned whole = sequence_length(p[0]), missing;
	uint32_t low, high;

	if (whole == 0)
		return IMPOSSIBLE;
	low = whole == 1 ? p[0] : p[0] & (0x7fu >> whole);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return IMPOSSIBLE;
		low = low << 6 | (p[i] & 0x3f);
	}
	missing = whole - (unsigned)len;
	low <<= 6 * missing;
	high = low | ((1u << 6 * missing) - 1);
	if (low < least[whole])
		low = least[whole];
	if (high > 0x10ffff)
		high = 0x10ffff;
	if (low > high || (low >= 0xd800 && high <= 0xdfff))
		return IMPOSSIBLE;
	return missing ? PARTIAL : WHOLE;
}

/* Where the first byte stands that can't be there, or `len`; and whether all characters are whole by then. */
static size_t
first_bad(const uint8_t *p, size_t len, bool *done)
{
	size_t start = 0;

	*done = true;
	for (size_t i = 0; i < len; i++) {
		enum reading reading = read_character(p + start, i + 1 - start);

		if (reading == IMPOSSIBLE)
			return i;
		*done = reading == WHOLE;
		if (*done)
			start = i + 1;
	}
	return len;
}

static void
check_whole(const uint8_t *p, size_t len)
{
	struct utf8 u = {0};
	bool done;
	size_t bad = first_bad(p, len, &done);

	assert_int_equal(utf8_feed(&u, p, len), bad == len ? 0 : -1);
	if (bad == len)
		assert_int_equal(!!utf8_done(&u), done);
}

static void
check_byte_by_byte(const uint8_t *p, size_t len)
{
	struct utf8 u = {0};
	bool done;
	size_t bad = first_bad(p, len, &done);

	for (size_t i = 0; i < len && i <= bad; i++)
		assert_int_equal(utf8_feed(&u, guard_put(0, p + i, 1), 1), i == bad ? -1 : 0);
	if (bad == len)
		assert_int_equal(!!utf8_done(&u), done);
}

static void
check_cut_everywhere(const uint8_t *p, size_t len)
{
	bool done;
	size_t bad = first_bad(p, len, &done);

	for (size_t cut = 0; cut <= len; cut++) {
		struct utf8 u = {0};
		int first = utf8_feed(&u, guard_put(0, p, cut), cut);

		assert_int_equal(first, bad < cut ? -1 : 0);
		if (first == 0)
			assert_int_equal(utf8_feed(&u, guard_put(0, p + cut, len - cut), len - cut), bad < len ? -1 : 0);
		if (bad == len)
			assert_int_equal(!!utf8_done(&u), done);
	}
}

static void
check(const uint8_t *p, size_t len)
{
	check_whole(guard_put(1, p, len), len);
	check_byte_by_byte(p, len);
	check_cut_everywhere(p, len);
}

/* The Unicode Standard, table 3-7: the rows are the well-formed sequences. */
static const struct row {
	unsigned length;
	uint8_t from[4], to[4];
} well_formed[] = {
	{1, {0x00}, {0x7f}},
	{2, {0xc2, 0x80}, {0xdf, 0xbf}},
	{3, {0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}},
	{3, {0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}},
	{3, {0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}},
	{3, {0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}},
	{4, {0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}},
	{4, {0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}},
	{4, {0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}},
};

static bool
is_accepted(const uint8_t *p, size_t len)
{
	struct utf8 u = {0};

	return utf8_feed(&u, p, len) == 0 && utf8_done(&u);
}

static void
the_corners_of_table_3_7_are_well_formed(void **state)
{
	const struct row *r;

	(void)state;
	EACH(r, well_formed) {
		unit_row("%02x to %02x", r->from[0], r->to[0]);
		for (unsigned corner = 0; corner < 1u << r->length; corner++) {
			uint8_t p[4];

			for (unsigned i = 0; i < r->length; i++)
				p[i] = corner >> i & 1 ? r->to[i] : r->from[i];
			assert_true(is_accepted(p, r->length));
			check(p, r->length);
		}
	}
}

/* One step out of a row's bounds: either no row at all, or another one, as the reference knows. */
static void
one_step_beyond_table_3_7_is_as_the_reference_says(void **state)
{
	const struct row *r;

	(void)state;
	EACH(r, well_formed) {
		unit_row("%02x to %02x", r->from[0], r->to[0]);
		for (unsigned i = 0; i < r->length; i++) {
			uint8_t p[4];

			memcpy(p, r->from, 4);
			p[i] = (uint8_t)(r->from[i] - 1);
			check(p, r->length);
			memcpy(p, r->to, 4);
			p[i] = (uint8_t)(r->to[i] + 1);
			check(p, r->length);
		}
	}
}

static void
ill_formed_sequences_fail_at_the_first_impossible_byte(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len, bad;
	} vectors[] = {
		{"a continuation alone", BYTES("\x80"), 0},
		{"the last continuation alone", BYTES("a\xbf"), 1},
		{"overlong slash in two", BYTES("\xc0\xaf"), 0},
		{"overlong in two, the last", BYTES("\xc1\xbf"), 0},
		{"overlong slash in three", BYTES("\xe0\x80\xaf"), 1},
		{"overlong in three, the last", BYTES("\xe0\x9f\xbf"), 1},
		{"overlong slash in four", BYTES("\xf0\x80\x80\xaf"), 1},
		{"overlong in four, the last", BYTES("\xf0\x8f\xbf\xbf"), 1},
		{"overlong in five", BYTES("\xf8\x80\x80\x80\xaf"), 0},
		{"overlong in six", BYTES("\xfc\x80\x80\x80\x80\xaf"), 0},
		{"the first high surrogate", BYTES("\xed\xa0\x80"), 1},
		{"the last low surrogate", BYTES("\xed\xbf\xbf"), 1},
		{"a pair of surrogates", BYTES("\xed\xa0\xbd\xed\xb2\xa9"), 1},
		{"U+110000", BYTES("\xf4\x90\x80\x80"), 1},
		{"U+13FFFF", BYTES("\xf4\xbf\xbf\xbf"), 1},
		{"U+140000", BYTES("\xf5\x80\x80\x80"), 0},
		{"FE", BYTES("\xfe"), 0},
		{"FF", BYTES("\xff"), 0},
		{"a letter inside a character of two", BYTES("\xc3z"), 1},
		{"a letter inside a character of three", BYTES("\xe2\x82z"), 2},
		{"a letter inside a character of four", BYTES("\xf0\x9f\x98z"), 3},
		{"a lead inside a character", BYTES("\xf0\x9f\xc3\xa9"), 2},
		{"one continuation too many", BYTES("\xc3\xa9\xa9"), 2},
		{"after good text", BYTES("Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xed\xa0\x80"), 16},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct utf8 u = {0};

		unit_row("%s", v->name);
		assert_int_equal(utf8_feed(&u, v->bytes, v->bad), 0);
		assert_int_equal(utf8_feed(&u, v->bytes + v->bad, 1), -1);
		check((const uint8_t *)v->bytes, v->len);
	}
}

static void
all_sequences_of_one_to_three_bytes_are_as_the_reference_says(void **state)
{
	uint8_t p[3];

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		p[0] = (uint8_t)a;
		unit_row("from %02x", a);
		check(p, 1);
		for (unsigned b = 0; b < 256; b++) {
			struct utf8 after_two = {0};
			bool possible, done;

			p[1] = (uint8_t)b;
			check(p, 2);
			possible = first_bad(p, 2, &done) == 2;
			utf8_feed(&after_two, p, 2);
			for (unsigned c = 0; c < 256; c++) {
				struct utf8 whole = {0}, cut = after_two;
				size_t bad = possible ? (p[2] = (uint8_t)c, first_bad(p, 3, &done)) : 0;

				p[2] = (uint8_t)c;
				if (utf8_feed(&whole, p, 3) != (bad == 3 ? 0 : -1))
					fail_msg("%02x %02x %02x", a, b, c);
				if (bad == 3 && !!utf8_done(&whole) != done)
					fail_msg("%02x %02x %02x: the end", a, b, c);
				if (possible && utf8_feed(&cut, p + 2, 1) != (bad == 3 ? 0 : -1))
					fail_msg("%02x %02x then %02x", a, b, c);
			}
		}
	}
	unit_rows_done();
}

static void
sequences_of_four_bytes_round_the_bounds_are_as_the_reference_says(void **state)
{
	static const uint8_t bounds[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff};

	(void)state;
	for (unsigned lead = 0xe8; lead < 256; lead++) {
		unit_row("from %02x", lead);
		for (size_t i = 0; i < COUNT(bounds); i++)
			for (size_t j = 0; j < COUNT(bounds); j++)
				for (size_t k = 0; k < COUNT(bounds); k++)
					check_whole((uint8_t[]){(uint8_t)lead, bounds[i], bounds[j], bounds[k]}, 4);
	}
	unit_rows_done();
}

static const uint8_t likely[] = {0xc3, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 'a', 'z',
                                 0xc1, 0xf5};

static void
random_sequences_are_as_the_reference_says(void **state)
{
	uint32_t seed = 8;
	uint8_t p[8];

	(void)state;
	for (int n = 0; n < 300000; n++) {
		size_t len = 4 + unit_random(&seed) % 5;

		unit_random_bytes(&seed, p, len);
		for (size_t i = 0; i < len; i++)
			if (n & 3)
				p[i] = likely[p[i] % sizeof likely];
		check_whole(p, len);
	}
}

static size_t
make_valid(uint32_t *seed, uint8_t *p, size_t least)
{
	static const char *const characters[] = {"x", "\xc3\xbc", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xe2\x82\xac", "\xf0\x90\x80\x80",
	                                         "\xf4\x8f\xbf\xbf"};
	size_t len = 0, kinds = unit_random(seed) % 2 ? COUNT(characters) : 1;

	while (len < least) {
		const char *c = characters[unit_random(seed) % kinds];

		memcpy(p + len, c, strlen(c));
		len += strlen(c);
	}
	return len;
}

/* Long texts are looked at many bytes together: so what is wrong is put at every place of such a step, between its kinds. */
static void
random_sequences_inside_long_texts_are_as_the_reference_says(void **state)
{
	uint32_t seed = 8;
	uint8_t p[200];

	(void)state;
	for (int n = 0; n < 200000; n++) {
		size_t len = make_valid(&seed, p, unit_random(&seed) % 90);
		size_t end = len + unit_random(&seed) % 6;

		unit_row("text %d", n);
		while (len < end)
			p[len++] = likely[unit_random(&seed) % sizeof likely];
		len += make_valid(&seed, p + len, unit_random(&seed) % 90);
		check_whole(guard_put(0, p, len), len);
		if (n % 100 == 0)
			check_cut_everywhere(p, len);
	}
	unit_rows_done();
}

static void
a_text_is_the_same_wherever_it_is_cut(void **state)
{
	static const char text[] = "Gr\xc3\xbc\xc3\x9f Gott, \xe4\xbd\xa0\xe5\xa5\xbd, \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 "
	                           "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, and much ASCII after it: 0123456789 0123456789 "
	                           "0123456789 0123456789 0123456789 \xf4\x8f\xbf\xbf \xef\xbf\xbf \xee\x80\x80 \xed\x9f\xbf";
	size_t len = sizeof text - 1;

	(void)state;
	assert_true(is_accepted((const uint8_t *)text, len));
	check((const uint8_t *)text, len);
	for (size_t end = 0; end < len; end++)
		check((const uint8_t *)text, end);
}

static void
one_bad_byte_in_long_ascii_is_found_wherever_it_stands(void **state)
{
	static const uint8_t bad[] = {0x80, 0xbf, 0xc0, 0xc2, 0xff};
	uint8_t text[200];

	(void)state;
	for (size_t len = 1; len <= sizeof text; len += len < 20 || len > 120 ? 1 : 7) {
		size_t from = len > 2 && len & 1 ? 2 : 0;

		unit_row("of %zu bytes", len);
		memset(text, 'x', sizeof text);
		memcpy(text, "\xc3\xbc", from); /* a first character that is none of ASCII */
		for (size_t at = from; at < len; at++) {
			uint8_t *p;
			struct utf8 u = {0};

			text[at] = bad[at % sizeof bad];
			p = guard_put(0, text, len);
			assert_int_equal(utf8_feed(&u, p, at), 0);
			u = (struct utf8){0};
			assert_int_equal(utf8_feed(&u, p, len), text[at] == 0xc2 && at + 1 == len ? 0 : -1);
			text[at] = 'x';
		}
		assert_true(is_accepted(guard_put(0, text, len), len));
	}
	unit_rows_done();
}

static void
one_character_in_long_ascii_is_right_wherever_it_stands(void **state)
{
	uint8_t text[160];

	(void)state;
	for (size_t at = 0; at + 3 <= sizeof text; at++) {
		memset(text, 'x', sizeof text);
		memcpy(text + at, "\xe2\x82\xac", 3);
		assert_true(is_accepted(guard_put(0, text, sizeof text), sizeof text));
		check_cut_everywhere(text, sizeof text);
		text[at + 2] = 'x';
		assert_false(is_accepted(text, sizeof text));
	}
}

static void
nothing_is_valid_and_leaves_the_stream_where_it_is(void **state)
{
	struct utf8 u = {0};

	(void)state;
	assert_int_equal(utf8_feed(&u, "", 0), 0);
	assert_true(utf8_done(&u));
	assert_int_equal(utf8_feed(&u, "\xe2", 1), 0);
	assert_int_equal(utf8_feed(&u, "", 0), 0);
	assert_false(utf8_done(&u));
	assert_int_equal(utf8_feed(&u, "\x82\xac", 2), 0);
	assert_true(utf8_done(&u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_corners_of_table_3_7_are_well_formed),
		TEST(one_step_beyond_table_3_7_is_as_the_reference_says),
		TEST(ill_formed_sequences_fail_at_the_first_impossible_byte),
		TEST(all_sequences_of_one_to_three_bytes_are_as_the_reference_says),
		TEST(sequences_of_four_bytes_round_the_bounds_are_as_the_reference_says),
		TEST(random_sequences_are_as_the_reference_says),
		TEST(random_sequences_inside_long_texts_are_as_the_reference_says),
		TEST(a_text_is_the_same_wherever_it_is_cut),
		TEST(one_bad_byte_in_long_ascii_is_found_wherever_it_stands),
		TEST(one_character_in_long_ascii_is_right_wherever_it_stands),
		TEST(nothing_is_valid_and_leaves_the_stream_where_it_is),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
