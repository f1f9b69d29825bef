#include "ws/http.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

typedef int parser(struct http_head *head, const char *data, size_t len);

/* Every prefix asks for more until one is refused, and then so is every longer one; none is taken for the whole. */
static void
check_prefixes(parser *parse, const char *data, size_t len, int result)
{
	int so_far = 0;

	for (size_t cut = 0; cut < len; cut++) {
		struct http_head head;
		int r = parse(&head, guard_put(0, data, cut), cut);

		if (r != so_far && !(so_far == 0 && r == result && result < 0))
			fail_msg("%d after %zu bytes", r, cut);
		so_far = r;
	}
}

static void
check_good(parser *parse, struct http_head *head, const char *data, size_t len)
{
	char longer[1024];

	check_prefixes(parse, data, len, (int)len);
	memcpy(longer, data, len);
	memcpy(longer + len, "\0\xff\r\n", 4);
	for (size_t more = 0; more <= 4; more++)
		assert_int_equal(parse(head, guard_put(1, longer, len + more), len + more), len);
	assert_int_equal(parse(head, data, len), len);
}

static void
check_bad(parser *parse, const char *data, size_t len, int status)
{
	struct http_head head;

	assert_int_equal(parse(&head, guard_put(1, data, len), len), -status);
	check_prefixes(parse, data, len, -status);
}

static void
check_slice(struct http_slice slice, const char *text)
{
	if (!http_equal(slice, text))
		fail_msg("'%.*s' is not '%s'", (int)slice.len, slice.at, text);
}

struct pair {
	const char *name, *value;
};

static void
check_fields(const struct http_head *head, const struct pair *fields)
{
	size_t n = 0;

	for (; fields[n].name; n++) {
		assert_true(n < head->count);
		check_slice(head->fields[n].name, fields[n].name);
		check_slice(head->fields[n].value, fields[n].value);
	}
	assert_int_equal(head->count, n);
}

static void
good_requests_are_taken_apart(void **state)
{
	static const struct {
		const char *data, *method, *target;
		int minor;
		struct pair fields[5];
	} vectors[] = {
		{"GET / HTTP/1.1\r\n\r\n", "GET", "/", 1, {{0}}},
		{"GET /ws?user=alice HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/ws?user=alice", 1, {{"Host", "a"}}},
		{"GET http://example.com/ws HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET", "http://example.com/ws", 1,
		 {{"Host", "example.com"}}},
		{"OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS", "*", 1, {{0}}},
		{"GET / HTTP/1.0\r\n\r\n", "GET", "/", 0, {{0}}},
		{"GET / HTTP/1.9\r\n\r\n", "GET", "/", 9, {{0}}},
		{"\r\nGET / HTTP/1.1\r\n\r\n", "GET", "/", 1, {{0}}},
		{"M-SEARCH|~ /a%20b HTTP/1.1\r\n\r\n", "M-SEARCH|~", "/a%20b", 1, {{0}}},
		{"GET / HTTP/1.1\r\nA:b\r\nC: d\r\nE:  \t f\tg  h \t \r\n\r\n", "GET", "/", 1, {{"A", "b"}, {"C", "d"}, {"E", "f\tg  h"}}},
		{"GET / HTTP/1.1\r\nEmpty:\r\nBlank: \t \r\nLast:x\r\n\r\n", "GET", "/", 1, {{"Empty", ""}, {"Blank", ""}, {"Last", "x"}}},
		{"GET / HTTP/1.1\r\nColon: a:b: c\r\n\r\n", "GET", "/", 1, {{"Colon", "a:b: c"}}},
		{"GET / HTTP/1.1\r\nX: caf\xc3\xa9 \xff\r\n\r\n", "GET", "/", 1, {{"X", "caf\xc3\xa9 \xff"}}},
		{"GET / HTTP/1.1\r\nA: 1\r\na: 2\r\n\r\n", "GET", "/", 1, {{"A", "1"}, {"a", "2"}}},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;

		unit_row("%s", v->data);
		check_good(http_request, &head, v->data, strlen(v->data));
		check_slice(head.method, v->method);
		check_slice(head.target, v->target);
		assert_int_equal(head.minor, v->minor);
		check_fields(&head, v->fields);
	}
}

