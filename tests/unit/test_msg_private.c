#include "chat/msg.h"

#include <stdlib.h>
#include <string.h>

#include "chat/json.h"
#include "guard.h"
#include "made.h"
#include "unit.h"

#define ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define TIME 1700000000123
#define START "{\"type\":\"private_message\",\"id\":\"" ID "\",\"sender\":\"alice\",\"receiver\":\"bob\"," \
              "\"time\":\"2023-11-14T22:13:20.123Z\",\"message\":\""

static const char *const texts[] = {
	"hello", "\"", "\\", "\\\\", "\"}", "\\\"", "a\nb\tc\rd", "/", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	"\",\"sender\":\"mallory", "{\"type\":\"private_message\"}", "\\u0022", "ends in a backslash\\",
};

/* Whether a text passes as alice's to bob. */
static bool
passes(const void *text, size_t len)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct id id = made_id(ID);

	return msg_private_is(guard_put(0, text, len), len, &id, &alice, &bob, TIME);
}

static void
make(struct buf *out, const char *text)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct id id = made_id(ID);

	assert_int_equal(msg_private(out, &id, &alice, &bob, text, TIME), 0);
}

static void
what_msg_private_makes_passes(void **state)
{
	const char *const *text;

	(void)state;
	EACH(text, texts) {
		struct buf out = {0};

		unit_row("%s", *text);
		make(&out, *text);
		assert_true(passes(buf_at(&out), buf_len(&out)));
		buf_free(&out);
	}
}

static void
any_text_that_a_client_may_send_passes(void **state)
{
	uint32_t seed = 1984;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[41];
		size_t len = 1 + unit_random(&seed) % (sizeof text - 1);
		struct buf out = {0};

		for (size_t i = 0; i < len; i++) {
			text[i] = (char)(0x20 + unit_random(&seed) % 95);
			if (round % 2)
				text[i] = "\"\\\n\t\r/u0"[text[i] % 8];
		}
		text[len] = 0;
		make(&out, text);
		assert_true(passes(buf_at(&out), buf_len(&out)));
		buf_free(&out);
	}
}

static void
of_somebody_else_or_another_time_it_does_not_pass(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob"), other;
	static const char *const names[] = {"alic", "alicee", "Alice", "mallory", "bo", "bobb"}, *const *name;
	struct id id = made_id(ID), id2 = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAW");
	struct buf out = {0};
	const char *text;
	size_t len;

	(void)state;
	make(&out, "hello");
	text = (const char *)buf_at(&out);
	len = buf_len(&out);
	assert_true(msg_private_is(text, len, &id, &alice, &bob, TIME));
	assert_false(msg_private_is(text, len, &id2, &alice, &bob, TIME));
	assert_false(msg_private_is(text, len, &id, &alice, &bob, TIME + 1));
	assert_false(msg_private_is(text, len, &id, &bob, &alice, TIME));
	EACH(name, names) {
		unit_row("%s", *name);
		other = made_name(*name);
		assert_false(msg_private_is(text, len, &id, &other, &bob, TIME));
		assert_false(msg_private_is(text, len, &id, &alice, &other, TIME));
	}
	buf_free(&out);
}

