/* The form of a token: its parts, their letters, its length; and how one is made. */
#include "chat/jwt.h"

#include <stdio.h>
#include <string.h>

#include "jwt_made.h"
#include "made.h"
#include "unit.h"

#define NO_TOKEN "not a token"
#define HEADER "{\"alg\":\"EdDSA\"}"
#define CLAIMS "{\"sub\":\"alice\",\"exp\":2000}"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
what_is_no_token_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} vectors[] = {
		{BYTES("")}, {BYTES(".")}, {BYTES("..")}, {BYTES("...")}, {BYTES("a")}, {BYTES("a.b")}, {BYTES("a.b.c")}, {BYTES("\0\0.\0.\0")},
		{BYTES("Bearer eyJhbGciOiJFZERTQSJ9.e30.AAAA")}, {BYTES("{\"alg\":\"EdDSA\"}.{}.x")}, {BYTES("\xff.\xff.\xff")},
		{BYTES("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMH0.")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct jwt t;

		unit_row("%s", v->text);
		jwt_made_fault(jwt_made_parse(&t, v->text, v->len, ""), NO_TOKEN);
	}
}

static void
a_signature_has_64_bytes(void **state)
{
	struct jwt t;

	(void)state;
	for (size_t len = 0; len <= 128; len++) /* Ed448 has 114 */
		jwt_made_fault(jwt_made_parse(&t, jwt_made, jwt_made_of(HEADER, CLAIMS, len), ""), len == JWT_SIGNATURE_SIZE ? NULL : NO_TOKEN);
}

/* RFC 7515, 2: no padding and nothing else between; and the bits that are left over are zero (RFC 4648, 3.5). */
static void
each_row_of_bytes_has_one_form(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char text[256];
	struct jwt t;
	size_t n;

	(void)state;
	n = jwt_made_of(HEADER, "{\"sub\":\"alice\",\"exp\":2000,\"?\":\"~~>>\"}", JWT_SIGNATURE_SIZE);
	assert_true(strchr(jwt_made, '-') && strchr(jwt_made, '_'));
	jwt_made_fault(jwt_made_parse(&t, jwt_made, n, ""), NULL);
	for (size_t i = 0; i <= n; i++) {
		memcpy(text, jwt_made, i);
		for (int c = 0; c < 256; c++) {
			if (c && strchr(digits, c))
				continue;
			text[i] = (char)c;
			memcpy(text + i + 1, jwt_made + i, n - i);
			jwt_made_fault(jwt_made_parse(&t, text, n + 1, ""), NO_TOKEN);
			memcpy(text + i + 1, jwt_made + i + 1, n - i);
			if (jwt_made[i] != c)
				jwt_made_fault(jwt_made_parse(&t, text, n, ""), i < n ? NO_TOKEN : NULL);
		}
	}
	for (size_t k = 0; k < 64; k++) {
		memcpy(text, jwt_made, n);
		text[n - 1] = digits[k];
		jwt_made_fault(jwt_made_parse(&t, text, n, ""), k % 16 == 0 ? NULL : NO_TOKEN);
	}
}

static void
a_part_more_or_less_is_no_token(void **state)
{
	static char text[sizeof jwt_made + 16];
	struct jwt t;

	(void)state;
	jwt_made_of(HEADER, CLAIMS, JWT_SIGNATURE_SIZE);
	snprintf(text, sizeof text, "%s.", jwt_made);
	jwt_made_fault(jwt_made_parse(&t, text, strlen(text), ""), NO_TOKEN);
	snprintf(text, sizeof text, ".%s", jwt_made);
	jwt_made_fault(jwt_made_parse(&t, text, strlen(text), ""), NO_TOKEN);
	snprintf(text, sizeof text, "%s.AAAA.AAAA", jwt_made); /* five: encrypted (RFC 7516) */
	jwt_made_fault(jwt_made_parse(&t, text, strlen(text), ""), NO_TOKEN);
}

