#include "chat/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

#define ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define N60 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static enum msg_error
parse(struct msg *m, const char *data, size_t len)
{
	return msg_parse(m, guard_put(0, data, len), len);
}

/* No part of it from the start is a message. */
static void
check_prefixes(const char *data)
{
	for (size_t cut = 0; cut < strlen(data); cut++) {
		struct msg m;

		if (parse(&m, data, cut) != MSG_BAD_JSON)
			fail_msg("taken after %zu bytes", cut);
		assert_non_null(m.detail);
		assert_string_equal(m.ref, "");
		msg_free(&m);
	}
}

static void
check_good(struct msg *m, const char *data, enum msg_type type, const char *ref)
{
	unit_row("%s", data);
	check_prefixes(data);
	assert_int_equal(parse(m, data, strlen(data)), MSG_OK);
	assert_int_equal(m->type, type);
	assert_string_equal(m->ref, ref);
}

static void
private_messages_are_read(void **state)
{
	static const struct {
		const char *data, *ref, *sender, *text;
	} vectors[] = {
		{"{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"hello\"}", "", "", "hello"},
		{" \t\r\n{ \"message\" : \"hello\" , \"receiver\":\"bob\",\"id\":\"1\", \"sender\":\"alice\",\"type\":\"private_message\" }", "1", "alice",
		 "hello"},
		{"{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"a\\tb\\nc\\r \\\" \\\\ \\/ \\u00e9 \\ud83d\\ude00\"}", "", "",
		 "a\tb\nc\r \" \\ / \xc3\xa9 \xf0\x9f\x98\x80"},
		{"{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"\xe4\xbd\xa0\"}", "", "", "\xe4\xbd\xa0"},
		{"{\"type\":\"private_message\",\"receiver\":\"b\\u006fb\",\"message\":\" \"}", "", "", " "},
		{"{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"x\",\"unknown\":{\"a\":[1,null,true]},\"Sender\":7}", "", "", "x"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct msg m;

		check_good(&m, v->data, MSG_PRIVATE_MESSAGE, v->ref);
		assert_string_equal(m.receiver.text, "bob");
		assert_string_equal(m.text, v->text);
		assert_int_equal(m.has_sender, *v->sender != 0);
		assert_string_equal(m.sender.text, v->sender);
		msg_free(&m);
	}
}

static void
the_other_types_are_read(void **state)
{
	struct msg m;
	char text[ID_TEXT_LEN + 1];

	(void)state;
	check_good(&m, "{\"type\":\"login\",\"user\":\"alice\",\"id\":\"l\"}", MSG_LOGIN, "l");
	assert_string_equal(m.user.text, "alice");
	assert_true(m.has_user && !m.token);
	msg_free(&m);
	check_good(&m, "{\"type\":\"login\",\"token\":\"a.b.c\"}", MSG_LOGIN, "");
	assert_string_equal(m.token, "a.b.c");
	assert_false(m.has_user);
	msg_free(&m);
	check_good(&m, "{\"type\":\"login\",\"user\":\"alice\",\"token\":\"\",\"token\":7}", MSG_LOGIN, "");
	assert_string_equal(m.token, "");
	assert_string_equal(m.user.text, "alice");
	msg_free(&m);
	check_good(&m, "{\"type\":\"read\",\"sender\":\"bob\",\"id\":\"" ID "\"}", MSG_READ, ID);
	assert_string_equal(m.sender.text, "bob");
	id_text(&m.id, text);
	assert_string_equal(text, ID);
	msg_free(&m);
	check_good(&m, "{\"type\":\"typing\",\"receiver\":\"bob\",\"active\":true}", MSG_TYPING, "");
	assert_string_equal(m.receiver.text, "bob");
	assert_true(m.active);
	msg_free(&m);
	check_good(&m, "{\"type\":\"typing\",\"receiver\":\"bob\",\"active\":false}", MSG_TYPING, "");
	assert_false(m.active);
	msg_free(&m);
	check_good(&m, "{\"type\":\"who\",\"id\":\"w\"}", MSG_WHO, "w");
	msg_free(&m);
	check_good(&m, "{\"type\":\"ping\"}", MSG_PING, "");
	msg_free(&m);
	unit_rows_done();
}

static void
lists_of_users_are_read_in_order(void **state)
{
	static const char *const names[] = {"bob", "carol", "bob", "dave@example.com"};
	const struct cJSON *at = NULL;
	struct name user;
	struct msg m;

	(void)state;
	check_good(&m, "{\"type\":\"watch\",\"users\":[\"bob\",\"carol\",\"bob\",\"dave@example.com\"]}", MSG_WATCH, "");
	assert_non_null(m.users);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_true(msg_next_user(&m, &at, &user));
		assert_string_equal(user.text, names[i]);
	}
	assert_false(msg_next_user(&m, &at, &user));
	msg_free(&m);
	check_good(&m, "{\"type\":\"unwatch\",\"users\":[]}", MSG_UNWATCH, "");
	at = NULL;
	assert_non_null(m.users);
	assert_false(msg_next_user(&m, &at, &user));
	msg_free(&m);
	check_good(&m, "{\"type\":\"watch\",\"users\":\"*\"}", MSG_WATCH, "");
	assert_null(m.users);
	msg_free(&m);
	check_good(&m, "{\"type\":\"unwatch\",\"users\":\"*\"}", MSG_UNWATCH, "");
	assert_null(m.users);
	msg_free(&m);
	unit_rows_done();
}

