#include "sys/token.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "key_place.h"
#include "made.h"
#include "unit.h"

#define UNKNOWN "the token is signed with a key that is not known here"
#define WRONG "the token's signature is not good"

/* {"alg":"EdDSA"}.{"sub":"alice","exp":2000}, signed by openssl with the key of RFC 8037. */
#define RFC_TOKEN "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMH0." \
                  "BIU0CNY6k1EK5r59djTTSw0u1fS7yPq77ikwl3IognUPhAU_oPXn3mt8SlYEOOx1cRmiI7rFERWs-K5K3X9YBw"

#define X25519 "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAza+GXcmS6uFOx5gQ62rVyTzHumTTbW03pJ9/cSDUpxM=\n-----END PUBLIC KEY-----\n"
#define ED448 "-----BEGIN PUBLIC KEY-----\nMEMwBQYDK2VxAzoAUfABFJ2otx8noBgHjgVTz9hpkBX+jZyIPVy/O1JHDKNus4YI\n" \
              "OVvzb0Wg60YyAWFbZoXA392d1oIA\n-----END PUBLIC KEY-----\n"
#define P256 "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgkhJ2r46tqsYfZ0KeFUhJ5DbOCxS\n" \
             "mOyM1+s6QC0cArDjkBYx1GowXrNKYhFG38GT2FW78cO5+teeDKcj/znaiw==\n-----END PUBLIC KEY-----\n"

static const char *
check(const struct token_keys *keys, const char *text, size_t len, int64_t now)
{
	struct name user;
	int64_t until;

	return token_check(keys, guard_put(0, text, len), len, "", now, &user, &until);
}

static void
check_fault(const char *fault, const char *expected)
{
	if (expected)
		assert_string_equal(fault ? fault : "nothing", expected);
	else if (fault)
		fail_msg("refused: %s", fault);
}

static void
keys_that_openssl_wrote_are_read(void **state)
{
	const char *place = key_place();
	struct token_keys keys;
	struct name user;
	int64_t until;

	(void)state;
	key_place_put("rfc.pub", RFC_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 1);
	assert_string_equal(keys.keys[0].kid, "rfc");
	assert_null(token_check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), "", 1000, &user, &until));
	assert_string_equal(user.text, "alice");
	assert_int_equal(until, 2030);
	key_place_end();
}

static void
the_key_of_rfc_8037_signs_as_there(void **state)
{
	static const char input[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	const char *place = key_place();
	struct token_secret secret;
	char text[128];
	uint8_t signature[64];

	(void)state;
	key_place_put("rfc.key", RFC_KEY);
	assert_int_equal(token_load_secret(&secret, place, NULL), 0);
	assert_string_equal(secret.kid, "rfc");
	crypto_sign_detached(signature, NULL, (const unsigned char *)input, sizeof input - 1, secret.secret);
	sodium_bin2base64(text, sizeof text, signature, sizeof signature, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert_string_equal(text, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
	token_forget(&secret);
	assert_true(sodium_is_zero(secret.secret, sizeof secret.secret));
	key_place_end();
}

static void
nothing_in_a_token_may_change(void **state)
{
	const char *place = key_place();
	struct token_keys keys;
	char text[] = RFC_TOKEN;

	(void)state;
	key_place_put("rfc.pub", RFC_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, text, sizeof text - 1, 1000), NULL);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		check_fault(check(&keys, text, i, 1000), "not a token");
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			if (!check(&keys, text, sizeof text - 1, 1000))
				fail_msg("bit %d of character %zu", bit, i);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	}
	check_fault(check(&keys, text, sizeof text - 1, 1000), NULL);
	key_place_end();
}

static void
times_count_at_their_edges(void **state)
{
	const char *place = key_place();
	struct token_keys keys;

	(void)state;
	key_place_put("rfc.pub", RFC_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 0), NULL);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 2029), NULL);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 2030), "the token has ended");
	key_place_end();
}

/* What is wrong with its times is not said of a token that nobody signed. */
static void
the_signature_counts_before_the_times(void **state)
{
	const char *place = key_place();
	struct token_keys keys;

	(void)state;
	key_place_put("other.pub", OTHER_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 9000), WRONG);
	key_place_end();
}

static void
sign(struct buf *out, const char *place, const char *kid, const char *audience)
{
	struct name user = made_name("alice");
	struct token_secret secret;

	assert_int_equal(token_load_secret(&secret, place, kid), 0);
	buf_clear(out);
	assert_int_equal(token_sign(out, &secret, &user, 1000, 60, audience), 0);
}