static void
bad_requests_are_refused_with_their_status(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int status;
	} vectors[] = {
		{BYTES("GET / HTTP/1.1\n\n"), 400},
		{BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\n\rX"), 400},
		{BYTES("\nGET / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("\rGET / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("\r\n\r\n"), 400},
		{BYTES(" GET / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET  / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET /  HTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1 \r\n\r\n"), 400},
		{BYTES("GET\t/\tHTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\n: b\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nHost\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA\0: b\r\n\r\n"), 400},
		{BYTES("GET /\0 HTTP/1.1\r\n\r\n"), 400},
		{BYTES("GE\0T / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA: b\x1b[0m\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\nK\xc3\xa9y: b\r\n\r\n"), 400},
		{BYTES("GET /\r\n\r\n"), 400},
		{BYTES("GET / \r\n\r\n"), 400},
		{BYTES("GET / XTTP/1.1\r\n\r\n"), 400},
		{BYTES("GET / http/1.1\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.10\r\n\r\n"), 400},
		{BYTES("GET / HTTP 1.1\r\n\r\n"), 400},
		{BYTES("GET / HTTP/0.9\r\n\r\n"), 505},
		{BYTES("GET / HTTP/2.0\r\n\r\n"), 505},
		{BYTES("GET / HTTP/2\r\n\r\n"), 505},
		{BYTES("GET / HTTP/11\r\n\r\n"), 505},
		{BYTES("GET / HTTP/1.x\r\n\r\n"), 505},
		{BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},
		{BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400},
		{BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 400},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->data);
		check_bad(http_request, v->data, v->len, v->status);
	}
}

