#include "ws/base64.h"

#include <sodium.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

static void
encodes_the_vectors_of_rfc_4648(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} vectors[] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	}, *v;
	char out[16];

	(void)state;
	EACH(v, vectors) {
		size_t len = strlen(v->plain);

		unit_row("%s", v->plain);
		memset(out, '~', sizeof out);
		base64_encode(out, guard_put(0, v->plain, len), len);
		assert_string_equal(out, v->encoded);
		assert_int_equal(strlen(out), BASE64_SIZE(len));
		assert_int_equal(out[strlen(out) + 1], '~');
	}
}

static void
encodes_every_length_as_libsodium_does(void **state)
{
	uint32_t seed = 64;
	unsigned char data[100];
	char mine[BASE64_SIZE(sizeof data) + 1], theirs[sizeof mine];

	(void)state;
	for (size_t len = 0; len <= sizeof data; len++) {
		unit_row("%zu bytes", len);
		unit_random_bytes(&seed, data, len);
		base64_encode(mine, guard_put(0, data, len), len);
		sodium_bin2base64(theirs, sizeof theirs, data, len, sodium_base64_VARIANT_ORIGINAL);
		assert_string_equal(mine, theirs);
		assert_true(base64_is(guard_put(0, mine, strlen(mine)), strlen(mine), len));
	}
	unit_rows_done();
}

static void
all_64_digits_are_those_of_rfc_4648(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[5];

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		uint8_t bytes[3] = {(uint8_t)(i << 2 | i >> 4), (uint8_t)(i << 4 | i >> 2), (uint8_t)(i << 6 | i)};
		const char same[] = {digits[i], digits[i], digits[i], digits[i], 0};

		base64_encode(out, bytes, sizeof bytes);
		assert_string_equal(out, same);
	}
}

static void
a_text_of_another_number_of_bytes_is_refused(void **state)
{
	static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

	(void)state;
	assert_true(base64_is(key, strlen(key), 16));
	for (size_t bytes = 0; bytes <= 40; bytes++)
		assert_int_equal(base64_is(key, strlen(key), bytes), bytes == 16);
	for (size_t len = 0; len < strlen(key); len++)
		assert_false(base64_is(guard_put(0, key, len), len, 16));
	assert_false(base64_is("dGhlIHNhbXBsZSBub25jZQ==A", 25, 16));
	assert_true(base64_is("AQIDBAUGBwgJCgsMDQ4PEC==", 24, 16)); /* RFC 6455, 4.1 has it, with bits beyond the end */
}

static int
is_digit(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static void
any_other_character_at_any_place_is_refused(void **state)
{
	char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

	(void)state;
	for (size_t at = 0; at < strlen(key); at++) {
		char was = key[at];

		for (int c = 0; c < 256; c++) {
			key[at] = (char)c;
			assert_int_equal(base64_is(key, 24, 16), at < 22 ? is_digit(c) : c == '=');
		}
		key[at] = was;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(encodes_the_vectors_of_rfc_4648),
		TEST(encodes_every_length_as_libsodium_does),
		TEST(all_64_digits_are_those_of_rfc_4648),
		TEST(a_text_of_another_number_of_bytes_is_refused),
		TEST(any_other_character_at_any_place_is_refused),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