static void
what_is_generated_signs_and_checks(void **state)
{
	const char *place = key_place();
	struct token_keys keys;
	struct buf token = {0};
	struct name user;
	struct stat st;
	int64_t until;

	(void)state;
	assert_int_equal(token_generate(place, "k1"), 0);
	assert_int_equal(stat(key_place_path("k1.key"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(key_place_path("k1.pub"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 1);
	sign(&token, place, NULL, "chat");
	assert_null(token_check(&keys, (char *)buf_at(&token), buf_len(&token), "chat", 1000, &user, &until));
	assert_string_equal(user.text, "alice");
	assert_int_equal(until, 1090);
	check_fault(token_check(&keys, (char *)buf_at(&token), buf_len(&token), "mail", 1000, &user, &until), "the token is for another audience");
	check_fault(token_check(&keys, (char *)buf_at(&token), buf_len(&token), "", 1000, &user, &until), "the token is for another audience");
	buf_free(&token);
	key_place_end();
}

static void
a_key_is_never_written_over(void **state)
{
	const char *place = key_place();
	struct token_secret secret, again;

	(void)state;
	assert_int_equal(token_generate(place, "k1"), 0);
	assert_int_equal(token_load_secret(&secret, place, "k1"), 0);
	errno = 0;
	assert_int_equal(token_generate(place, "k1"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(token_load_secret(&again, place, "k1"), 0);
	assert_memory_equal(secret.secret, again.secret, sizeof secret.secret);
	key_place_put("k2.pub", RFC_PUB);
	errno = 0;
	assert_int_equal(token_generate(place, "k2"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(access(key_place_path("k2.key"), F_OK), -1);
	key_place_end();
}

static void
folders_are_made_for_all_to_look_into(void **state)
{
	const char *place = key_place();
	mode_t mask = umask(077);
	char deeper[128];
	struct stat st;

	(void)state;
	snprintf(deeper, sizeof deeper, "%s/keys/deeper", place);
	assert_int_equal(token_generate(deeper, "k"), 0);
	umask(mask);
	assert_int_equal(stat(deeper, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(stat(key_place_path("deeper/keys"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(stat(key_place_path("deeper/keys/k.pub"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(unlink(key_place_path("deeper/keys/k.pub")), 0);
	assert_int_equal(unlink(key_place_path("deeper/keys/k.key")), 0);
	assert_int_equal(rmdir(key_place_path("deeper/keys")), 0);
	key_place_end();
}

static void
the_last_key_by_name_signs_or_the_one_that_is_named(void **state)
{
	const char *place = key_place();
	struct token_keys keys;
	struct token_secret secret;
	struct buf first = {0}, last = {0};
	char path[128];

	(void)state;
	assert_int_equal(token_generate(place, "b"), 0);
	assert_int_equal(token_generate(place, "c"), 0);
	assert_int_equal(token_generate(place, "a"), 0);
	assert_int_equal(token_load_secret(&secret, place, NULL), 0);
	assert_string_equal(secret.kid, "c");
	sign(&first, place, "a", "");
	sign(&last, place, NULL, "");
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 3);
	check_fault(check(&keys, (char *)buf_at(&first), buf_len(&first), 1000), NULL);
	check_fault(check(&keys, (char *)buf_at(&last), buf_len(&last), 1000), NULL);

	/* One is retired: what it signed is good no more, and what another did is. */
	assert_int_equal(unlink(key_place_path("a.pub")), 0);
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, (char *)buf_at(&first), buf_len(&first), 1000), UNKNOWN);
	check_fault(check(&keys, (char *)buf_at(&last), buf_len(&last), 1000), NULL);

	/* Its name is another key's now. */
	snprintf(path, sizeof path, "%s", key_place_path("b.pub"));
	assert_int_equal(rename(path, key_place_path("a.pub")), 0);
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, (char *)buf_at(&first), buf_len(&first), 1000), WRONG);
	check_fault(check(&keys, (char *)buf_at(&last), buf_len(&last), 1000), NULL);
	buf_free(&first);
	buf_free(&last);
	key_place_end();
}

static void
a_token_that_names_no_key_is_tried_with_all(void **state)
{
	const char *place = key_place();
	struct token_keys keys;

	(void)state;
	check_fault(check(&(struct token_keys){0}, RFC_TOKEN, strlen(RFC_TOKEN), 1000), UNKNOWN);
	for (int i = 0; i < TOKEN_KEYS_MAX - 1; i++) {
		char kid[16];

		snprintf(kid, sizeof kid, "k%d", i);
		assert_int_equal(token_generate(place, kid), 0);
	}
	assert_int_equal(token_load(&keys, place), 0);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 1000), WRONG);
	key_place_put("rfc.pub", RFC_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, TOKEN_KEYS_MAX);
	check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 1000), NULL);
	key_place_put("other.pub", OTHER_PUB);
	assert_int_equal(token_load(&keys, place), -1);
	key_place_end();
}

static void
files_in_another_wording_are_read(void **state)
{
	static const char *const texts[] = {
		"made by hand\n" RFC_PUB "and more\n",
		"-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\r\n-----END PUBLIC KEY-----\r\n",
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7T\nyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----",
	}, *const *text;
	const char *place = key_place();
	struct token_keys keys;

	(void)state;
	key_place_put("note", "no key");
	key_place_put("rfc.key", "none of the sessions' business");
	key_place_put("old.pub~", "no key");
	key_place_put(".rfc.pub", "no key");
	EACH(text, texts) {
		unit_row("%s", *text);
		key_place_put("rfc.pub", *text);
		assert_int_equal(token_load(&keys, place), 0);
		assert_int_equal(keys.count, 1);
		check_fault(check(&keys, RFC_TOKEN, strlen(RFC_TOKEN), 1000), NULL);
	}
	key_place_end();
}

static void
a_file_that_is_no_key_is_a_fault(void **state)
{
	static const struct {
		const char *file, *text;
	} vectors[] = {
		{"k.pub", ""},
		{"k.pub", "\n"},
		{"k.pub", RFC_KEY},
		{"k.pub", X25519},
		{"k.pub", ED448},
		{"k.pub", P256},
		{"k.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHpflq2gx0iaXVJc5RJwqXRIc2au+wRSBjja24KZbpYq a@b\n"},
		{"k.pub", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"},
		{"k.pub", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\n-----END PUBLIC KEY-----\n"},
		{"k.pub", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"},
		{"k.pub", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA\n-----END PUBLIC KEY-----\n"},
		{"k.pub", "-----BEGIN CERTIFICATE-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END CERTIFICATE-----\n"},
		{"my key.pub", RFC_PUB},
		{"-k.pub", RFC_PUB},
		{"a,b.pub", RFC_PUB},
		{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.pub", RFC_PUB},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		const char *place = key_place();
		struct token_keys keys;

		unit_row("%s %s", v->file, v->text);
		key_place_put("good.pub", OTHER_PUB);
		key_place_put(v->file, v->text);
		assert_int_equal(token_load(&keys, place), -1);
		key_place_end();
	}
}

static void
a_file_that_is_cut_is_a_fault(void **state)
{
	const char *place = key_place();
	struct token_keys keys;
	char text[] = RFC_PUB;

	(void)state;
	for (size_t cut = sizeof text - 2; cut-- > 0;) { /* its last line feed may be missing */
		text[cut] = 0;
		key_place_put("k.pub", text);
		assert_int_equal(token_load(&keys, place), -1);
	}
	key_place_end();
}

static void
what_is_no_file_is_a_fault(void **state)
{
	const char *place = key_place(), *path = key_place_path("k.pub");
	struct token_keys keys;

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(token_load(&keys, place), -1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(token_load(&keys, place), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(token_load(&keys, place), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(token_load(&keys, place), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("rfc", path), 0);
	key_place_put("rfc", RFC_PUB);
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 1);
	key_place_end();
}

static void
no_folder_has_no_keys_and_a_file_in_its_place_is_a_fault(void **state)
{
	const char *place = key_place();
	struct token_keys keys;

	(void)state;
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 0);
	assert_int_equal(rmdir(key_place_path("")), 0);
	assert_int_equal(token_load(&keys, place), 0);
	assert_int_equal(keys.count, 0);
	assert_int_equal(token_load(&keys, "/dev/null"), -1);
	key_place_end();
}

static void
a_key_to_sign_with_that_is_none_is_said(void **state)
{
	static const struct {
		const char *file, *text, *kid;
		int error;
	} vectors[] = {
		{"note", "", NULL, ENOENT},
		{"a.pub", RFC_PUB, NULL, ENOENT},
		{"a.key", RFC_KEY, "b", ENOENT},
		{"a.key", RFC_PUB, NULL, EBADMSG},
		{"a.key", "", "a", EBADMSG},
		{"a.key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "a", EBADMSG},
		{"a.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
		          "-----END ENCRYPTED PRIVATE KEY-----\n", "a", EBADMSG},
		{"a.key", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMc\n-----END PRIVATE KEY-----\n", "a", EBADMSG},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		const char *place = key_place();
		struct token_secret secret;

		unit_row("%s %s", v->file, v->text);
		key_place_put(v->file, v->text);
		errno = 0;
		assert_int_equal(token_load_secret(&secret, place, v->kid), -1);
		assert_int_equal(errno, v->error);
		key_place_end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_that_openssl_wrote_are_read),
		TEST(the_key_of_rfc_8037_signs_as_there),
		TEST(nothing_in_a_token_may_change),
		TEST(times_count_at_their_edges),
		TEST(the_signature_counts_before_the_times),
		TEST(what_is_generated_signs_and_checks),
		TEST(a_key_is_never_written_over),
		TEST(folders_are_made_for_all_to_look_into),
		TEST(the_last_key_by_name_signs_or_the_one_that_is_named),
		TEST(a_token_that_names_no_key_is_tried_with_all),
		TEST(files_in_another_wording_are_read),
		TEST(a_file_that_is_no_key_is_a_fault),
		TEST(a_file_that_is_cut_is_a_fault),
		TEST(what_is_no_file_is_a_fault),
		TEST(no_folder_has_no_keys_and_a_file_in_its_place_is_a_fault),
		TEST(a_key_to_sign_with_that_is_none_is_said),
	};

	return sodium_init() < 0 || cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
