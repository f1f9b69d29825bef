#include "chat/msg.h"

#include <string.h>

#include "made.h"
#include "unit.h"

#define ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define TIME 1700000000123
#define TIME_TEXT "2023-11-14T22:13:20.123Z"

static void
times_are_rfc_3339_in_utc_with_milliseconds(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} vectors[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{999, "1970-01-01T00:00:00.999Z"},
		{TIME, TIME_TEXT},
		{951782399999, "2000-02-28T23:59:59.999Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{4102444800007, "2100-01-01T00:00:00.007Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char text[MSG_TIME_SIZE];

		unit_row("%s", v->text);
		msg_time(text, v->ms);
		assert_string_equal(text, v->text);
	}
}

static void
any_time_that_64_bits_hold_fits(void **state)
{
	char text[MSG_TIME_SIZE];

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		msg_time(text, UINT64_MAX >> bits);
		assert_true(strlen(text) < sizeof text);
	}
}

static void
a_welcome_says_who_and_what_the_limits_are(void **state)
{
	struct name alice = made_name("alice");
	struct buf out = {0};
	cJSON *json;

	(void)state;
	assert_int_equal(msg_welcome(&out, &alice, 4194304, &(struct msg_limits){65536, 1000, 2000}, 0), 0);
	json = made_parse(&out);
	made_fields(json, "type user session limits pending");
	made_text(json, "type", "welcome");
	made_text(json, "user", "alice");
	made_number(json, "session", 4194304);
	made_number(json, "pending", 0);
	made_fields(cJSON_GetObjectItem(json, "limits"), "message rate burst");
	made_number(cJSON_GetObjectItem(json, "limits"), "message", 65536);
	made_number(cJSON_GetObjectItem(json, "limits"), "rate", 1000);
	made_number(cJSON_GetObjectItem(json, "limits"), "burst", 2000);
	cJSON_Delete(json);
}

static void
a_private_message_has_its_text_to_the_letter(void **state)
{
	static const char *const texts[] = {
		"hello", "\"", "\\", "\"}", "\\\"", "a\nb\tc\rd", "/", "</script>", "\xc3\xa9 \xf0\x9f\x98\x80", "{\"a\":1}", "\\u0000", " ", "\x7f",
	}, *const *text;
	struct name alice = made_name("alice"), bob = made_name("bob@example.com");
	struct id id = made_id(ID);

	(void)state;
	EACH(text, texts) {
		struct buf out = {0};
		cJSON *json;

		unit_row("%s", *text);
		assert_int_equal(msg_private(&out, &id, &alice, &bob, *text, TIME), 0);
		json = made_parse(&out);
		made_fields(json, "type id sender receiver time message");
		made_text(json, "type", "private_message");
		made_text(json, "id", ID);
		made_text(json, "sender", "alice");
		made_text(json, "receiver", "bob@example.com");
		made_text(json, "time", TIME_TEXT);
		made_text(json, "message", *text);
		cJSON_Delete(json);
	}
}

static void
a_receipt_has_a_ref_if_there_is_one(void **state)
{
	static const char ref[] = "ref \"1\"\\ and more than is meant";
	struct name bob = made_name("bob");
	struct id id = made_id(ID);
	struct buf out = {0};
	cJSON *json;

	(void)state;
	assert_int_equal(msg_receipt(&out, &id, ref, 8, &bob, "delivered", TIME), 0);
	json = made_parse(&out);
	made_fields(json, "type id ref receiver status time");
	made_text(json, "type", "receipt");
	made_text(json, "id", ID);
	made_text(json, "ref", "ref \"1\"\\");
	made_text(json, "receiver", "bob");
	made_text(json, "status", "delivered");
	made_text(json, "time", TIME_TEXT);
	cJSON_Delete(json);
	assert_int_equal(msg_receipt(&out, &id, "", 0, &bob, "read", 0), 0);
	json = made_parse(&out);
	made_fields(json, "type id receiver status time");
	made_text(json, "status", "read");
	made_text(json, "time", "1970-01-01T00:00:00.000Z");
	cJSON_Delete(json);
}

