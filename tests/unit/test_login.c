/* What a session and chat-auth say to each other. */
#include "chat/login.h"

#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "made.h"
#include "unit.h"

static const char *
parse(struct login *l, const char *text)
{
	return login_parse(l, guard_put(0, text, strlen(text)), strlen(text));
}

static void
a_request_is_read_as_it_was_put(void **state)
{
	static const char *const passwords[] = {"correct horse", "\"\\/'{}", "p\xc3\xa4ssw\xc3\xb6rt \xf0\x9f\x94\x91", " ", "a"};
	const char *const *p;

	(void)state;
	EACH(p, passwords) {
		struct login l = {.user = made_name("alice"), .address = "2001:db8::1"}, back;
		struct buf text = {0};

		unit_row("%s", *p);
		strcpy(l.password, *p);
		assert_int_equal(login_put(&text, &l), 0);
		assert_int_equal(buf_at(&text)[buf_len(&text) - 1], '\n');
		assert_ptr_equal(memchr(buf_at(&text), '\n', buf_len(&text)), buf_at(&text) + buf_len(&text) - 1);
		assert_null(login_parse(&back, (char *)buf_at(&text), buf_len(&text)));
		assert_memory_equal(&back, &l, sizeof l);
		buf_free(&text);
	}
}

static void
the_longest_of_all_fits(void **state)
{
	struct login l = {0}, back;
	struct buf text = {0};

	(void)state;
	memset(l.password, '"', LOGIN_PASSWORD_MAX);
	memset(l.user.text, 'a', NAME_LEN_MAX);
	l.user.len = NAME_LEN_MAX;
	memset(l.address, '"', LOGIN_ADDRESS_MAX);
	assert_int_equal(login_put(&text, &l), 0);
	assert_true(buf_len(&text) <= LOGIN_MAX);
	assert_null(login_parse(&back, (char *)buf_at(&text), buf_len(&text)));
	assert_memory_equal(&back, &l, sizeof l);
	buf_free(&text);
}

static void
anything_else_is_no_request(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "\"alice\"", "{}", "{\"user\":\"alice\"}", "{\"password\":\"x\"}", "{\"user\":\"al ice\",\"password\":\"x\"}",
		"{\"user\":\"../x\",\"password\":\"x\"}", "{\"user\":1,\"password\":\"x\"}", "{\"user\":\"alice\",\"password\":1}",
		"{\"user\":\"alice\",\"password\":\"\"}",
		"{\"user\":\"alice\",\"password\":\"x\"}\n{}", "{\"user\":\"alice\",\"password\":\"x\"} x", "{\"user\":\"alice\",\"password\":\"a\\u0000b\"}",
		"{\"user\":\"alice\",\"password\":\"a\\nb\"}", "{\"user\":\"alice\",\"password\":\"a\\u007fb\"}",
		"{\"user\":\"alice\",\"password\":\"a\tb\"}", "{\"user\":\"alice\",\"password\":[[[\"x\"]]]}",
		"{\"user\":\"alice\",\"password\":\"x\",\"address\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
	}, *const *t;

	(void)state;
	EACH(t, texts) {
		struct login l;

		unit_row("%s", *t);
		assert_non_null(parse(&l, *t));
	}
}

static void
a_password_of_1024_bytes_may_be_and_no_longer_one(void **state)
{
	char password[LOGIN_PASSWORD_MAX + 2] = "";

	(void)state;
	memset(password, 'x', LOGIN_PASSWORD_MAX);
	assert_null(login_password_fault(password));
	password[LOGIN_PASSWORD_MAX] = 'x';
	assert_non_null(login_password_fault(password));
}

static void
an_answer_is_read_as_it_was_put(void **state)
{
	static const struct login_answer answers[] = {
		{.token = "a.b.c"},
		{.error = MSG_LOGIN_FAILED},
		{.error = MSG_SLOW_DOWN, .wait = 300},
		{.error = MSG_UNAVAILABLE},
	}, *a;

	(void)state;
	EACH(a, answers) {
		struct login_answer back;
		struct buf text = {0};

		unit_row("%d", a->error);
		assert_int_equal(login_answer_put(&text, a), 0);
		assert_int_equal(login_answer_parse(&back, (char *)buf_at(&text), buf_len(&text)), 0);
		assert_memory_equal(&back, a, sizeof back);
		buf_free(&text);
	}
}

static void
the_longest_token_fits_into_an_answer(void **state)
{
	struct login_answer a = {0}, back;
	struct buf text = {0};

	(void)state;
	memset(a.token, 'x', JWT_MAX);
	assert_int_equal(login_answer_put(&text, &a), 0);
	assert_true(buf_len(&text) <= LOGIN_ANSWER_MAX);
	assert_int_equal(login_answer_parse(&back, (char *)buf_at(&text), buf_len(&text)), 0);
	assert_string_equal(back.token, a.token);
	buf_free(&text);
}

static void
an_answer_that_is_none_is_refused_and_an_unknown_error_is_unavailable(void **state)
{
	static const char *const texts[] = {"", "\n", "{}", "[]", "{\"token\":1}", "{\"error\":1}", "{\"error\":\"slow_down\""}, *const *t;
	static const char unknown[] = "{\"error\":\"bored\",\"wait\":-1}";
	struct login_answer a;

	(void)state;
	EACH(t, texts) {
		unit_row("%s", *t);
		assert_int_equal(login_answer_parse(&a, guard_put(0, *t, strlen(*t)), strlen(*t)), -1);
	}
	assert_int_equal(login_answer_parse(&a, unknown, sizeof unknown - 1), 0);
	assert_int_equal(a.error, MSG_UNAVAILABLE);
	assert_int_equal(a.wait, 0);
}

static void
a_token_that_is_too_long_is_no_answer(void **state)
{
	char text[JWT_MAX + 64] = "{\"token\":\"";
	size_t len = strlen(text);
	struct login_answer a;

	(void)state;
	memset(text + len, 'x', JWT_MAX + 1);
	strcpy(text + len + JWT_MAX + 1, "\"}");
	assert_int_equal(login_answer_parse(&a, text, strlen(text)), -1);
}

static void
what_is_told_over_http_is_who_and_until_when(void **state)
{
	struct name alice = made_name("alice");
	struct buf text = {0};
	cJSON *json;

	(void)state;
	assert_int_equal(login_done_put(&text, &alice, 1700000000), 0);
	json = made_parse(&text);
	made_fields(json, "user until");
	made_text(json, "user", "alice");
	made_text(json, "until", "2023-11-14T22:13:20.000Z");
	cJSON_Delete(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_read_as_it_was_put),
		TEST(the_longest_of_all_fits),
		TEST(anything_else_is_no_request),
		TEST(a_password_of_1024_bytes_may_be_and_no_longer_one),
		TEST(an_answer_is_read_as_it_was_put),
		TEST(the_longest_token_fits_into_an_answer),
		TEST(an_answer_that_is_none_is_refused_and_an_unknown_error_is_unavailable),
		TEST(a_token_that_is_too_long_is_no_answer),
		TEST(what_is_told_over_http_is_who_and_until_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