static void
a_list_may_have_1000_names_and_no_more(void **state)
{
	static char data[20000];

	(void)state;
	for (int count = MSG_USERS_MAX; count <= MSG_USERS_MAX + 1; count++) {
		int n = snprintf(data, sizeof data, "{\"type\":\"watch\",\"id\":\"w\",\"users\":[");
		struct msg m;

		for (int i = 0; i < count; i++)
			n += snprintf(data + n, sizeof data - (size_t)n, "%s\"u%d\"", i ? "," : "", i);
		n += snprintf(data + n, sizeof data - (size_t)n, "]}");
		assert_int_equal(parse(&m, data, (size_t)n), count > MSG_USERS_MAX ? MSG_TOO_LARGE : MSG_OK);
		assert_string_equal(m.ref, "w");
		msg_free(&m);
	}
}

#define MESSAGE "{\"type\":\"private_message\",\"id\":\"r\","
#define READ "{\"type\":\"read\",\"sender\":\"bob\","
#define TYPING "{\"type\":\"typing\",\"id\":\"r\","
#define WATCH "{\"type\":\"watch\",\"id\":\"r\",\"users\":"

static void
fields_that_are_missing_or_wrong_are_refused_and_the_ref_is_kept(void **state)
{
	static const struct {
		enum msg_error error;
		const char *ref, *data;
	} vectors[] = {
		{MSG_BAD_FIELD, "r", "{\"id\":\"r\"}"},
		{MSG_BAD_FIELD, "", "{}"},
		{MSG_BAD_FIELD, "", "{\"type\":1}"},
		{MSG_BAD_FIELD, "", "{\"type\":null}"},
		{MSG_BAD_FIELD, "", "{\"type\":[\"ping\"]}"},
		{MSG_BAD_FIELD, "", "{\"Type\":\"ping\"}"},
		{MSG_UNKNOWN_TYPE, "r", "{\"type\":\"nothing\",\"id\":\"r\"}"},
		{MSG_UNKNOWN_TYPE, "", "{\"type\":\"\"}"},
		{MSG_UNKNOWN_TYPE, "", "{\"type\":\"PING\"}"},
		{MSG_UNKNOWN_TYPE, "", "{\"type\":\"ping \"}"},
		{MSG_UNKNOWN_TYPE, "", "{\"type\":\"receipt\"}"},
		{MSG_UNKNOWN_TYPE, "", "{\"type\":\"welcome\"}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\"}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":7}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":[\"alice\"]}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\"alice\",\"token\":null}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\"alice\",\"token\":7}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"token\":[\"a.b.c\"]}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"Token\":\"a.b.c\"}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"login\",\"id\":\"r\",\"token\":\"a.b.c\",\"user\":7}"},
		{MSG_LOGIN_FAILED, "r", "{\"type\":\"login\",\"id\":\"r\",\"token\":\"a.b.c\",\"user\":\"../alice\"}"},
		{MSG_LOGIN_FAILED, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\"\"}"},
		{MSG_LOGIN_FAILED, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\"../alice\"}"},
		{MSG_LOGIN_FAILED, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\".ctl\"}"},
		{MSG_LOGIN_FAILED, "r", "{\"type\":\"login\",\"id\":\"r\",\"user\":\"" N60 "nnnnn\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":null}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":7}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":{\"bob\":1}}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":\"\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":\"a/b\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":\"bob\\n\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"message\":\"x\",\"receiver\":\"" N60 "nnnnn\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":7}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":true}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":[\"x\"]}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"a\\u001bb\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"a\\u007f\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"a\x7f\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"\\b\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"x\",\"sender\":7}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"x\",\"sender\":null}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"x\",\"sender\":\"\"}"},
		{MSG_BAD_FIELD, "r", MESSAGE "\"receiver\":\"bob\",\"message\":\"x\",\"sender\":\".ctl\"}"},
		{MSG_BAD_FIELD, "", READ "\"x\":1}"},
		{MSG_BAD_FIELD, "", READ "\"id\":7}"},
		{MSG_BAD_FIELD, "r", READ "\"id\":\"r\"}"},
		{MSG_BAD_FIELD, "81ARZ3NDEKTSV4RRFFQ69G5FAV", READ "\"id\":\"81ARZ3NDEKTSV4RRFFQ69G5FAV\"}"},
		{MSG_BAD_FIELD, ID, "{\"type\":\"read\",\"id\":\"" ID "\"}"},
		{MSG_BAD_FIELD, ID, "{\"type\":\"read\",\"id\":\"" ID "\",\"sender\":\"a b\"}"},
		{MSG_BAD_FIELD, "r", TYPING "\"active\":true}"},
		{MSG_BAD_FIELD, "r", TYPING "\"receiver\":\"bob\"}"},
		{MSG_BAD_FIELD, "r", TYPING "\"receiver\":\"bob\",\"active\":1}"},
		{MSG_BAD_FIELD, "r", TYPING "\"receiver\":\"bob\",\"active\":\"true\"}"},
		{MSG_BAD_FIELD, "r", TYPING "\"receiver\":\"bob\",\"active\":null}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"watch\",\"id\":\"r\"}"},
		{MSG_BAD_FIELD, "r", "{\"type\":\"unwatch\",\"id\":\"r\"}"},
		{MSG_BAD_FIELD, "r", WATCH "\"bob\"}"},
		{MSG_BAD_FIELD, "r", WATCH "\"**\"}"},
		{MSG_BAD_FIELD, "r", WATCH "null}"},
		{MSG_BAD_FIELD, "r", WATCH "{\"bob\":\"bob\"}}"},
		{MSG_BAD_FIELD, "r", WATCH "[\"bob\",7]}"},
		{MSG_BAD_FIELD, "r", WATCH "[\"bob\",null]}"},
		{MSG_BAD_FIELD, "r", WATCH "[\"bob\",[\"carol\"]]}"},
		{MSG_BAD_FIELD, "r", WATCH "[\"bob\",\"a/b\"]}"},
		{MSG_BAD_FIELD, "r", WATCH "[\"*\"]}"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct msg m;

		unit_row("%s", v->data);
		assert_int_equal(parse(&m, v->data, strlen(v->data)), v->error);
		assert_string_equal(m.ref, v->ref);
		assert_non_null(m.detail);
		assert_true(strlen(m.detail) > 0);
		msg_free(&m);
		check_prefixes(v->data);
	}
}

