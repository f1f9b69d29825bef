#include "base/origin.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static int
authority_of(struct authority *a, const char *text)
{
	return authority_parse(a, guard_put(0, text, strlen(text)), strlen(text));
}

static int
origin_of(struct origin *o, const char *text)
{
	return origin_parse(o, guard_put(1, text, strlen(text)), strlen(text));
}

static void
an_authority_is_a_host_and_perhaps_a_port(void **state)
{
	static const struct {
		const char *text, *host;
		long port;
	} vectors[] = {
		{"a", "a", -1}, {"localhost:8080", "localhost", 8080}, {"a_b-c.example:1", "a_b-c.example", 1}, {"a:65535", "a", 65535},
		{"127.0.0.1:80", "127.0.0.1", 80}, {"[::1]", "[::1]", -1}, {"[::1]:8080", "[::1]", 8080}, {"[::ffff:1.2.3.4]:1", "[::ffff:1.2.3.4]", 1},
		{"a:00080", "a", 80},
	}, *v;
	struct authority a;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->text);
		assert_int_equal(authority_of(&a, v->text), 0);
		assert_int_equal(a.host_len, strlen(v->host));
		assert_memory_equal(a.host, v->host, a.host_len);
		assert_int_equal(a.port, v->port);
	}
}

static void
anything_else_is_no_authority(void **state)
{
	static const char *const texts[] = {
		"", ":", ":80", "a:", "a:0", "a:65536", "a:100000", "a:-1", "a:+1", "a:8x", "a:80:80", "a b", "a/b", "a@b", "a,b", "a%41", "[", "[]",
		"[::1", "::1", "[127.0.0.1]", "[a]", "[::1]80", "[::1]:", "[::1]x", "[::1%lo]", "[::1]]", "\xc3\xa9", "a\n",
	}, *const *text;
	struct authority a;

	(void)state;
	EACH(text, texts) {
		unit_row("%s", *text);
		assert_int_equal(authority_of(&a, *text), -1);
	}
	assert_int_equal(authority_parse(&a, guard_put(0, BYTES("a\0b")), 3), -1);
}

static void
this_machine_is_known_by_its_names_and_addresses(void **state)
{
	static const struct {
		const char *text;
		bool local;
	} vectors[] = {
		{"localhost", true}, {"LocalHost:8080", true}, {"chat.localhost", true}, {"a.b.LOCALHOST:1", true}, {"127.0.0.1", true},
		{"127.1.2.3:9", true}, {"[::1]", true}, {"[::1]:8080", true}, {"[0:0:0:0:0:0:0:1]", true}, {"[::ffff:127.0.0.1]", true},
		{"evillocalhost", false}, {".localhost", false}, {"localhost.evil.example", false}, {"localhost.evil", false}, {"evil.example", false},
		{"127.0.0.1.evil.example", false}, {"127.0.0.1.nip.io", false}, {"127.1", false}, {"128.0.0.1", false}, {"0.0.0.0", false},
		{"[::]", false}, {"[::2]", false}, {"[2001:db8::1]", false}, {"192.168.0.1:8080", false}, {"localhos", false}, {"a", false},
	}, *v;
	struct authority a;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->text);
		assert_int_equal(authority_of(&a, v->text), 0);
		assert_int_equal(authority_is_local(&a), v->local);
	}
}

static void
an_origin_is_a_scheme_and_an_authority(void **state)
{
	static const struct {
		const char *text;
		int result;
	} vectors[] = {
		{"http://a", 0}, {"https://chat.example:8443", 0}, {"HTTPS://[::1]", 0}, {"chrome-extension://abcdefgh", 0}, {"a+b.c-d://x:1", 0},
		{"null", -1}, {"", -1}, {"a", -1}, {"*", -1}, {"://a", -1}, {"1a://b", -1}, {"+a://b", -1}, {"http:/a", -1}, {"http:a", -1}, {"http//a", -1},
		{"http://", -1}, {"http://a/", -1}, {"http://a?", -1}, {"http://a#", -1}, {"http://u@a", -1}, {"http://a b", -1}, {"http://a:", -1},
		{"http://a:0", -1}, {"http://*.a", -1}, {" http://a", -1}, {"http://a ", -1}, {"h\xc3\xa9://a", -1}, {"file://", -1},
	}, *v;
	struct origin o;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->text);
		assert_int_equal(origin_of(&o, v->text), v->result);
	}
}