static void
what_was_tampered_with_does_not_pass(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
	} vectors[] = {
		{"nothing", BYTES("")},
		{"no object", BYTES("x")},
		{"a second sender behind the message", BYTES(START "hello\",\"sender\":\"mallory\"}")},
		{"a second message", BYTES(START "hello\",\"message\":\"other\"}")},
		{"any other field", BYTES(START "hello\",\"x\":1}")},
		{"a quote that is not escaped", BYTES(START "hel\"lo\"}")},
		{"a quote behind an escaped backslash", BYTES(START "hel\\\\\"lo\"}")},
		{"a line feed", BYTES(START "hel\nlo\"}")},
		{"a tab", BYTES(START "hel\tlo\"}")},
		{"a NUL", BYTES(START "hel\0lo\"}")},
		{"an escape character", BYTES(START "hel\x1blo\"}")},
		{"a control character behind a backslash", BYTES(START "hel\\\x01lo\"}")},
		{"a NUL behind a backslash", BYTES(START "hel\\\0lo\"}")},
		{"a line feed behind a backslash", BYTES(START "hel\\\nlo\"}")},
		{"an escape that there is not", BYTES(START "hel\\qlo\"}")},
		{"an escape of too few digits", BYTES(START "hel\\u12\"}")},
		{"an escape without digits", BYTES(START "hel\\uzzzzlo\"}")},
		{"an escaped NUL", BYTES(START "hel\\u0000lo\"}")},
		{"half a pair of surrogates", BYTES(START "hel\\ud800lo\"}")},
		{"a byte behind it", BYTES(START "hello\"}\n")},
		{"a NUL behind it", BYTES(START "hello\"}\0")},
		{"another object behind it", BYTES(START "hello\"}{}")},
		{"a space before it", BYTES(" " START "hello\"}")},
		{"a space in it", BYTES("{ " "\"type\":\"private_message\"}")},
		{"no end", BYTES(START "hello\"")},
		{"no end of the string", BYTES(START "hello}")},
		{"an end in an escape", BYTES(START "hello\\\"}")},
		{"another order", BYTES("{\"id\":\"" ID "\",\"type\":\"private_message\",\"sender\":\"alice\",\"receiver\":\"bob\","
		                        "\"time\":\"2023-11-14T22:13:20.123Z\",\"message\":\"hello\"}")},
		{"another type", BYTES("{\"type\":\"receipt\",\"id\":\"" ID "\",\"sender\":\"alice\",\"receiver\":\"bob\","
		                       "\"time\":\"2023-11-14T22:13:20.123Z\",\"message\":\"hello\"}")},
		{"a message that is no text", BYTES("{\"type\":\"private_message\",\"id\":\"" ID "\",\"sender\":\"alice\",\"receiver\":\"bob\","
		                                    "\"time\":\"2023-11-14T22:13:20.123Z\",\"message\":7}")},
	}, *v;

	(void)state;
	assert_true(passes(START "hello\"}", sizeof START "hello\"}" - 1));
	EACH(v, vectors) {
		unit_row("%s", v->name);
		assert_false(passes(v->text, v->len));
	}
}

static void
no_part_of_it_passes(void **state)
{
	const char *const *text;

	(void)state;
	EACH(text, texts) {
		struct buf out = {0};

		unit_row("%s", *text);
		make(&out, *text);
		for (size_t cut = 0; cut < buf_len(&out); cut++)
			assert_false(passes(buf_at(&out), cut));
		for (size_t cut = 1; cut <= buf_len(&out); cut++)
			assert_false(passes(buf_at(&out) + cut, buf_len(&out) - cut));
		buf_free(&out);
	}
}

/* What passes is shown as it is: so it must be one object, which says what the record says. */
static void
check_if_it_passes(const char *text, size_t len)
{
	const char *end;
	cJSON *json;

	if (!passes(text, len))
		return;
	if (json_fault(text, len, 1))
		fail_msg("passed with %s: %.*s", json_fault(text, len, 1), (int)len, text);
	json = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (!json || end != text + len)
		fail_msg("passed, and is not JSON: %.*s", (int)len, text);
	made_fields(json, "type id sender receiver time message");
	made_text(json, "type", "private_message");
	made_text(json, "id", ID);
	made_text(json, "sender", "alice");
	made_text(json, "receiver", "bob");
	made_text(json, "time", "2023-11-14T22:13:20.123Z");
	assert_true(cJSON_IsString(cJSON_GetObjectItem(json, "message")));
	cJSON_Delete(json);
}

static void
what_passes_after_a_byte_was_changed_says_the_same_of_who_and_when(void **state)
{
	const char *const *text;

	(void)state;
	EACH(text, texts) {
		struct buf out = {0};
		char *changed;
		size_t len;

		unit_row("%s", *text);
		make(&out, *text);
		len = buf_len(&out);
		changed = malloc(len + 1);
		assert_non_null(changed);
		for (size_t at = text == texts ? 0 : sizeof START - 2; at < len; at++) {
			memcpy(changed, buf_at(&out), at);
			memcpy(changed + at, buf_at(&out) + at + 1, len - at - 1);
			check_if_it_passes(changed, len - 1);
			memcpy(changed + at + 1, buf_at(&out) + at, len - at);
			for (int c = 0; c < 256; c++) {
				changed[at] = (char)c;
				check_if_it_passes(changed, len + 1);
			}
			memcpy(changed + at + 1, buf_at(&out) + at + 1, len - at - 1);
			for (int c = 0; c < 256; c++) {
				changed[at] = (char)c;
				if (at < sizeof START - 1 && (unsigned char)c != buf_at(&out)[at])
					assert_false(passes(changed, len));
				else
					check_if_it_passes(changed, len);
			}
		}
		free(changed);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_msg_private_makes_passes),
		TEST(any_text_that_a_client_may_send_passes),
		TEST(of_somebody_else_or_another_time_it_does_not_pass),
		TEST(what_was_tampered_with_does_not_pass),
		TEST(no_part_of_it_passes),
		TEST(what_passes_after_a_byte_was_changed_says_the_same_of_who_and_when),
	};

	return cmocka_run_group_tests_name("msg private", tests, NULL, NULL);
}
