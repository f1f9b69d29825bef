#include "ws/extension.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"
#include "ws/handshake.h"

#define FIELD "Sec-WebSocket-Extensions: "
#define PMD "permessage-deflate"
#define S_NO "; server_no_context_takeover"
#define C_NO "; client_no_context_takeover"
#define S_BITS "; server_max_window_bits"
#define C_BITS "; client_max_window_bits"

static const struct deflate_params usual = {false, false, 15, 15};
static const struct deflate_params no_context = {true, true, 15, 15};
static const struct deflate_params narrow = {false, false, 10, 11};

static void
parse(struct http_head *head, const char *fields)
{
	char request[1024];
	int n = snprintf(request, sizeof request, "GET / HTTP/1.1\r\n%s\r\n", fields);

	assert_in_range(n, 0, sizeof request - 1);
	assert_int_equal(http_request(head, guard_put(0, request, (size_t)n), (size_t)n), n);
}

static void
the_first_offer_that_can_be_taken_is_answered(void **state)
{
	static const struct {
		const struct deflate_params *policy;
		const char *offers, *answer; /* the answer: without its field name and CRLF; "": none */
		struct deflate_params agreed;
	} vectors[] = {
		{&usual, "", "", {0}},
		{&usual, FIELD "\r\n", "", {0}},
		{&usual, FIELD PMD "\r\n", PMD, {false, false, 15, 15}},
		{&usual, "sec-websocket-extensions:" PMD "\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD PMD C_BITS "\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD PMD C_BITS "=15\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD PMD C_BITS "=10\r\n", PMD C_BITS "=10", {false, false, 15, 10}},
		{&usual, FIELD PMD S_BITS "=15\r\n", PMD S_BITS "=15", {false, false, 15, 15}},
		{&usual, FIELD PMD S_BITS "=8\r\n", PMD S_BITS "=8", {false, false, 8, 15}},
		{&usual, FIELD PMD S_NO "\r\n", PMD S_NO, {true, false, 15, 15}},
		{&usual, FIELD PMD C_NO "\r\n", PMD C_NO, {false, true, 15, 15}},
		{&usual, FIELD PMD C_BITS S_BITS "=9" C_NO S_NO "\r\n", PMD S_NO C_NO S_BITS "=9", {true, true, 9, 15}},
		{&usual, FIELD PMD ";server_max_window_bits=\"12\"\r\n", PMD S_BITS "=12", {false, false, 12, 15}},
		{&usual, FIELD PMD " ;\tserver_max_window_bits = \"1\\2\" \r\n", PMD S_BITS "=12", {false, false, 12, 15}},
		/* what can't be taken is passed over: unknown, doubled, of a wrong value */
		{&usual, FIELD "x, " PMD "\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD "x; y=z; " "q=\"1\", " PMD "\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD "Permessage-Deflate\r\n", "", {0}},
		{&usual, FIELD "permessage-deflate2\r\n", "", {0}},
		{&usual, FIELD PMD "; mystery\r\n", "", {0}},
		{&usual, FIELD PMD "; mystery=1, " PMD C_NO "\r\n", PMD C_NO, {false, true, 15, 15}},
		{&usual, FIELD PMD S_NO S_NO "\r\n", "", {0}},
		{&usual, FIELD PMD C_NO C_NO ", " PMD "\r\n", PMD, {false, false, 15, 15}},
		{&usual, FIELD PMD C_BITS C_BITS "=10\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=9" S_BITS "=9\r\n", "", {0}},
		{&usual, FIELD PMD S_NO "=1\r\n", "", {0}},
		{&usual, FIELD PMD C_NO "=\"true\"\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=7\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=16\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=08\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=1\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=10x\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=-9\r\n", "", {0}},
		{&usual, FIELD PMD C_BITS "=0\r\n", "", {0}},
		{&usual, FIELD PMD C_BITS "=100\r\n", "", {0}},
		{&usual, FIELD PMD C_BITS "=1000000000000000000000000000000000000015\r\n", "", {0}},
		{&usual, FIELD PMD S_BITS "=7, " PMD S_BITS "=9\r\n", PMD S_BITS "=9", {false, false, 9, 15}},
		{&usual, FIELD PMD S_BITS "=11, " PMD "\r\n", PMD S_BITS "=11", {false, false, 11, 15}},
		/* offers in several fields, and lists with nothing between the commas */
		{&usual, FIELD "x\r\n" FIELD PMD S_NO "\r\n", PMD S_NO, {true, false, 15, 15}},
		{&usual, FIELD ", ,," PMD ",\r\n", PMD, {false, false, 15, 15}},
		/* what this end wants comes in, within what the offer allows */
		{&no_context, FIELD PMD "\r\n", PMD S_NO C_NO, {true, true, 15, 15}},
		{&no_context, FIELD PMD S_NO C_BITS "=12\r\n", PMD S_NO C_NO C_BITS "=12", {true, true, 15, 12}},
		{&narrow, FIELD PMD "\r\n", PMD S_BITS "=10", {false, false, 10, 15}},
		{&narrow, FIELD PMD C_BITS "\r\n", PMD S_BITS "=10" C_BITS "=11", {false, false, 10, 11}},
		{&narrow, FIELD PMD C_BITS "=9" S_BITS "=12\r\n", PMD S_BITS "=10" C_BITS "=9", {false, false, 10, 9}},
		{&narrow, FIELD PMD C_BITS "=14" S_BITS "=8\r\n", PMD S_BITS "=8" C_BITS "=11", {false, false, 8, 11}},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char line[EXTENSION_LINE_MAX], expected[EXTENSION_LINE_MAX] = "";
		struct deflate_params agreed = {0};
		struct http_head head;

		unit_row("%s", v->offers);
		parse(&head, v->offers);
		if (*v->answer)
			snprintf(expected, sizeof expected, FIELD "%s\r\n", v->answer);
		assert_true(extension_well_formed(&head));
		assert_int_equal(extension_accept(&head, v->policy, &agreed, line), strlen(expected));
		assert_string_equal(line, expected);
		assert_memory_equal(&agreed, &v->agreed, sizeof agreed);
	}
}

/* RFC 6455, 9.1: what does not conform fails the handshake. */
static void
a_malformed_list_is_no_list(void **state)
{
	static const char *const vectors[] = {
		";", "=", "\"x\"", PMD ";", PMD "; ;x", PMD "; =1", PMD "; x=", PMD "; x=;y", PMD "; x=\"\"", PMD "; x=\"1",
		PMD "; x=\"1\\", PMD "; x=\"1\\\"", PMD "; x=\"a b\"", PMD "; x=\"a,b\"", PMD "; x=\"1\"2", PMD " x", PMD "; x y",
		PMD "; x=1 2", PMD "=1", "x, " PMD "; x=\"1", PMD "@", PMD "; x=@", "x/y", "(x)",
	}, *const *v;

	(void)state;
	EACH(v, vectors) {
		static const char handshake[] = "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
		char fields[512];
		struct http_head head;
		const char *why;

		unit_row("%s", *v);
		snprintf(fields, sizeof fields, "%s" FIELD "x\r\n" FIELD "%s\r\n", handshake, *v);
		parse(&head, fields);
		assert_false(extension_well_formed(&head));
		assert_int_equal(handshake_check(&head, &why), 400);
		snprintf(fields, sizeof fields, "%s" FIELD "x\r\n", handshake);
		parse(&head, fields);
		assert_int_equal(handshake_check(&head, &why), 101);
	}
}

static void
extensions_and_their_parameters_are_taken_apart(void **state)
{
	struct http_head head;
	struct http_slice list;
	struct extension e;
	struct extension_param p;

	(void)state;
	parse(&head, FIELD " foo , bar; a ;b=cd; e=\"f\\g\" ; long=123456789 \r\n");
	list = head.fields[0].value;
	assert_int_equal(extension_next(&list, &e), 1);
	assert_true(http_equal(e.name, "foo"));
	assert_false(extension_param(&e.params, &p));
	assert_int_equal(extension_next(&list, &e), 1);
	assert_true(http_equal(e.name, "bar"));
	assert_true(extension_param(&e.params, &p));
	assert_true(http_equal(p.name, "a"));
	assert_false(p.has_value);
	assert_true(extension_param(&e.params, &p));
	assert_true(p.has_value && p.len == 2 && memcmp(p.value, "cd", 2) == 0);
	assert_true(extension_param(&e.params, &p));
	assert_true(http_equal(p.name, "e") && p.len == 2 && memcmp(p.value, "fg", 2) == 0);
	assert_true(extension_param(&e.params, &p));
	assert_true(p.has_value && p.len == EXTENSION_VALUE_MAX + 1);
	assert_false(extension_param(&e.params, &p));
	assert_int_equal(extension_next(&list, &e), 0);
}

static void
verify(const struct deflate_params *wanted, const char *fields, int result, struct deflate_params *agreed)
{
	char response[512];
	struct http_head head;
	const char *why = "";
	int n = snprintf(response, sizeof response, "HTTP/1.1 101 X\r\n%s\r\n", fields);

	assert_int_equal(http_response(&head, guard_put(0, response, (size_t)n), (size_t)n), n);
	assert_int_equal(extension_verify(&head, wanted, agreed, &why), result);
	assert_int_equal(why != NULL, result < 0);
}

static void
a_client_takes_only_the_answer_to_its_offer(void **state)
{
	static const struct {
		const struct deflate_params *wanted;
		const char *answer;
		int result;
		struct deflate_params agreed;
	} vectors[] = {
		{&usual, "", 0, {0}},
		{&usual, FIELD "\r\n", 0, {0}},
		{&usual, FIELD PMD "\r\n", 1, {false, false, 15, 15}},
		{&usual, FIELD PMD S_NO C_NO S_BITS "=9" C_BITS "=8\r\n", 1, {true, true, 9, 8}},
		{&usual, FIELD PMD S_BITS "=\"15\"\r\n", 1, {false, false, 15, 15}},
		{&no_context, FIELD PMD S_NO "\r\n", 1, {true, true, 15, 15}},
		{&no_context, FIELD PMD "\r\n", -1, {0}},
		{&narrow, FIELD PMD S_BITS "=10\r\n", 1, {false, false, 10, 11}},
		{&narrow, FIELD PMD S_BITS "=9" C_BITS "=15\r\n", 1, {false, false, 9, 11}},
		{&narrow, FIELD PMD S_BITS "=11\r\n", -1, {0}},
		{&narrow, FIELD PMD "\r\n", -1, {0}},
		{&usual, FIELD PMD C_BITS "\r\n", -1, {0}},
		{&usual, FIELD PMD S_BITS "\r\n", -1, {0}},
		{&usual, FIELD PMD C_BITS "=16\r\n", -1, {0}},
		{&usual, FIELD PMD S_NO S_NO "\r\n", -1, {0}},
		{&usual, FIELD PMD "; mystery\r\n", -1, {0}},
		{&usual, FIELD "x\r\n", -1, {0}},
		{&usual, FIELD PMD ", x\r\n", -1, {0}},
		{&usual, FIELD PMD ", " PMD "\r\n", -1, {0}},
		{&usual, FIELD PMD "\r\n" FIELD PMD "\r\n", -1, {0}},
		{&usual, FIELD PMD "; x=\"\r\n", -1, {0}},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct deflate_params agreed = {0};

		unit_row("%s", v->answer);
		verify(v->wanted, v->answer, v->result, &agreed);
		assert_memory_equal(&agreed, &v->agreed, sizeof agreed);
	}
}

static struct deflate_params
params(unsigned n)
{
	return (struct deflate_params){n & 1, n & 2, (uint8_t)(8 + (n >> 2) % 8), (uint8_t)(8 + (n >> 5) % 8)};
}

/* Each wish meets each policy: both ends agree on the same, and neither gets more than it granted. */
static void
both_ends_agree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned j = 0; j < 256; j++) {
			struct deflate_params wanted = params(i), policy = params(j), server, client;
			char offer[EXTENSION_LINE_MAX], answer[EXTENSION_LINE_MAX];
			struct http_head head;
			size_t len;

			unit_row("%u %u", i, j);
			len = extension_offer(&wanted, offer);
			assert_int_equal(len, strlen(offer));
			parse(&head, offer);
			assert_true(extension_accept(&head, &policy, &server, answer) > 0);
			verify(&wanted, answer, 1, &client);
			assert_int_equal(server.server_no_context_takeover, client.server_no_context_takeover);
			assert_int_equal(server.client_no_context_takeover, client.client_no_context_takeover);
			assert_int_equal(server.server_max_window_bits, client.server_max_window_bits);
			assert_int_equal(server.client_max_window_bits, client.client_max_window_bits);
			assert_true(server.server_max_window_bits <= wanted.server_max_window_bits);
			assert_true(server.server_max_window_bits <= policy.server_max_window_bits);
			assert_true(server.client_max_window_bits <= wanted.client_max_window_bits);
			assert_true(server.client_max_window_bits <= policy.client_max_window_bits);
			assert_true(server.server_no_context_takeover >= (wanted.server_no_context_takeover || policy.server_no_context_takeover));
			assert_true(server.client_no_context_takeover >= (wanted.client_no_context_takeover || policy.client_no_context_takeover));
		}
	}
	unit_rows_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_offer_that_can_be_taken_is_answered),
		TEST(a_malformed_list_is_no_list),
		TEST(extensions_and_their_parameters_are_taken_apart),
		TEST(a_client_takes_only_the_answer_to_its_offer),
		TEST(both_ends_agree),
	};

	return cmocka_run_group_tests_name("extension", tests, NULL, NULL);
}