static void
a_token_has_4096_bytes_at_most(void **state)
{
	static const size_t sizes[] = {JWT_MAX - 2, JWT_MAX - 1, JWT_MAX, JWT_MAX + 1, JWT_MAX + 2}, *size;
	char claims[4096];
	struct jwt t;

	(void)state;
	EACH(size, sizes) {
		size_t n = 0;

		unit_row("%zu", *size);
		for (int pad = 2900; n < *size; pad++) { /* each three bytes are four characters: with a head that is longer by one, any size */
			snprintf(claims, sizeof claims, "{\"sub\":\"alice\",\"exp\":2000,\"x\":\"%0*d\"}", pad, 1);
			for (const char *const *header = (const char *const[]){HEADER, HEADER " ", HEADER "  ", NULL}; *header && n != *size; header++)
				n = jwt_made_of(*header, claims, JWT_SIGNATURE_SIZE);
		}
		assert_int_equal(n, *size);
		jwt_made_fault(jwt_made_parse(&t, jwt_made, n, ""), n <= JWT_MAX ? NULL : NO_TOKEN);
	}
	memset(jwt_made, 'A', sizeof jwt_made);
	jwt_made[4] = jwt_made[8] = '.';
	jwt_made_fault(jwt_made_parse(&t, jwt_made, sizeof jwt_made, ""), NO_TOKEN);
}

static void
what_is_made_reads_back_the_same(void **state)
{
	static const struct {
		const char *kid, *user, *audience;
		int64_t now, exp;
	} vectors[] = {
		{"20261125T104152Z", "alice", "", 1764067312, 1764070912},
		{"k", "a", "chat", 0, 1},
		{X64, X64, "\"\\\x01\x1f\t\xc3\xa9", 2147483647, 2147483648},
		{"k", "alice", "https://chat.example/", 4102444800, 253402300799},
	}, *v;
	uint8_t signature[JWT_SIGNATURE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof signature; i++)
		signature[i] = (uint8_t)(255 - i);
	EACH(v, vectors) {
		struct name user = made_name(v->user);
		struct buf out = {0};
		struct jwt t;
		size_t n;

		unit_row("%s %s", v->kid, v->user);
		assert_int_equal(jwt_make(&out, v->kid, &user, v->now, v->exp, v->audience), 0);
		n = buf_len(&out);
		assert_int_equal(jwt_seal(&out, signature), 0);
		jwt_made_fault(jwt_made_parse(&t, (const char *)buf_at(&out), buf_len(&out), v->audience), NULL);
		assert_string_equal(t.kid, v->kid);
		assert_true(name_equal(&t.user, &user));
		assert_true(t.iat == v->now && t.exp == v->exp && t.nbf == 0);
		assert_int_equal(t.input_len, n);
		assert_memory_equal(t.signature, signature, sizeof signature);
		buf_free(&out);
	}
}

static void
the_longest_that_is_made_is_taken(void **state)
{
	struct name user = made_name(X64);
	char audience[JWT_AUDIENCE_MAX + 1] = "";
	uint8_t signature[JWT_SIGNATURE_SIZE] = {0};
	struct buf out = {0};
	struct jwt t;

	(void)state;
	memset(audience, 1, JWT_AUDIENCE_MAX); /* six characters each in JSON */
	assert_int_equal(jwt_make(&out, X64, &user, 253402300798, 253402300799, audience), 0);
	assert_int_equal(jwt_seal(&out, signature), 0);
	jwt_made_fault(jwt_made_parse(&t, (const char *)buf_at(&out), buf_len(&out), audience), NULL);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_token_is_refused),
		TEST(a_signature_has_64_bytes),
		TEST(each_row_of_bytes_has_one_form),
		TEST(a_part_more_or_less_is_no_token),
		TEST(a_token_has_4096_bytes_at_most),
		TEST(what_is_made_reads_back_the_same),
		TEST(the_longest_that_is_made_is_taken),
	};

	return cmocka_run_group_tests_name("jwt form", tests, NULL, NULL);
}