static void
every_byte_is_let_in_only_where_it_may_stand(void **state)
{
	static const char tchars[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char data[64];
	struct http_head head;

	(void)state;
	for (int c = 0; c < 256; c++) {
		int token = c && strchr(tchars, c), n;

		unit_row("byte %02x", (unsigned)c);
		n = snprintf(data, sizeof data, "GET / HTTP/1.1\r\nName: value\r\n\r\n");
		data[1] = (char)c;
		assert_int_equal(http_request(&head, data, (size_t)n), token ? n : -400);
		data[1] = 'E';
		data[17] = (char)c;
		assert_int_equal(http_request(&head, data, (size_t)n), token || c == ':' ? n : -400);
		data[17] = 'a';
		data[23] = (char)c;
		assert_int_equal(http_request(&head, data, (size_t)n), (c >= 0x20 && c != 0x7f) || c == '\t' ? n : -400);
		data[23] = 'a';
		data[4] = (char)c;
		if (c <= 0x20 || c == 0x7f)
			assert_int_equal(http_request(&head, data, (size_t)n), -400);
		else if (token || strchr("/?:@,;=()", c))
			assert_int_equal(http_request(&head, data, (size_t)n), n);
	}
	unit_rows_done();
}

/* A head of `total` bytes. */
static void
make_head(char *data, size_t total)
{
	static const char start[] = "GET / HTTP/1.1\r\nA: ", end[] = "\r\n\r\n";

	memset(data, 'x', total);
	memcpy(data, start, sizeof start - 1);
	memcpy(data + total - 4, end, 4);
}

static void
a_head_of_8_kib_is_taken_and_one_byte_more_is_not(void **state)
{
	char data[HTTP_HEAD_MAX + 1];
	struct http_head head;

	(void)state;
	make_head(data, HTTP_HEAD_MAX);
	assert_int_equal(http_request(&head, guard_put(0, data, HTTP_HEAD_MAX), HTTP_HEAD_MAX), HTTP_HEAD_MAX);
	make_head(data, HTTP_HEAD_MAX + 1);
	assert_int_equal(http_request(&head, guard_put(0, data, HTTP_HEAD_MAX + 1), HTTP_HEAD_MAX + 1), -431);
	assert_int_equal(http_request(&head, guard_put(0, data, HTTP_HEAD_MAX), HTTP_HEAD_MAX), -431);
	assert_int_equal(http_request(&head, guard_put(0, data, HTTP_HEAD_MAX - 1), HTTP_HEAD_MAX - 1), 0);
}

static void
a_request_line_without_end_is_too_large(void **state)
{
	char data[HTTP_HEAD_MAX];
	struct http_head head;

	(void)state;
	memset(data, 'x', sizeof data);
	assert_int_equal(http_request(&head, data, sizeof data - 1), 0);
	assert_int_equal(http_request(&head, data, sizeof data), -431);
	memcpy(data, "GET /", 5);
	assert_int_equal(http_request(&head, data, sizeof data - 1), 0);
	assert_int_equal(http_request(&head, data, sizeof data), -431);
}

static void
sixty_four_fields_are_taken_and_one_more_is_not(void **state)
{
	char data[1024];
	struct http_head head;
	int n = snprintf(data, sizeof data, "GET / HTTP/1.1\r\n");

	(void)state;
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		n += snprintf(data + n, sizeof data - (size_t)n, "F%d: %d\r\n", i, i);
	memcpy(data + n, "\r\n", 2);
	assert_int_equal(http_request(&head, guard_put(0, data, (size_t)n + 2), (size_t)n + 2), n + 2);
	assert_int_equal(head.count, HTTP_FIELDS_MAX);
	check_slice(head.fields[63].name, "F63");
	check_slice(head.fields[63].value, "63");
	memcpy(data + n, "X:\r\n\r\n", 6);
	assert_int_equal(http_request(&head, guard_put(0, data, (size_t)n + 6), (size_t)n + 6), -431);
	check_prefixes(http_request, data, (size_t)n + 6, -431);
}

static void
good_responses_are_taken_apart(void **state)
{
	static const struct {
		const char *data;
		int status, minor;
		struct pair fields[3];
	} vectors[] = {
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101, 1, {{"Upgrade", "websocket"}}},
		{"HTTP/1.1 200 \r\n\r\n", 200, 1, {{0}}},
		{"HTTP/1.0 404 Not Found\r\nA:\r\n\r\n", 404, 0, {{"A", ""}}},
		{"HTTP/1.1 999 caf\xc3\xa9\tx\r\n\r\n", 999, 1, {{0}}},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;

		unit_row("%s", v->data);
		check_good(http_response, &head, v->data, strlen(v->data));
		assert_int_equal(head.status, v->status);
		assert_int_equal(head.minor, v->minor);
		check_fields(&head, v->fields);
	}
}

static void
bad_responses_are_refused(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int status;
	} vectors[] = {
		{BYTES("HTTP/1.1 10 X\r\n\r\n"), 400},
		{BYTES("HTTP/1.1 1010 X\r\n\r\n"), 400},
		{BYTES("HTTP/1.1 -10 X\r\n\r\n"), 400},
		{BYTES("HTTP/1.1 1a1 X\r\n\r\n"), 400},
		{BYTES("HTTP/1.1  101 X\r\n\r\n"), 400},
		{BYTES("HTTP/1.1 101 X\n\n"), 400},
		{BYTES("HTTP/1.1 101 a\0b\r\n\r\n"), 400},
		{BYTES("HTTP/1.1 101 a\rb\r\n\r\n"), 400},
		{BYTES("HTTP/1.1\r\n\r\n"), 400},
		{BYTES("\r\nHTTP/1.1 101 X\r\n\r\n"), 400},
		{BYTES("GET / HTTP/1.1\r\n\r\n"), 400},
		{BYTES("HTTP/2.0 101 X\r\n\r\n"), 505},
		{BYTES("HTTP/2 101 X\r\n\r\n"), 505},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->data);
		check_bad(http_response, v->data, v->len, v->status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_requests_are_taken_apart),
		TEST(bad_requests_are_refused_with_their_status),
		TEST(every_byte_is_let_in_only_where_it_may_stand),
		TEST(a_head_of_8_kib_is_taken_and_one_byte_more_is_not),
		TEST(a_request_line_without_end_is_too_large),
		TEST(sixty_four_fields_are_taken_and_one_more_is_not),
		TEST(good_responses_are_taken_apart),
		TEST(bad_responses_are_refused),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
