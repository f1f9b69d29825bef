#include "chat/jwt.h"

#include <stdio.h>
#include <string.h>

#include "jwt_made.h"
#include "unit.h"

#define NO_TOKEN "not a token"
#define ALGORITHM "the token is not signed with EdDSA"
#define CRITICAL "the token asks for what is not known here"
#define NO_KEY "the token does not name a key"
#define NOBODY "the token does not say who it is for: sub is to be a name"
#define NO_TIME "the token does not say when it ends, or not as a number of seconds"
#define AUDIENCE "the token is for another audience"
#define ENDED "the token has ended"
#define EARLY "the token is not valid yet"

#define HEADER "{\"alg\":\"EdDSA\"}"
#define CLAIMS "{\"sub\":\"alice\",\"exp\":2000}"
#define SIGNATURE 86 /* characters */
#define N60 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* No part of it from the start is a token. */
static void
check_prefixes(size_t len, const char *audience)
{
	struct jwt t;

	for (size_t cut = 0; cut < len; cut++)
		jwt_made_fault(jwt_made_parse(&t, jwt_made, cut, audience), NO_TOKEN);
}

static void
a_token_is_taken_apart(void **state)
{
	static const struct {
		const char *header, *claims, *kid, *user;
		int64_t exp, nbf, iat;
	} vectors[] = {
		{HEADER, CLAIMS, "", "alice", 2000, 0, 0},
		{"{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"2026\"}", "{\"sub\":\"a.b_c@d+e-f\",\"exp\":2000,\"nbf\":1000,\"iat\":999}", "2026",
		 "a.b_c@d+e-f", 2000, 1000, 999},
		{" {\r\n\t\"alg\" : \"EdDSA\" } \n", "\t{ \"exp\":2000 , \"sub\":\"alice\" }\r\n", "", "alice", 2000, 0, 0},
		{"{\"\\u0061lg\":\"Ed\\u0044SA\"}", "{\"sub\":\"\\u0061lice\",\"exp\":2e3}", "", "alice", 2000, 0, 0},
		{HEADER, "{\"sub\":\"alice\",\"exp\":2000.999,\"nbf\":0.5,\"iat\":1e0}", "", "alice", 2000, 0, 1},
		{HEADER, "{\"sub\":\"alice\",\"exp\":0,\"nbf\":-0}", "", "alice", 0, 0, 0},
		{HEADER, "{\"sub\":\"alice\",\"exp\":253402300799}", "", "alice", 253402300799, 0, 0},
		{HEADER, "{\"sub\":\"alice\",\"exp\":2000,\"Exp\":\"x\",\"SUB\":7,\"roles\":{\"a\":[{\"b\":[[[1]]]}]}}", "", "alice", 2000, 0, 0},
		{"{\"alg\":\"EdDSA\",\"kid\":\"" X64 "\",\"jku\":\"http://a/\",\"jwk\":{},\"x5c\":[],\"b64\":false,\"ALG\":\"none\"}", CLAIMS, X64,
		 "alice", 2000, 0, 0},
		{"{\"alg\":\"EdDSA\",\"kid\":\"../../etc/passwd\"}", CLAIMS, "../../etc/passwd", "alice", 2000, 0, 0},
		{HEADER, "{\"sub\":\"" N60 "nnnn\",\"exp\":2000}", "", N60 "nnnn", 2000, 0, 0},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		size_t n = jwt_made_of(v->header, v->claims, JWT_SIGNATURE_SIZE);
		struct jwt t;

		unit_row("%s %s", v->header, v->claims);
		jwt_made_fault(jwt_made_parse(&t, jwt_made, n, ""), NULL);
		assert_string_equal(t.kid, v->kid);
		assert_string_equal(t.user.text, v->user);
		assert_true(t.exp == v->exp && t.nbf == v->nbf && t.iat == v->iat);
		assert_int_equal(t.input_len, n - SIGNATURE - 1);
		assert_memory_equal(t.input, jwt_made, t.input_len);
		for (size_t i = 0; i < JWT_SIGNATURE_SIZE; i++)
			assert_int_equal(t.signature[i], (uint8_t)(200 + i));
		check_prefixes(n, "");
	}
}

