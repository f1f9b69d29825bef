#include "ws/http.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static struct http_slice
slice_of(unsigned slot, const char *text)
{
	return (struct http_slice){guard_put(slot, text, strlen(text)), strlen(text)};
}

static void
check_slice(struct http_slice slice, const char *text)
{
	if (!http_equal(slice, text))
		fail_msg("'%.*s' is not '%s'", (int)slice.len, slice.at, text);
}

static void
a_slice_is_compared_whole(void **state)
{
	(void)state;
	assert_true(http_equal(slice_of(0, "abc"), "abc"));
	assert_false(http_equal(slice_of(0, "abc"), "ABC"));
	assert_false(http_equal(slice_of(0, "abc"), "ab"));
	assert_false(http_equal(slice_of(0, "ab"), "abc"));
	assert_true(http_equal(slice_of(0, ""), ""));
	assert_true(http_is(slice_of(0, "WebSocket"), "websocket"));
	assert_true(http_is(slice_of(0, ""), ""));
	assert_false(http_is(slice_of(0, "websockets"), "websocket"));
	assert_false(http_is(slice_of(0, "websocke"), "websocket"));
	assert_false(http_is(slice_of(0, "webs_cket"), "websocket"));
}

static void
fields_are_found_in_any_case_and_counted(void **state)
{
	static const char data[] = "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nhOST: b\r\nx-one: 2\r\nX-ONE: 3\r\n\r\n";
	struct http_head head;
	struct http_slice value = {"untouched", 9};

	(void)state;
	assert_int_equal(http_request(&head, data, sizeof data - 1), sizeof data - 1);
	assert_int_equal(http_find(&head, "Hos", &value), 0);
	assert_int_equal(http_find(&head, "Hosts", &value), 0);
	check_slice(value, "untouched");
	assert_int_equal(http_find(&head, "HOST", &value), 2);
	check_slice(value, "a");
	assert_int_equal(http_find(&head, "X-One", &value), 3);
	check_slice(value, "1");
}

/* RFC 3986, 3.2.2 and 3.2.3: reg-name, IP-literal, port. */
static void
a_host_has_the_characters_of_a_host_and_a_port_alone(void **state)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+,;=:[]";
	static const char *const hosts[] = {"a", "example.com", "example.com:8080", "127.0.0.1", "[::1]", "[::1]:8080", "a_b", "x%20y"};
	const char *const *host;

	(void)state;
	EACH(host, hosts) {
		unit_row("%s", *host);
		assert_true(http_is_host(slice_of(0, *host)));
	}
	assert_false(http_is_host(slice_of(0, "")));
	for (int c = 0; c < 256; c++) {
		char text[3] = {'a', (char)c, 'b'};
		bool good = c && strchr(allowed, c);

		for (size_t at = 0; at < 3; at++) {
			memcpy(text, "abc", 3);
			text[at] = (char)c;
			if (http_is_host((struct http_slice){guard_put(0, text, 3), 3}) != good)
				fail_msg("character %02x at %zu", (unsigned)c, at);
		}
	}
}

static void
lists_are_split_at_commas_and_empty_elements_are_left_out(void **state)
{
	static const struct {
		const char *list, *elements[4];
	} vectors[] = {
		{"", {0}}, {" ", {0}}, {",", {0}}, {" , ,\t,", {0}},
		{"a", {"a"}}, {" a\t", {"a"}}, {"a,", {"a"}}, {",a", {"a"}}, {",,a,,", {"a"}},
		{"keep-alive, Upgrade", {"keep-alive", "Upgrade"}},
		{"a,b,c", {"a", "b", "c"}}, {"a ,\tb , ,c", {"a", "b", "c"}}, {"a b, c", {"a b", "c"}},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_slice list = slice_of(0, v->list), element;

		unit_row("'%s'", v->list);
		for (size_t i = 0; v->elements[i]; i++) {
			assert_true(http_list(&list, &element));
			check_slice(element, v->elements[i]);
		}
		assert_false(http_list(&list, &element));
		assert_false(http_list(&list, &element));
	}
}

static void
a_token_is_listed_in_any_field_of_the_name_and_whole(void **state)
{
	static const char data[] = "GET / HTTP/1.1\r\nConnection: keep-alive\r\nX: other\r\nconnection: x,\tUPGRADE\r\n\r\n";
	struct http_head head;

	(void)state;
	assert_int_equal(http_request(&head, data, sizeof data - 1), sizeof data - 1);
	assert_true(http_lists(&head, "Connection", "upgrade"));
	assert_true(http_lists(&head, "Connection", "Keep-Alive"));
	assert_false(http_lists(&head, "Connection", "keep"));
	assert_false(http_lists(&head, "Connection", "upgraded"));
	assert_false(http_lists(&head, "Connection", "other"));
	assert_false(http_lists(&head, "Upgrade", "upgrade"));
}

