#include "ws/deflate.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "guard.h"
#include "unit.h"

#define MOST 70000
#define LIMIT 100000

static const struct deflate_params usual = {false, false, 15, 15};
static const struct deflate_params no_context = {true, true, 15, 15};

static void
inflate_is(struct deflate *d, const char *data, size_t len, size_t step, const char *text, size_t text_len)
{
	deflate_begin(d);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		assert_int_equal(deflate_inflate(d, guard_put(0, data + at, n), n, LIMIT), DEFLATE_OK);
	}
	assert_int_equal(deflate_inflate_end(d, LIMIT), DEFLATE_OK);
	assert_int_equal(d->len, text_len);
	assert_memory_equal(d->data, text, text_len);
}

static void
the_examples_of_rfc_7692_are_inflated(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *text;
	} vectors[] = {
		{BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello"},                                 /* 7.2.3.1 */
		{BYTES("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},                 /* 7.2.3.3: not compressed */
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},                             /* 7.2.3.4: BFINAL, padded, */
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello"},                                 /* and not */
		{BYTES("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},         /* 7.2.3.5: two blocks */
		{BYTES("\x00"), ""},                                                             /* 7.2.3.6 */
		{BYTES("\x03\x00"), ""},
		{BYTES("\x02\x00"), ""},
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "HelloHello"}, /* after a final block */
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"), "HelloHello"},        /* with its window */
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct deflate d;

		unit_row("%s, %zu bytes", v->text, v->len);
		deflate_init(&d, &usual, true);
		for (size_t step = 1; step <= v->len; step++)
			inflate_is(&d, v->data, v->len, step, v->text, strlen(v->text));
		deflate_finish(&d);
	}
}

/* RFC 7692, 7.2.3.2: the second message refers to the first, which is there only if context is taken over. */
static void
a_message_may_refer_to_those_before_it_where_that_was_agreed(void **state)
{
	static const char again[] = "\xf2\x00\x11\x00\x00";
	struct deflate d;

	(void)state;
	deflate_init(&d, &usual, true);
	inflate_is(&d, BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00"), 3, "Hello", 5);
	deflate_rest(&d);
	inflate_is(&d, again, sizeof again - 1, 1, "Hello", 5);
	deflate_finish(&d);
	deflate_init(&d, &usual, true);
	inflate_is(&d, BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00"), 9, "Hello", 5); /* a final block ends no context */
	inflate_is(&d, again, sizeof again - 1, 1, "Hello", 5);
	deflate_finish(&d);
	deflate_init(&d, &no_context, true);
	inflate_is(&d, BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00"), 3, "Hello", 5);
	deflate_begin(&d);
	assert_int_equal(deflate_inflate(&d, again, sizeof again - 1, LIMIT), DEFLATE_BAD);
	deflate_finish(&d);
}

static void
what_is_not_deflate_or_not_whole_is_bad(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} vectors[] = {
		{BYTES("")},
		{BYTES("\xf2\x48\xcd\xc9\xc9\x07")}, /* a block that does not end, not even with the bytes that are put back, */
		{BYTES("\xf2\x48\xcd")},
		{BYTES("\x00\x05\x00\xfa\xff\x48\x65")},
		{BYTES("\x00\x05\x00\xfa")},
		{BYTES("\x06")},                     /* a block of the reserved type, */
		{BYTES("\x00\x05\x00\xfa\xfe\x48")}, /* a length that its complement denies, */
		{BYTES("\xff\xff\xff\xff")},
		{BYTES("\xf2\x00\x11\x00\x00")},     /* a distance before the start, */
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\x06")}, /* and behind a final block */
	}, *v;

	(void)state;
	EACH(v, vectors) {
		for (size_t cut = 0; cut <= v->len; cut++) {
			enum deflate_result r;
			struct deflate d;

			unit_row("%zu bytes, cut at %zu", v->len, cut);
			deflate_init(&d, &usual, true);
			deflate_begin(&d);
			r = deflate_inflate(&d, guard_put(0, v->data, cut), cut, LIMIT);
			if (r == DEFLATE_OK)
				r = deflate_inflate(&d, guard_put(0, v->data + cut, v->len - cut), v->len - cut, LIMIT);
			if (r == DEFLATE_OK)
				r = deflate_inflate_end(&d, LIMIT);
			assert_int_equal(r, DEFLATE_BAD);
			deflate_finish(&d);
		}
	}
}

/* Fourteen ones end this block, and the last of the bytes that are put back have sixteen: two are left of a byte, and nothing
 * that may follow begins there. */
static void
bits_that_are_left_over_are_bad(void **state)
{
	static unsigned char text[1 << 14], out[1 << 14];
	z_stream z = {.next_in = text, .next_out = out, .avail_out = sizeof out};
	struct deflate d;
	size_t len = 0;

	(void)state;
	/* Each byte half as often as the one before: so the codes are 0, 10, 110 and so on, and the end's is the last. */
	for (size_t byte = 0, count = 1 << 13; count > 0; byte++, count /= 2)
		for (size_t i = 0; i < count; i++)
			text[len++] = (unsigned char)byte;
	z.avail_in = (unsigned)len;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 9, Z_HUFFMAN_ONLY), Z_OK);
	assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
	deflateEnd(&z);
	deflate_init(&d, &usual, true);
	deflate_begin(&d);
	assert_int_equal(deflate_inflate(&d, out, 200, LIMIT), DEFLATE_OK);
	assert_in_range(d.len, 100, 2000); /* in the midst of the block */
	assert_int_equal(deflate_inflate_end(&d, LIMIT), DEFLATE_BAD);
	assert_int_equal(d.inflater->data_type & 128, 128); /* though a block has ended */
	deflate_finish(&d);
}

static void
a_window_is_as_wide_as_the_message_can_use(void **state)
{
	static const struct {
		size_t len;
		uint8_t bits;
	} vectors[] = {{100, 9}, {250, 9}, {251, 10}, {762, 10}, {763, 11}, {300, 11}, {20000, 15}, {MOST, 15}, {100, 15}}, *v;
	static char text[MOST], out[MOST];
	struct deflate d;

	(void)state;
	deflate_init(&d, &no_context, true);
	EACH(v, vectors) {
		unit_row("%zu", v->len);
		assert_true(deflate_message(&d, text, v->len, out, sizeof out) > 0);
		assert_int_equal(d.deflater_bits, v->bits); /* one that is wide enough stays */
	}
	deflate_finish(&d);
}

/* A text like a chat's: words that come back, and now and then noise. */
static size_t
make_text(uint32_t *seed, char *text, size_t len)
{
	static const char *const words[] = {"{\"type\":\"private_message\",", "\"sender\":\"alice\",", "hello ", "wie geht's? ", "0123456789"};

	for (size_t at = 0; at < len;) {
		const char *word = words[unit_random(seed) % COUNT(words)];
		size_t n = strlen(word) < len - at ? strlen(word) : len - at;

		if (unit_random(seed) % 8 == 0)
			unit_random_bytes(seed, text + at, n);
		else
			memcpy(text + at, word, n);
		at += n;
	}
	return len;
}

/* A receiver with no more of a window than it must have: what it is given may not reach back further. */
static void
inflates_within(z_stream *z, unsigned bits, const char *data, size_t len, size_t text_len)
{
	static const char tail[] = "\x00\x00\xff\xff";
	static unsigned char room[MOST];
	size_t step = bits == 8 ? 1 : (size_t)1 << (bits - 4), total = 0;

	for (int part = 0; part < 2; part++) {
		z->next_in = (const void *)(part ? tail : data);
		z->avail_in = part ? 4 : (unsigned)len;
		do {
			z->next_out = room;
			z->avail_out = (unsigned)step;
			assert_in_range(inflate(z, Z_SYNC_FLUSH) + 10, Z_BUF_ERROR + 10, Z_OK + 10);
			total += step - z->avail_out;
		} while (z->avail_in > 0 || z->avail_out == 0);
	}
	assert_int_equal(total, text_len);
}

static void
what_one_end_compresses_the_other_inflates(void **state)
{
	static char text[MOST];
	uint32_t seed = 7692;

	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		struct deflate_params params = {i & 1, i & 2, (uint8_t)(8 + (i >> 2)), 15};
		struct deflate server, client;
		z_stream strict = {0};
		unsigned compressed = 0;

		unit_row("%u", i);
		deflate_init(&server, &params, true);
		deflate_init(&client, &params, false);
		assert_int_equal(inflateInit2(&strict, -(int)params.server_max_window_bits), Z_OK);
		for (int round = 0; round < 24; round++) {
			size_t len = make_text(&seed, text, unit_random(&seed) % (round % 6 ? 3000 : MOST));
			size_t size = unit_random(&seed) % 4 ? len : len / 4;
			char *out = guard_put(1, NULL, size);
			size_t n = deflate_message(&server, guard_put(2, text, len), len, out, size);

			if (n == 0) /* does not fit: sent as it is */
				continue;
			assert_true(n <= size);
			inflate_is(&client, out, n, 1 + unit_random(&seed) % n, text, len);
			if (params.server_no_context_takeover)
				inflateReset(&strict);
			inflates_within(&strict, params.server_max_window_bits, out, n, len);
			compressed++;
			if (unit_random(&seed) % 3 == 0)
				deflate_rest(&client);
			if (unit_random(&seed) % 3 == 0)
				deflate_rest(&server);
		}
		inflateEnd(&strict);
		deflate_finish(&server);
		deflate_finish(&client);
		assert_true(compressed > 8);
	}
	unit_rows_done();
}

static void
context_that_is_taken_over_makes_the_second_message_shorter(void **state)
{
	static const char text[] = "{\"type\":\"private_message\",\"sender\":\"Alice\",\"receiver\":\"Bob\",\"message\":\"Hey Bob\"}";
	struct deflate d;
	char out[200];
	size_t first, second;

	(void)state;
	deflate_init(&d, &usual, true);
	first = deflate_message(&d, BYTES(text), out, sizeof out);
	second = deflate_message(&d, BYTES(text), out, sizeof out);
	assert_in_range(second, 1, first / 4);
	deflate_finish(&d);
	deflate_init(&d, &no_context, true);
	first = deflate_message(&d, BYTES(text), out, sizeof out);
	second = deflate_message(&d, BYTES(text), out, sizeof out);
	assert_int_equal(first, second);
	assert_int_equal(deflate_message(&d, "", 0, out, sizeof out), 0);
	assert_int_equal(deflate_message(&d, BYTES(text), out, 0), 0);
	deflate_finish(&d);
}

/* What a message that was not sent would have left must not be referred to. */
static void
a_message_that_does_not_fit_leaves_no_trace(void **state)
{
	static char text[3000];
	struct deflate server, client;
	char out[3000];
	size_t n;

	(void)state;
	unit_random_bytes(&(uint32_t){5}, text, sizeof text);
	deflate_init(&server, &usual, true);
	deflate_init(&client, &usual, false);
	assert_int_equal(deflate_message(&server, text, sizeof text, out, sizeof out), 0);
	memset(text + 1000, 'x', 2000);
	n = deflate_message(&server, text, sizeof text, out, sizeof out);
	assert_in_range(n, 1000, 1100);
	inflate_is(&client, out, n, n, text, sizeof text);
	deflate_finish(&server);
	deflate_finish(&client);
}

/* A thousand times what is let in, in a few bytes. */
static void
a_bomb_is_stopped_at_the_limit_while_it_inflates(void **state)
{
	static const size_t limits[] = {0, 1, 127, 1023, 1024, 1025, 65536}, *limit;
	static char zeros[1 << 20];
	struct deflate server;
	static char bomb[1 << 14];
	size_t n;

	(void)state;
	deflate_init(&server, &no_context, true);
	n = deflate_message(&server, zeros, sizeof zeros, bomb, sizeof bomb);
	assert_in_range(n, 1000, sizeof bomb);
	EACH(limit, limits) {
		struct deflate client;
		enum deflate_result r = DEFLATE_OK;
		size_t at = 0;

		unit_row("%zu", *limit);
		deflate_init(&client, &no_context, false);
		deflate_begin(&client);
		while (r == DEFLATE_OK && at < n)
			r = deflate_inflate(&client, bomb + at++, 1, *limit);
		assert_int_equal(r, DEFLATE_TOO_BIG);
		assert_true(client.len <= *limit + 1 && client.cap <= *limit + 1);
		assert_true(at < 100 + *limit / 100);
		deflate_finish(&client);
	}
	deflate_finish(&server);
}

static void
a_message_of_just_the_limit_is_let_in(void **state)
{
	static char text[MOST];
	static const size_t lengths[] = {1, 2, 1023, 1024, 1025, 2048, 4095, MOST}, *len;
	uint32_t seed = 1;

	(void)state;
	make_text(&seed, text, sizeof text);
	EACH(len, lengths) {
		struct deflate server, client;
		char *out = guard_put(1, NULL, *len + 20);
		size_t n;

		unit_row("%zu", *len);
		deflate_init(&server, &usual, true);
		deflate_init(&client, &usual, false);
		n = deflate_message(&server, text, *len, out, *len + 20);
		deflate_begin(&client);
		assert_int_equal(deflate_inflate(&client, out, n, *len), DEFLATE_OK);
		assert_int_equal(deflate_inflate_end(&client, *len), DEFLATE_OK);
		assert_int_equal(client.len, *len);
		assert_memory_equal(client.data, text, *len);
		deflate_begin(&client);
		assert_true(deflate_inflate(&client, BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00"), 4) == DEFLATE_TOO_BIG);
		deflate_finish(&server);
		deflate_finish(&client);
	}
}

static void
nothing_is_kept_that_no_later_message_needs(void **state)
{
	static const char hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00";
	char out[64];
	struct deflate d;

	(void)state;
	for (int context = 0; context < 2; context++) {
		deflate_init(&d, context ? &usual : &no_context, true);
		assert_true(!d.inflater && !d.deflater && !d.data);
		inflate_is(&d, hello, sizeof hello - 1, 7, "Hello", 5);
		assert_true(d.inflater && !d.deflater && d.data);
		assert_true(deflate_message(&d, BYTES("aaaaaaaaaaaaaaaaaaaaaaaa"), out, sizeof out) > 0);
		assert_non_null(d.deflater);
		deflate_begin(&d);
		assert_int_equal(deflate_inflate(&d, hello, 3, LIMIT), DEFLATE_OK);
		deflate_rest(&d); /* in the midst of a message */
		assert_true(d.inflater && !d.deflater && d.data);
		assert_int_equal(deflate_inflate(&d, hello + 3, 4, LIMIT), DEFLATE_OK);
		assert_int_equal(deflate_inflate_end(&d, LIMIT), DEFLATE_OK);
		assert_memory_equal(d.data, "Hello", 5);
		deflate_rest(&d);
		assert_true(!!d.inflater == context && !d.deflater && !d.data);
		deflate_finish(&d);
		assert_true(!d.inflater && !d.deflater && !d.data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_examples_of_rfc_7692_are_inflated),
		TEST(a_message_may_refer_to_those_before_it_where_that_was_agreed),
		TEST(what_is_not_deflate_or_not_whole_is_bad),
		TEST(bits_that_are_left_over_are_bad),
		TEST(a_window_is_as_wide_as_the_message_can_use),
		TEST(what_one_end_compresses_the_other_inflates),
		TEST(context_that_is_taken_over_makes_the_second_message_shorter),
		TEST(a_message_that_does_not_fit_leaves_no_trace),
		TEST(a_bomb_is_stopped_at_the_limit_while_it_inflates),
		TEST(a_message_of_just_the_limit_is_let_in),
		TEST(nothing_is_kept_that_no_later_message_needs),
	};

	return cmocka_run_group_tests_name("deflate", tests, NULL, NULL);
}