static void
a_head_that_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *fault, *header;
	} vectors[] = {
		{ALGORITHM, "{}"},
		{ALGORITHM, "{\"alg\":\"none\"}"},
		{ALGORITHM, "{\"alg\":\"NONE\"}"},
		{ALGORITHM, "{\"alg\":\"\"}"},
		{ALGORITHM, "{\"alg\":\"HS256\"}"},
		{ALGORITHM, "{\"alg\":\"RS256\"}"},
		{ALGORITHM, "{\"alg\":\"ES256\"}"},
		{ALGORITHM, "{\"alg\":\"Ed25519\"}"},
		{ALGORITHM, "{\"alg\":\"Ed448\"}"},
		{ALGORITHM, "{\"alg\":\"eddsa\"}"},
		{ALGORITHM, "{\"alg\":\"EdDSA \"}"},
		{ALGORITHM, "{\"alg\":[\"EdDSA\"]}"},
		{ALGORITHM, "{\"alg\":{\"EdDSA\":1}}"},
		{ALGORITHM, "{\"alg\":null}"},
		{ALGORITHM, "{\"alg\":7}"},
		{ALGORITHM, "{\"Alg\":\"EdDSA\"}"},
		{CRITICAL, "{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"b64\":false}"},
		{CRITICAL, "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"],\"exp\":2000}"},
		{CRITICAL, "{\"alg\":\"EdDSA\",\"crit\":[]}"},
		{CRITICAL, "{\"alg\":\"EdDSA\",\"crit\":null}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":\"\"}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":\"" X64 "x\"}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":7}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":null}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":[\"a\"]}"},
		{NO_KEY, "{\"alg\":\"EdDSA\",\"kid\":{}}"},
		{NO_TOKEN, ""},
		{NO_TOKEN, " "},
		{NO_TOKEN, "null"},
		{NO_TOKEN, "\"EdDSA\""},
		{NO_TOKEN, "[{\"alg\":\"EdDSA\"}]"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"alg\":\"none\"}"},
		{NO_TOKEN, "{\"alg\":\"none\",\"alg\":\"EdDSA\"}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"\\u0061lg\":\"EdDSA\"}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"x\":1,\"y\":2,\"x\":1}"},
		{NO_TOKEN, HEADER "x"},
		{NO_TOKEN, HEADER HEADER},
		{NO_TOKEN, HEADER "}"},
		{NO_TOKEN, HEADER "\v"},
		{NO_TOKEN, "\xef\xbb\xbf" HEADER},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\""},
		{NO_TOKEN, "{'alg':'EdDSA'}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\\u0000\"}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"kid\":\"a\\u0000b\"}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"kid\":\"a\nb\"}"},
		{NO_TOKEN, "{\"alg\":\"EdDSA\",\"x\":[[[[[[[[]]]]]]]]}"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		size_t n = jwt_made_of(v->header, CLAIMS, JWT_SIGNATURE_SIZE);
		struct jwt t;

		unit_row("%s", v->header);
		jwt_made_fault(jwt_made_parse(&t, jwt_made, n, ""), v->fault);
		check_prefixes(n, "");
	}
}

static void
claims_that_are_missing_or_wrong_are_refused(void **state)
{
	static const struct {
		const char *fault, *claims;
	} vectors[] = {
		{NOBODY, "{}"},
		{NOBODY, "{\"exp\":2000}"},
		{NOBODY, "{\"exp\":2000,\"Sub\":\"alice\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":null}"},
		{NOBODY, "{\"exp\":2000,\"sub\":7}"},
		{NOBODY, "{\"exp\":2000,\"sub\":[\"alice\"]}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\".ctl\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\".store\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"..\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"../alice\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"al ice\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"alice\\n\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"\\u00e9\"}"},
		{NOBODY, "{\"exp\":2000,\"sub\":\"" X64 "x\"}"},
		{NO_TIME, "{\"sub\":\"alice\"}"},
		{NO_TIME, "{\"sub\":\"alice\",\"EXP\":2000}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":null}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":\"2000\"}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":true}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":[2000]}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":-1}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":-1e-300}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":253402300800}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":9223372036854775808}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":1e999}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":2000,\"nbf\":\"1000\"}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":2000,\"nbf\":-5}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":2000,\"nbf\":1e300}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":2000,\"iat\":null}"},
		{NO_TIME, "{\"sub\":\"alice\",\"exp\":2000,\"iat\":{}}"},
		{NO_TOKEN, ""},
		{NO_TOKEN, "Example of Ed25519 signing"}, /* RFC 8037, A.4 */
		{NO_TOKEN, "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.AAAA"}, /* one in the other */
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":2000,\"sub\":\"bob\"}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":2000,\"exp\":3000}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":NaN}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":Infinity}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":02000}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":+2000}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":0x7d0}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":2000.}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":" N60 "}"},
		{NO_TOKEN, "{\"sub\":\"alice\\u0000\",\"exp\":2000}"},
		{NO_TOKEN, CLAIMS " x"},
		{NO_TOKEN, CLAIMS "{\"sub\":\"bob\"}"},
		{NO_TOKEN, "{\"sub\":\"alice\",\"exp\":2000,\"x\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		size_t n = jwt_made_of(HEADER, v->claims, JWT_SIGNATURE_SIZE);
		struct jwt t;

		unit_row("%s", v->claims);
		jwt_made_fault(jwt_made_parse(&t, jwt_made, n, ""), v->fault);
		check_prefixes(n, "");
	}
}