static void
typing_and_presence_say_whether(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct buf out = {0};
	cJSON *json;

	(void)state;
	for (int on = 0; on < 2; on++) {
		assert_int_equal(msg_typing(&out, &alice, &bob, on), 0);
		json = made_parse(&out);
		made_fields(json, "type sender receiver active");
		made_text(json, "type", "typing");
		made_text(json, "sender", "alice");
		made_text(json, "receiver", "bob");
		made_flag(json, "active", on);
		cJSON_Delete(json);
		assert_int_equal(msg_presence(&out, &bob, on), 0);
		json = made_parse(&out);
		made_fields(json, "type user online");
		made_text(json, "type", "presence");
		made_text(json, "user", "bob");
		made_flag(json, "online", on);
		cJSON_Delete(json);
	}
}

static void
users_are_listed_in_the_order_given(void **state)
{
	struct name users[3] = {made_name("alice"), made_name("bob"), made_name("carol")};
	struct buf out = {0};

	(void)state;
	for (size_t count = 0; count <= 3; count++) {
		cJSON *json, *list;

		assert_int_equal(msg_users(&out, users, count), 0);
		json = made_parse(&out);
		made_fields(json, "type users");
		made_text(json, "type", "users");
		list = cJSON_GetObjectItem(json, "users");
		assert_true(cJSON_IsArray(list));
		assert_int_equal(cJSON_GetArraySize(list), count);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(list, (int)i)), users[i].text);
		cJSON_Delete(json);
	}
}

static void
a_pong_is_a_type_and_nothing_else(void **state)
{
	struct buf out = {0};
	cJSON *json;

	(void)state;
	assert_int_equal(msg_pong(&out), 0);
	json = made_parse(&out);
	made_fields(json, "type");
	made_text(json, "type", "pong");
	cJSON_Delete(json);
}

static void
an_error_has_code_detail_and_a_ref_if_there_is_one(void **state)
{
	char ref[MSG_REF_MAX + 1];
	struct buf out = {0};
	cJSON *json;

	(void)state;
	memset(ref, 'r', sizeof ref);
	ref[MSG_REF_MAX] = 0;
	assert_int_equal(msg_fault(&out, MSG_SLOW_DOWN, "too \"fast\"", ref, MSG_REF_MAX), 0);
	json = made_parse(&out);
	made_fields(json, "type code detail ref");
	made_text(json, "type", "error");
	made_text(json, "code", "slow_down");
	made_text(json, "detail", "too \"fast\"");
	made_text(json, "ref", ref);
	cJSON_Delete(json);
	assert_int_equal(msg_fault(&out, MSG_BAD_JSON, "x", "", 0), 0);
	json = made_parse(&out);
	made_fields(json, "type code detail");
	made_text(json, "code", "bad_json");
	cJSON_Delete(json);
}

static void
texts_are_added_behind_what_is_there(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_int_equal(msg_pong(&out), 0);
	assert_int_equal(msg_pong(&out), 0);
	assert_int_equal(buf_len(&out), 2 * strlen("{\"type\":\"pong\"}"));
	assert_memory_equal(buf_at(&out), "{\"type\":\"pong\"}{\"type\":\"pong\"}", buf_len(&out));
	buf_free(&out);
}