static void
targets_are_split_into_path_and_query(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} vectors[] = {
		{"/", "/", ""},
		{"/ws", "/ws", ""},
		{"/ws?", "/ws", ""},
		{"/ws?user=a", "/ws", "user=a"},
		{"/ws?a?b", "/ws", "a?b"},
		{"/?x=/y", "/", "x=/y"},
		{"//ws", "//ws", ""},
		{"/http://host/ws", "/http://host/ws", ""},
		{"http://host/ws?user=a", "/ws", "user=a"},
		{"http://host:80/", "/", ""},
		{"http://host", "/", ""},
		{"HTTPS://[::1]:8080/ws?x=http://y/z", "/ws", "x=http://y/z"},
		{"*", "*", ""},
		{"ws", "ws", ""},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_slice path, query;

		unit_row("%s", v->target);
		http_target(slice_of(0, v->target), &path, &query);
		check_slice(path, v->path);
		check_slice(query, v->query);
	}
}

/* RFC 3986, 3.2: a question mark ends the authority as a slash does. */
static void
an_authority_ends_at_the_query(void **state)
{
	static const struct {
		const char *target, *query;
	} vectors[] = {
		{"http://host?user=a", "user=a"},
		{"http://host?", ""},
		{"http://host?x=/ws", "x=/ws"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_slice path, query;

		unit_row("%s", v->target);
		http_target(slice_of(0, v->target), &path, &query);
		check_slice(path, "/");
		check_slice(query, v->query);
	}
}

/* RFC 3986, 3.1: nothing but letters, digits, +, - and . stands before the colon of a scheme. */
static void
an_authority_inside_a_path_or_a_query_is_none(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} vectors[] = {
		{"a?x=http://host/ws", "a", "x=http://host/ws"},
		{"a/http://host/ws", "a/http://host/ws", ""},
		{"*?://host/ws", "*", "://host/ws"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_slice path, query;

		unit_row("%s", v->target);
		http_target(slice_of(0, v->target), &path, &query);
		check_slice(path, v->path);
		check_slice(query, v->query);
	}
}

static void
values_of_a_query_are_found_and_decoded(void **state)
{
	static const struct {
		const char *query, *value; /* NULL: none */
	} vectors[] = {
		{"user=alice", "alice"},
		{"a=b&user=alice", "alice"},
		{"a=b&user=alice&c=d", "alice"},
		{"user=alice&user=bob", "alice"},
		{"user=", ""},
		{"user=&x", ""},
		{"user=a=b", "a=b"},
		{"user=a+b", "a+b"},
		{"user=%41%6c%6C", "All"},
		{"user=a%2Bb%40c", "a+b@c"},
		{"user=%25%34%31", "%41"},
		{"user=%c3%A9", "\xc3\xa9"},
		{"user=%26x", "&x"},
		{"", NULL},
		{"user", NULL},
		{"user&x=1", NULL},
		{"users=alice", NULL},
		{"xuser=alice", NULL},
		{"User=alice", NULL},
		{"use=alice", NULL},
		{"x=user=alice", NULL},
		{"&&&", NULL},
		{"=alice", NULL},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char out[16];

		unit_row("%s", v->query);
		if (v->value) {
			assert_int_equal(http_query(slice_of(0, v->query), "user", out, sizeof out), strlen(v->value));
			assert_string_equal(out, v->value);
		} else {
			assert_int_equal(http_query(slice_of(0, v->query), "user", out, sizeof out), -1);
		}
	}
}

static void
values_that_are_not_well_encoded_are_refused(void **state)
{
	static const char *const vectors[] = {
		"user=%", "user=%4", "user=a%", "user=a%4", "user=%zz", "user=%4g", "user=%g4", "user=% 1", "user=%+1", "user=%%41",
		"user=%-1", "user=%4&1=x", "user=%00", "user=a%00b",
	}, *const *v;

	(void)state;
	EACH(v, vectors) {
		char out[16];

		unit_row("%s", *v);
		assert_int_equal(http_query(slice_of(0, *v), "user", out, sizeof out), -2);
	}
}

static void
a_value_has_to_fit_with_its_nul(void **state)
{
	static const char query[] = "x=abc%64";

	(void)state;
	for (size_t size = 1; size <= 6; size++) {
		char *out = guard_put(1, NULL, size);

		assert_int_equal(http_query(slice_of(0, query), "x", out, size), size < 5 ? -2 : 4);
	}
}

static void
all_escapes_are_decoded(void **state)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		char query[] = "x=%00", out[4];

		query[3] = lower[c >> 4];
		query[4] = upper[c & 15];
		assert_int_equal(http_query(slice_of(0, query), "x", out, sizeof out), 1);
		assert_int_equal((unsigned char)out[0], c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slice_is_compared_whole),
		TEST(fields_are_found_in_any_case_and_counted),
		TEST(a_host_has_the_characters_of_a_host_and_a_port_alone),
		TEST(lists_are_split_at_commas_and_empty_elements_are_left_out),
		TEST(a_token_is_listed_in_any_field_of_the_name_and_whole),
		TEST(targets_are_split_into_path_and_query),
		TEST(an_authority_ends_at_the_query),
		TEST(an_authority_inside_a_path_or_a_query_is_none),
		TEST(values_of_a_query_are_found_and_decoded),
		TEST(values_that_are_not_well_encoded_are_refused),
		TEST(a_value_has_to_fit_with_its_nul),
		TEST(all_escapes_are_decoded),
	};

	return cmocka_run_group_tests_name("http values", tests, NULL, NULL);
}
