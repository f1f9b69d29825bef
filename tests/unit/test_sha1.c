#include "ws/sha1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

#define HEX_SIZE (2 * SHA1_SIZE + 1)
#define LENGTHS 201

static void
hex_of(const void *data, size_t len, char hex[HEX_SIZE])
{
	uint8_t digest[SHA1_SIZE];

	sha1(guard_put(0, data, len), len, digest);
	for (size_t i = 0; i < SHA1_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void
digests_are_those_of_fips_180(void **state)
{
	static const struct {
		const char *text, *hex;
	} vectors[] = {
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"a", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		 "a49b2446a02c645bf419f995b67091253a04a259"},
	}, *v;
	char hex[HEX_SIZE];

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->text);
		hex_of(v->text, strlen(v->text), hex);
		assert_string_equal(hex, v->hex);
	}
}

static void
digest_of_a_million_letters_is_that_of_fips_180(void **state)
{
	static char letters[1000000];
	char hex[HEX_SIZE];

	(void)state;
	memset(letters, 'a', sizeof letters);
	hex_of(letters, sizeof letters, hex);
	assert_string_equal(hex, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

static void
every_length_round_the_blocks_is_padded_right(void **state)
{
	char *file = unit_file("tests/vectors/sha1.txt"), *line = file, expected[HEX_SIZE], hex[HEX_SIZE];
	unsigned char data[LENGTHS];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)i;
	for (size_t len = 0; len < LENGTHS; len++) {
		size_t of;
		int taken;

		unit_row("%zu bytes", len);
		assert_int_equal(sscanf(line, "%zu %40s\n%n", &of, expected, &taken), 2);
		assert_int_equal(of, len);
		line += taken;
		hex_of(data, len, hex);
		assert_string_equal(hex, expected);
	}
	unit_rows_done();
	assert_int_equal(*line, 0);
	free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(digests_are_those_of_fips_180),
		TEST(digest_of_a_million_letters_is_that_of_fips_180),
		TEST(every_length_round_the_blocks_is_padded_right),
	};

	return cmocka_run_group_tests_name("sha1", tests, NULL, NULL);
}