static void
a_page_is_of_the_host_that_served_it(void **state)
{
	static const struct {
		const char *origin, *host;
		bool is, is_by_https;
	} vectors[] = {
		{"http://a", "a", true, false}, {"https://a", "a", true, true}, {"https://A.Example", "a.eXample", true, true},
		{"http://a:8080", "a:8080", true, false}, {"https://a:8443", "a:8443", true, true}, {"http://[::1]:8080", "[::1]:8080", true, false},
		{"http://a", "a:80", true, false}, {"http://a:80", "a", true, false}, {"https://a", "a:443", true, true}, {"https://a:443", "a", true, true},
		{"http://a", "a:443", false, false}, {"https://a", "a:80", false, false}, {"http://a:8080", "a", false, false}, {"http://a", "a:8080", false, false},
		{"http://a:8080", "a:8081", false, false}, {"http://b", "a", false, false}, {"http://a.b", "a", false, false}, {"http://a", "a.b", false, false},
		{"http://aa", "a", false, false}, {"ftp://a", "a", false, false}, {"chrome-extension://a", "a", false, false}, {"http://a", "a b", false, false},
		{"http://a", "", false, false},
	}, *v;
	struct origin o;

	(void)state;
	EACH(v, vectors) {
		const char *host = guard_put(2, v->host, strlen(v->host));

		unit_row("%s %s", v->origin, v->host);
		assert_int_equal(origin_of(&o, v->origin), 0);
		assert_int_equal(origin_is_of(&o, host, strlen(v->host), false), v->is);
		assert_int_equal(origin_is_of(&o, host, strlen(v->host), true), v->is_by_https);
	}
}

static void
a_listed_origin_has_the_same_scheme_host_and_port(void **state)
{
	static const char list[] = " https://chat.example,http://other.example:8080\thttps://[2001:db8::1]:8443 ,, chrome-extension://abc";
	static const struct {
		const char *origin;
		bool listed;
	} vectors[] = {
		{"https://chat.example", true}, {"https://chat.example:443", true}, {"HTTPS://Chat.Example", true}, {"http://other.example:8080", true},
		{"https://[2001:db8::1]:8443", true}, {"chrome-extension://abc", true},
		{"http://chat.example", false}, {"https://chat.example:8443", false}, {"https://chat.example.evil.example", false},
		{"https://a.chat.example", false}, {"https://hat.example", false}, {"http://other.example", false}, {"https://other.example:8080", false},
		{"chrome-extension://abcd", false}, {"chrome-extension://ab", false}, {"chrome-extensions://abc", false},
	}, *v;
	struct origin o;

	(void)state;
	assert_true(origin_list_valid(list));
	EACH(v, vectors) {
		unit_row("%s", v->origin);
		assert_int_equal(origin_of(&o, v->origin), 0);
		assert_int_equal(origin_listed(&o, list), v->listed);
		assert_false(origin_listed(&o, ""));
	}
}

static void
a_list_with_anything_else_is_none(void **state)
{
	static const struct {
		const char *list;
		bool valid;
	} vectors[] = {
		{"", true}, {" , ", true}, {"http://a", true}, {"http://a,http://b", true}, {"http://a http://b", true},
		{"*", false}, {"null", false}, {"chat.example", false}, {"https://chat.example/", false}, {"http://a,*", false}, {"http://a;http://b", false},
		{"https://*.example", false}, {"http://a,b", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->list);
		assert_int_equal(origin_list_valid(v->list), v->valid);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_authority_is_a_host_and_perhaps_a_port),
		TEST(anything_else_is_no_authority),
		TEST(this_machine_is_known_by_its_names_and_addresses),
		TEST(an_origin_is_a_scheme_and_an_authority),
		TEST(a_page_is_of_the_host_that_served_it),
		TEST(a_listed_origin_has_the_same_scheme_host_and_port),
		TEST(a_list_with_anything_else_is_none),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