static void
a_token_is_for_its_audience(void **state)
{
	static const struct {
		const char *ours, *aud, *fault;
	} vectors[] = {
		{"", "", NULL},
		{"", "\"aud\":\"chat\",", AUDIENCE},
		{"", "\"aud\":\"\",", AUDIENCE},
		{"", "\"aud\":null,", AUDIENCE},
		{"", "\"aud\":[],", AUDIENCE},
		{"", "\"aud\":[\"\"],", AUDIENCE},
		{"chat", "", AUDIENCE},
		{"chat", "\"aud\":\"chat\",", NULL},
		{"chat", "\"aud\":[\"chat\"],", NULL},
		{"chat", "\"aud\":[\"mail\",\"chat\"],", NULL},
		{"chat", "\"aud\":[\"mail\",\"news\"],", AUDIENCE},
		{"chat", "\"aud\":\"Chat\",", AUDIENCE},
		{"chat", "\"aud\":\"chat \",", AUDIENCE},
		{"chat", "\"aud\":\"cha\",", AUDIENCE},
		{"chat", "\"aud\":\"\",", AUDIENCE},
		{"chat", "\"aud\":[],", AUDIENCE},
		{"chat", "\"aud\":7,", AUDIENCE},
		{"chat", "\"aud\":null,", AUDIENCE},
		{"chat", "\"aud\":{\"chat\":\"chat\"},", AUDIENCE},
		{"chat", "\"aud\":[[\"chat\"]],", AUDIENCE},
		{"chat", "\"Aud\":\"chat\",", AUDIENCE},
		{"https://a/\xc3\xa9", "\"aud\":\"https:\\/\\/a/\\u00e9\",", NULL},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char claims[256];
		struct jwt t;

		unit_row("%s for %s", v->aud, v->ours);
		snprintf(claims, sizeof claims, "{%s\"sub\":\"alice\",\"exp\":2000}", v->aud);
		jwt_made_fault(jwt_made_parse(&t, jwt_made, jwt_made_of(HEADER, claims, JWT_SIGNATURE_SIZE), v->ours), v->fault);
	}
}

static void
a_token_is_good_from_then_till_then(void **state)
{
	static const struct {
		int64_t now, exp, nbf, iat;
		const char *fault;
	} vectors[] = {
		{1000, 1000, 0, 0, NULL},
		{1029, 1000, 0, 0, NULL},
		{1030, 1000, 0, 0, ENDED},
		{1031, 1000, 0, 0, ENDED},
		{253402300799, 1000, 0, 0, ENDED},
		{1000, 0, 0, 0, ENDED},
		{0, 253402300799, 0, 0, NULL},
		{1000, 2000, 1000, 1000, NULL},
		{1000, 2000, 1030, 0, NULL},
		{1000, 2000, 1031, 0, EARLY},
		{1000, 2000, 0, 1030, NULL},
		{1000, 2000, 0, 1031, EARLY},
		{1000, 2000, 253402300799, 0, EARLY},
		{1000, 900, 2000, 0, ENDED},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct jwt t = {.exp = v->exp, .nbf = v->nbf, .iat = v->iat};

		unit_row("%lld: %lld %lld %lld", (long long)v->now, (long long)v->exp, (long long)v->nbf, (long long)v->iat);
		jwt_made_fault(jwt_time_fault(&t, v->now), v->fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_is_taken_apart),
		TEST(a_head_that_is_not_ours_is_refused),
		TEST(claims_that_are_missing_or_wrong_are_refused),
		TEST(a_token_is_for_its_audience),
		TEST(a_token_is_good_from_then_till_then),
	};

	return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
