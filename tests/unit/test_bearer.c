#include "session/bearer.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

#define A "Authorization: Bearer a\r\n"
#define P "Sec-WebSocket-Protocol: chat.v1, bearer.p\r\n"
#define Q "token=q"
#define C "Cookie: chat_token=c\r\n"

/* The head of a request with these fields, which ends before a page that can't be touched, and so does the query. */
static void
find(struct bearer *b, struct http_head *head, const char *fields, const char *query)
{
	static char text[HTTP_HEAD_MAX + 1];
	int n = snprintf(text, sizeof text, "GET /ws HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);

	assert_int_equal(http_request(head, guard_put(0, text, (size_t)n), (size_t)n), n);
	memset(b, 0x55, sizeof *b);
	bearer_find(b, head, (struct http_slice){guard_put(1, query, strlen(query)), strlen(query)});
}

static void
a_token_is_found_where_it_may_be_and_the_first_of_these_counts(void **state)
{
	static const struct {
		const char *fields, *query, *token;
		bool by_cookie;
	} vectors[] = {
		{"", "", NULL, false},
		{"", "user=alice&a=b", NULL, false},

		{A, "", "a", false},
		{"Authorization: bearer a\r\n", "", "a", false},
		{"AUTHORIZATION:BEARER   a  \r\n", "", "a", false},
		{"Authorization: Bearer a b\r\n", "", "a b", false},
		{"Authorization: Bearer a, Bearer b\r\n", "", "a, Bearer b", false},
		{"Authorization: Bearer\r\n", "", "", false},
		{"Authorization: Bearer\ta\r\n", "", NULL, false},
		{"Authorization: Bearera\r\n", "", NULL, false},
		{"Authorization: Bear\r\n", "", NULL, false},
		{"Authorization:\r\n", "", NULL, false},
		{"Authorization: Basic Bearer\r\n", "", NULL, false},
		{"Proxy-Authorization: Bearer a\r\n", "", NULL, false},
		{A A, "", "", false},
		{A "Authorization: Basic b\r\n", "", "", false},

		{P, "", "p", false},
		{"Sec-WebSocket-Protocol: bearer.p\r\n", "", "p", false},
		{"Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: bearer.p\r\n", "", "p", false},
		{"sec-websocket-protocol: x,,\t bearer.a.b.c ,bearer.d\r\n", "", "a.b.c", false},
		{"Sec-WebSocket-Protocol: bearer.\r\n", "", "", false},
		{"Sec-WebSocket-Protocol: Bearer.p\r\n", "", NULL, false},
		{"Sec-WebSocket-Protocol: bearer\r\n", "", NULL, false},
		{"Sec-WebSocket-Protocol: xbearer.p\r\n", "", NULL, false},
		{"Sec-WebSocket-Extensions: bearer.p\r\n", "", NULL, false},

		{"", Q, "q", false},
		{"", "user=alice&token=q&token=r", "q", false},
		{"", "token=%71%2e%71", "q.q", false},
		{"", "token=", "", false},
		{"", "token=&token=q", "", false},
		{"", "token=%", "", false},
		{"", "token=q%00", "", false},
		{"", "token", NULL, false},
		{"", "xtoken=q&Token=q", NULL, false},

		{C, "", "c", true},
		{"Cookie: a=b; chat_token=c; d=e\r\n", "", "c", true},
		{"Cookie: a=b;chat_token=c ;d\r\n", "", "c", true},
		{"Cookie: a=b\r\nCookie: chat_token=c\r\n", "", "c", true},
		{"Cookie: chat_token=c; chat_token=d\r\n", "", "c", true},
		{"Cookie: chat_token=\r\n", "", "", true},
		{"Cookie: chat_token=\"c\"\r\n", "", "\"c\"", true},
		{"Cookie: ; ;;  chat_token=c=\r\n", "", "c=", true},
		{"Cookie: xchat_token=c; a=chat_token=d; Chat_Token=e; chat_token\r\n", "", NULL, false},
		{"Cookie:\r\n", "", NULL, false},
		{"Set-Cookie: chat_token=c\r\n", "", NULL, false},

		{A P C, Q, "a", false},
		{C P A, Q, "a", false},
		{P C, Q, "p", false},
		{C, Q, "q", false},
		{"Authorization: Basic b\r\n" P C, Q, "p", false},
		{"Authorization: Bearer\r\n" P C, Q, "", false},
		{"Sec-WebSocket-Protocol: chat.v1\r\n" C, Q, "q", false},
		{C, "token=%", "", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;
		struct bearer b;

		unit_row("%s?%s", v->fields, v->query);
		find(&b, &head, v->fields, v->query);
		if (!v->token) {
			assert_null(b.text);
			continue;
		}
		assert_non_null(b.text);
		assert_int_equal(b.len, strlen(v->token));
		assert_memory_equal(b.text, v->token, b.len);
		assert_int_equal(b.by_cookie, v->by_cookie);
	}
}

static void
each_way_may_be_cut_anywhere(void **state)
{
	static const char *const fields[] = {A, P, C "Cookie: a=b\r\n"}, *const *field;
	struct http_head head;
	struct bearer b;

	(void)state;
	EACH(field, fields) {
		const char *value = strchr(*field, ':') + 1;
		size_t len = strcspn(value, "\r");

		for (size_t cut = 0; cut <= len; cut++) {
			char text[128];

			unit_row("%s %zu", *field, cut);
			snprintf(text, sizeof text, "%.*s\r\n", (int)(value - *field + (long)cut), *field);
			find(&b, &head, text, "");
			assert_true(cut == len || !b.text || b.len == 0);
		}
		assert_int_equal(b.len, 1);
	}
	for (size_t cut = 0; cut <= strlen(Q); cut++) {
		char query[] = Q;

		query[cut] = 0;
		find(&b, &head, "", query);
		assert_int_equal(b.text ? (long)b.len : -1, cut < strlen("token=") ? -1 : (long)(cut - strlen("token=")));
	}
}

static void
a_token_in_the_query_has_room_for_the_longest_and_no_more(void **state)
{
	char query[3 * (JWT_MAX + 1) + 8] = "token=";
	struct http_head head;
	struct bearer b;

	(void)state;
	memset(query + 6, 'x', JWT_MAX);
	find(&b, &head, "", query);
	assert_int_equal(b.len, JWT_MAX);
	strcat(query, "x");
	find(&b, &head, "", query);
	assert_non_null(b.text);
	assert_int_equal(b.len, 0);
	query[6] = 0;
	for (int i = 0; i < JWT_MAX; i++)
		strcpy(query + 6 + 3 * i, "%41");
	find(&b, &head, "", query);
	assert_int_equal(b.len, JWT_MAX);
	assert_true(b.text[0] == 'A' && b.text[JWT_MAX - 1] == 'A');
}

static void
the_subprotocol_is_offered_or_not(void **state)
{
	static const struct {
		const char *fields;
		bool offered;
	} vectors[] = {
		{"", false},
		{P, true},
		{"Sec-WebSocket-Protocol: chat.v1\r\n", true},
		{"sec-websocket-protocol: a,b , chat.v1\r\n", true},
		{"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: chat.v1\r\n", true},
		{"Sec-WebSocket-Protocol: bearer.p\r\n", false},
		{"Sec-WebSocket-Protocol: Chat.v1\r\n", false},
		{"Sec-WebSocket-Protocol: chat.v10, chat.v\r\n", false},
		{"Sec-WebSocket-Protocol:\r\n", false},
		{"X-Protocol: chat.v1\r\n", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;
		struct bearer b;

		unit_row("%s", v->fields);
		find(&b, &head, v->fields, "");
		assert_int_equal(bearer_offers_protocol(&head), v->offered);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_is_found_where_it_may_be_and_the_first_of_these_counts),
		TEST(each_way_may_be_cut_anywhere),
		TEST(a_token_in_the_query_has_room_for_the_longest_and_no_more),
		TEST(the_subprotocol_is_offered_or_not),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