static void
an_id_has_1_to_64_printable_characters(void **state)
{
	static const struct {
		enum msg_error error;
		const char *id;
	} vectors[] = {
		{MSG_OK, "\"x\""},
		{MSG_OK, "\" ~!\""},
		{MSG_OK, "\"\xc3\xa9\""},
		{MSG_OK, "\"" N60 "nnnn\""},
		{MSG_TOO_LARGE, "\"" N60 "nnnnn\""},
		{MSG_BAD_FIELD, "\"\""},
		{MSG_BAD_FIELD, "\"a\\n\""},
		{MSG_BAD_FIELD, "\"a\\tb\""},
		{MSG_BAD_FIELD, "\"\\u0001\""},
		{MSG_BAD_FIELD, "\"\x7f\""},
		{MSG_BAD_FIELD, "7"},
		{MSG_BAD_FIELD, "null"},
		{MSG_BAD_FIELD, "[\"x\"]"},
		{MSG_BAD_FIELD, "{}"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char data[128];
		struct msg m;

		unit_row("%s", v->id);
		snprintf(data, sizeof data, "{\"type\":\"ping\",\"id\":%s}", v->id);
		assert_int_equal(parse(&m, data, strlen(data)), v->error);
		if (v->error != MSG_OK)
			assert_string_equal(m.ref, "");
		else
			assert_int_equal(strlen(m.ref), strlen(v->id) - 2);
		msg_free(&m);
	}
}

static void
what_is_not_one_json_object_is_bad_json(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} vectors[] = {
		{BYTES("")}, {BYTES(" ")}, {BYTES("x")}, {BYTES("null")}, {BYTES("true")}, {BYTES("1")}, {BYTES("\"ping\"")}, {BYTES("[]")},
		{BYTES("[{\"type\":\"ping\"}]")}, {BYTES("{")}, {BYTES("}")}, {BYTES("{\"type\"}")}, {BYTES("{\"type\":}")}, {BYTES("{type:\"ping\"}")},
		{BYTES("{'type':'ping'}")}, {BYTES("{\"type\":\"ping\",}")}, {BYTES("{,\"type\":\"ping\"}")}, {BYTES("{\"type\":\"ping\"")},
		{BYTES("{\"type\":\"ping}")}, {BYTES("{\"type\":\"ping\"}x")}, {BYTES("{\"type\":\"ping\"}}")}, {BYTES("{\"type\":\"ping\"},")},
		{BYTES("{\"type\":\"ping\"}{\"type\":\"ping\"}")}, {BYTES("{\"type\":\"ping\"}\0")}, {BYTES("\0{\"type\":\"ping\"}")},
		{BYTES("{\"type\":\"ping\"} \0 ")}, {BYTES("{\"type\":\"ping\"}//")}, {BYTES("/**/{\"type\":\"ping\"}")},
		{BYTES("{\"type\":\"ping\\u0000\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\u0000\"}")}, {BYTES("{\"type\":\"ping\",\"\\u0000\":1}")},
		{BYTES("{\"type\":\"ping\",\"x\":\"\0\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\n\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\\n\"}")},
		{BYTES("{\"type\":\"ping\",\"x\":\"\\\x01\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\\0\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\q\"}")},
		{BYTES("{\"type\":\"ping\",\"x\":\"\\u12\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\ud800\"}")},
		{BYTES("{\"type\":\"ping\",\"x\":\"\\udc00\"}")}, {BYTES("{\"type\":\"ping\",\"x\":\"\\ud800\\u0041\"}")},
		{BYTES("{\"type\":\"ping\",\"x\":01}")}, {BYTES("{\"type\":\"ping\",\"x\":NaN}")}, {BYTES("\xef\xbb\xbf{\"type\":\"ping\"}")},
		{BYTES("{\"type\":\"ping\"}\v")}, {BYTES("{\"type\":\"ping\"\x01}")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct msg m;

		unit_row("%s", v->data);
		assert_int_equal(parse(&m, v->data, v->len), MSG_BAD_JSON);
		assert_string_equal(m.ref, "");
		assert_non_null(m.detail);
		msg_free(&m);
	}
}

static void
json_of_32_levels_is_taken_and_deeper_is_not(void **state)
{
	static const size_t levels[] = {1, 2, 31, 32, 33, 34, 1000, 30000}, *level;
	static const char start[] = "{\"type\":\"ping\",\"x\":", object[] = "{\"a\":";

	(void)state;
	EACH(level, levels) {
		size_t inner = *level - 1;
		char *data = malloc(sizeof start + inner * sizeof object * 2 + 8);

		unit_row("%zu levels", *level);
		assert_non_null(data);
		for (int objects = 0; objects < 2; objects++) {
			size_t n = sizeof start - 1;
			struct msg m;

			memcpy(data, start, n);
			for (size_t i = 0; i < inner; i++) {
				memcpy(data + n, objects ? object : "[", objects ? sizeof object - 1 : 1);
				n += objects ? sizeof object - 1 : 1;
			}
			data[n++] = '1';
			memset(data + n, objects ? '}' : ']', inner);
			n += inner;
			data[n++] = '}';
			assert_int_equal(parse(&m, data, n), *level <= MSG_DEPTH_MAX ? MSG_OK : MSG_BAD_JSON);
			msg_free(&m);
		}
		free(data);
	}
}

static void
of_a_field_that_is_given_twice_the_first_counts(void **state)
{
	static const char data[] = "{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"1\",\"sender\":\"alice\",\"id\":\"a\","
	                           "\"sender\":\"mallory\",\"receiver\":\"../..\",\"message\":\"2\",\"id\":\"b\",\"type\":\"ping\"}";
	struct msg m;

	(void)state;
	assert_int_equal(parse(&m, data, sizeof data - 1), MSG_OK);
	assert_int_equal(m.type, MSG_PRIVATE_MESSAGE);
	assert_string_equal(m.sender.text, "alice");
	assert_string_equal(m.receiver.text, "bob");
	assert_string_equal(m.text, "1");
	assert_string_equal(m.ref, "a");
	msg_free(&m);
}

static void
a_text_has_no_control_characters_but_three(void **state)
{
	(void)state;
	assert_non_null(msg_text_fault(""));
	for (int c = 1; c < 256; c++) {
		const char text[] = {'a', (char)c, 'b', 0};
		int good = (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r';

		if ((msg_text_fault(text) == NULL) != good || (msg_text_fault(text + 1) == NULL) != good)
			fail_msg("character %02x", (unsigned)c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(private_messages_are_read),
		TEST(the_other_types_are_read),
		TEST(lists_of_users_are_read_in_order),
		TEST(a_list_may_have_1000_names_and_no_more),
		TEST(fields_that_are_missing_or_wrong_are_refused_and_the_ref_is_kept),
		TEST(an_id_has_1_to_64_printable_characters),
		TEST(what_is_not_one_json_object_is_bad_json),
		TEST(json_of_32_levels_is_taken_and_deeper_is_not),
		TEST(of_a_field_that_is_given_twice_the_first_counts),
		TEST(a_text_has_no_control_characters_but_three),
	};

	return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
