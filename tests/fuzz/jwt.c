/* The bytes as a token; or as the texts of its head and its claims, which the target encodes. The first byte says which, and who
 * we are. */
#include "chat/jwt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define TIME_MAX 253402300799 /* the last second of the year 9999 */
#define SIGNATURE 86          /* letters of 64 bytes */
#define TEXT_MAX 8192

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char *const audiences[] = {"", "chat", "\"\\ \xc3\xa9", "https://chat.example/"};

/* Base64 for URLs, bit by bit: slow, and not the code that is tested. */
static size_t
encode(char *to, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	for (size_t bit = 0; bit < 8 * len; bit += 6) {
		unsigned value = 0;

		for (size_t i = bit; i < bit + 6; i++)
			value = value << 1 | (i < 8 * len && bytes[i / 8] >> (7 - i % 8) & 1);
		to[n++] = digits[value];
	}
	return n;
}

/* Whether these letters are the only ones for what they mean. */
static bool
is_plain(const char *text, size_t len)
{
	uint8_t bytes[TEXT_MAX] = {0};
	char again[TEXT_MAX];

	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		for (size_t bit = 0; bit < 6; bit++)
			if ((digit - digits) >> (5 - bit) & 1)
				bytes[(6 * i + bit) / 8] |= (uint8_t)(1 << (7 - (6 * i + bit) % 8));
	}
	return encode(again, bytes, 6 * len / 8) == len && memcmp(again, text, len) == 0;
}

static void
check_times(const struct jwt *t)
{
	int64_t from = (t->nbf > t->iat ? t->nbf : t->iat) - JWT_SKEW, end = t->exp + JWT_SKEW;

	CHECK(t->exp >= 0 && t->exp <= TIME_MAX && t->nbf >= 0 && t->nbf <= TIME_MAX && t->iat >= 0 && t->iat <= TIME_MAX);
	CHECK(jwt_time_fault(t, end) && jwt_time_fault(t, from - 1));
	if (from < end)
		CHECK(!jwt_time_fault(t, from) && !jwt_time_fault(t, end - 1));
}

/* What is made of what was read, is read the same. */
static void
check_again(const struct jwt *t, const char *audience)
{
	const char *kid = *t->kid ? t->kid : "k";
	struct buf out = {0};
	struct jwt again;
	char *block;
	size_t len;

	CHECK(jwt_make(&out, kid, &t->user, t->iat, t->exp, audience) == 0 && jwt_seal(&out, t->signature) == 0);
	len = buf_len(&out);
	block = fuzz_block(buf_at(&out), len);
	CHECK(!jwt_parse(&again, block, len, audience));
	CHECK(strcmp(again.kid, kid) == 0 && name_equal(&again.user, &t->user));
	CHECK(again.exp == t->exp && again.iat == t->iat && again.nbf == 0);
	CHECK(memcmp(again.signature, t->signature, JWT_SIGNATURE_SIZE) == 0);
	free(block);
	buf_free(&out);
}

static void
check_good(const struct jwt *t, const char *text, size_t len, const char *audience)
{
	const char *dot = memchr(text, '.', len);
	char signature[SIGNATURE];
	struct name name;

	CHECK(len <= JWT_MAX && t->input == text && t->input_len + 1 + SIGNATURE == len && text[t->input_len] == '.');
	CHECK(is_plain(text, (size_t)(dot - text)) && is_plain(dot + 1, t->input_len - (size_t)(dot + 1 - text)));
	CHECK(encode(signature, t->signature, JWT_SIGNATURE_SIZE) == SIGNATURE && memcmp(signature, text + len - SIGNATURE, SIGNATURE) == 0);
	CHECK(strlen(t->user.text) == t->user.len && name_make(&name, t->user.text, t->user.len) == 0 && name_equal(&name, &t->user));
	CHECK(memchr(t->kid, 0, sizeof t->kid));
	check_times(t);
	check_again(t, audience);
}

static bool
check_text(const char *text, size_t len, const char *audience)
{
	char *block = fuzz_block(text, len);
	struct jwt t;
	const char *why = jwt_parse(&t, block, len, audience);

	for (const char *p = why; p && (p == why || *p); p++)
		CHECK(isprint((unsigned char)*p));
	if (!why) {
		check_good(&t, block, len, audience);
		for (size_t i = 0; i < sizeof audiences / sizeof *audiences; i++)
			CHECK(!*audience == !*audiences[i] || jwt_parse(&t, block, len, audiences[i]));
		for (size_t cut = 0; cut < len; cut += fuzz_step(len))
			CHECK(jwt_parse(&t, fuzz_at_end(block, len, text, cut), cut, audience));
	}
	free(block);
	return !why;
}

static bool
ends_as_object(const uint8_t *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	return len > 0 && text[len - 1] == '}';
}

/* A zero byte parts head and claims. */
static void
check_parts(const uint8_t *data, size_t len, const char *audience)
{
	static const uint8_t signature[JWT_SIGNATURE_SIZE] = {0xff, 0xef, 0xbe};
	const uint8_t *nul = len > 0 ? memchr(data, 0, len) : NULL;
	size_t head = nul ? (size_t)(nul - data) : len, n;
	char text[TEXT_MAX];

	n = encode(text, data, head);
	text[n++] = '.';
	n += encode(text + n, data + head + (nul ? 1 : 0), nul ? len - head - 1 : 0);
	text[n++] = '.';
	n += encode(text + n, signature, sizeof signature);
	if (check_text(text, n, audience))
		CHECK(nul && ends_as_object(data, head) && ends_as_object(nul + 1, len - head - 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	unsigned how = fuzz_byte(&in);
	const char *audience = audiences[how & 3];

	if (how & 0x80 && in.len <= TEXT_MAX)
		check_text((const char *)in.at, in.len, audience);
	else if (in.len <= TEXT_MAX / 2)
		check_parts(in.at, in.len, audience);
	return 0;
}