static void
facts_come_back_as_they_were(void **state)
{
	static const struct msg_facts vectors[] = {
		{"", 0, 0, 0},
		{"192.0.2.1:12345", TIME, 7, 8},
		{"[2001:db8::1]:65535", 253402300799999, 1000000, 4503599627370496},
		{"63 characters 63 characters 63 characters 63 characters 63 char", 1, 2, 3},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct msg_facts facts;
		struct buf out = {0};

		unit_row("%s", v->address);
		assert_int_equal(msg_facts(&out, v), 0);
		assert_int_equal(msg_facts_parse(&facts, (const char *)buf_at(&out), buf_len(&out)), 0);
		assert_string_equal(facts.address, v->address);
		assert_true(facts.since == v->since && facts.in == v->in && facts.out == v->out);
		for (size_t cut = 0; cut < buf_len(&out); cut++)
			assert_int_equal(msg_facts_parse(&facts, (const char *)buf_at(&out), cut), -1);
		buf_free(&out);
	}
}

static void
facts_that_are_wrong_are_refused_or_count_as_none(void **state)
{
	static const struct {
		const char *data;
		int result;
	} vectors[] = {
		{"", -1}, {"x", -1}, {"[]", -1}, {"{}", -1}, {"{\"address\":7}", -1}, {"{\"address\":null}", -1},
		{"{\"address\":\"64 characters, 64 characters, 64 characters, 64 characters, 64 c\"}", -1},
		{"{\"address\":\"a\"}", 0},
		{"{\"address\":\"a\",\"since\":-1,\"in\":\"7\",\"out\":1e300}", 0},
		{"{\"address\":\"a\",\"since\":[],\"in\":null,\"out\":-1e300}", 0},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct msg_facts facts;

		unit_row("%s", v->data);
		assert_int_equal(msg_facts_parse(&facts, v->data, strlen(v->data)), v->result);
		assert_true(facts.since == 0 && facts.in == 0 && facts.out == 0);
		assert_string_equal(facts.address, v->result == 0 ? "a" : "");
	}
}

static void
rows_have_the_facts_that_are_known(void **state)
{
	struct msg_row rows[2] = {
		{.user = made_name("alice"), .pid = 42, .unit = "chat@1.service", .known = true, .facts = {"192.0.2.1:7", TIME, 3, 4}},
		{.user = made_name("bob"), .pid = 43},
	};
	struct buf out = {0};
	cJSON *json, *row;

	(void)state;
	assert_int_equal(msg_rows(&out, rows, 2), 0);
	json = made_parse(&out);
	assert_int_equal(cJSON_GetArraySize(json), 2);
	row = cJSON_GetArrayItem(json, 0);
	made_fields(row, "user pid unit address since in out");
	made_text(row, "user", "alice");
	made_number(row, "pid", 42);
	made_text(row, "unit", "chat@1.service");
	made_text(row, "address", "192.0.2.1:7");
	made_text(row, "since", TIME_TEXT);
	made_number(row, "in", 3);
	made_number(row, "out", 4);
	row = cJSON_GetArrayItem(json, 1);
	made_fields(row, "user pid unit");
	made_text(row, "user", "bob");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(row, "unit")));
	cJSON_Delete(json);
	assert_int_equal(msg_rows(&out, rows, 0), 0);
	json = made_parse(&out);
	assert_true(cJSON_IsArray(json));
	assert_int_equal(cJSON_GetArraySize(json), 0);
	cJSON_Delete(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(times_are_rfc_3339_in_utc_with_milliseconds),
		TEST(any_time_that_64_bits_hold_fits),
		TEST(a_welcome_says_who_and_what_the_limits_are),
		TEST(a_private_message_has_its_text_to_the_letter),
		TEST(a_receipt_has_a_ref_if_there_is_one),
		TEST(typing_and_presence_say_whether),
		TEST(users_are_listed_in_the_order_given),
		TEST(a_pong_is_a_type_and_nothing_else),
		TEST(an_error_has_code_detail_and_a_ref_if_there_is_one),
		TEST(texts_are_added_behind_what_is_there),
		TEST(facts_come_back_as_they_were),
		TEST(facts_that_are_wrong_are_refused_or_count_as_none),
		TEST(rows_have_the_facts_that_are_known),
	};

	return cmocka_run_group_tests_name("msg text", tests, NULL, NULL);
}
