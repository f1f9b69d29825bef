#include "session/forwarded.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

/* Each value in memory of its own, with nothing that may be read behind it. */
static void
make(struct http_head *head, const char *const fields[6])
{
	head->count = 0;
	for (size_t i = 0; i < 6 && fields[i]; i += 2) {
		unsigned slot = (unsigned)(i / 2);

		head->fields[head->count++] = (struct http_field){{fields[i], strlen(fields[i])},
		                                                  {guard_put(slot, fields[i + 1], strlen(fields[i + 1])), strlen(fields[i + 1])}};
	}
}

static void
the_last_proxy_is_heard(void **state)
{
	static const struct {
		const char *fields[6], *address; /* NULL: nothing is said */
		int https;
	} vectors[] = {
		{{NULL}, NULL, -1},
		{{"X-Real-IP", "192.0.2.7"}, NULL, -1},
		{{"X-Forwarded-Proto", "https"}, NULL, 1},
		{{"X-Forwarded-For", "192.0.2.7"}, "192.0.2.7", -1},
		{{"x-forwarded-for", "192.0.2.7", "X-FORWARDED-PROTO", "HTTPS"}, "192.0.2.7", 1},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "http"}, "192.0.2.7", 0},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "wss"}, "192.0.2.7", 1},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "https, ws"}, "192.0.2.7", 0},
		{{"X-Forwarded-For", "1.2.3.4, 192.0.2.7"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", "rubbish\",,192.0.2.7"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", ", \t192.0.2.7"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", "1.2.3.4", "X-Forwarded-For", "192.0.2.7"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", "192.0.2.7:4711"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", "2001:DB8::7"}, "2001:db8::7", -1},
		{{"X-Forwarded-For", "[2001:db8::7]"}, "2001:db8::7", -1},
		{{"X-Forwarded-For", "[2001:db8::7]:4711"}, "2001:db8::7", -1},
		{{"X-Forwarded-For", "::ffff:192.0.2.7"}, "192.0.2.7", -1},
		{{"X-Forwarded-For", "unknown"}, "", -1},
		{{"X-Forwarded-For", "unix:"}, "unix", -1},
		{{"Forwarded", "for=192.0.2.7"}, "192.0.2.7", -1},
		{{"Forwarded", "For=192.0.2.7;Proto=https;by=203.0.113.43;host=chat.example"}, "192.0.2.7", 1},
		{{"Forwarded", "for=\"192.0.2.7:4711\""}, "192.0.2.7", -1},
		{{"Forwarded", "for=\"[2001:db8::7]:4711\";proto=http"}, "2001:db8::7", 0},
		{{"Forwarded", "for=\"\\1\\92.0.2.7\""}, "192.0.2.7", -1},
		{{"Forwarded", "for=1.2.3.4;proto=https, for=192.0.2.7"}, "192.0.2.7", -1},
		{{"Forwarded", "secret=\"a,b;for=1.2.3.4\\\"\" ,\tfor=192.0.2.7"}, "192.0.2.7", -1},
		{{"Forwarded", "for=1.2.3.4", "Forwarded", "for=192.0.2.7"}, "192.0.2.7", -1},
		{{"Forwarded", "for=unknown"}, "", -1},
		{{"Forwarded", "for=_hidden"}, "", -1},
		{{"Forwarded", "for=\"_hidden:_port\""}, "", -1},
		{{"Forwarded", "for=1.2.3.4, proto=https"}, "", 1},
		{{"Forwarded", "for=192.0.2.7", "X-Forwarded-For", "1.2.3.4, 192.0.2.7"}, "192.0.2.7", -1},
		{{"Forwarded", "for=192.0.2.7;proto=https", "X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "https"}, "192.0.2.7", 1},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct forwarded f;
		struct http_head head;
		const char *why = NULL;

		unit_row("%s: %s", v->fields[0] ? v->fields[0] : "", v->fields[0] ? v->fields[1] : "");
		make(&head, v->fields);
		assert_int_equal(forwarded_read(&f, &head, &why), 0);
		assert_int_equal(f.any, v->address != NULL);
		assert_string_equal(f.address, v->address ? v->address : "");
		assert_int_equal(f.https, v->https);
		assert_null(why);
	}
}

static void
what_cannot_be_understood_is_said(void **state)
{
	static const struct {
		const char *fields[6], *why;
	} vectors[] = {
		{{"X-Forwarded-For", ""}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7,"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7, "}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7, x"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-For", "x"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.256"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7:"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7 1.2.3.4"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "[192.0.2.7]:1x y"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "[2001:db8::7"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "["}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "[]"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "[2001:db8::7]x"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "_"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "_a b"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", ":"}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "\"192.0.2.7\""}, "X-Forwarded-For"},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", ""}, "X-Forwarded-Proto"},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "httpss"}, "X-Forwarded-Proto"},
		{{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "https,"}, "X-Forwarded-Proto"},
		{{"Forwarded", ""}, "Forwarded"},
		{{"Forwarded", ","}, "Forwarded"},
		{{"Forwarded", "for"}, "Forwarded"},
		{{"Forwarded", "for="}, "Forwarded"},
		{{"Forwarded", "=192.0.2.7"}, "Forwarded"},
		{{"Forwarded", "for =192.0.2.7"}, "Forwarded"},
		{{"Forwarded", "for=x"}, "Forwarded"},
		{{"Forwarded", "for=192.0.2.7,"}, "Forwarded"},
		{{"Forwarded", "for=192.0.2.7;for=1.2.3.4"}, "Forwarded"},
		{{"Forwarded", "for=192.0.2.7;proto=https;proto=https"}, "Forwarded"},
		{{"Forwarded", "for=192.0.2.7;proto=gopher"}, "Forwarded"},
		{{"Forwarded", "for=[2001:db8::7]"}, "Forwarded"},
		{{"Forwarded", "for=2001:db8::7"}, "Forwarded"},
		{{"Forwarded", "for=\"192.0.2.7"}, "Forwarded"},
		{{"Forwarded", "for=\"192.0.2.7\\"}, "Forwarded"},
		{{"Forwarded", "for=\""}, "Forwarded"},
		{{"Forwarded", "for=\"192.0.2.7\"x"}, "Forwarded"},
		{{"Forwarded", "for=\"192.0.2.7\"x;proto=https"}, "Forwarded"},
		{{"Forwarded", "proto=https/for=192.0.2.7"}, "Forwarded"},
		/* A client's open quote, and what the proxy put behind it. */
		{{"Forwarded", "for=\"_x, for=192.0.2.7"}, "Forwarded"},
		{{"Forwarded", "secret=\"x, for=\"[2001:db8::7]\""}, "Forwarded"},
		/* A whole header of the client's that the proxy let pass. */
		{{"Forwarded", "for=1.2.3.4", "X-Forwarded-For", "192.0.2.7"}, "different"},
		{{"Forwarded", "proto=https", "X-Forwarded-For", "192.0.2.7"}, "different"},
		{{"X-Forwarded-For", "1.2.3.4", "Forwarded", "for=192.0.2.7"}, "different"},
		{{"Forwarded", "for=192.0.2.7;proto=https", "X-Forwarded-Proto", "http"}, "different"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct forwarded f;
		struct http_head head;
		const char *why = "";

		unit_row("%s: %s", v->fields[0], v->fields[1]);
		make(&head, v->fields);
		assert_int_equal(forwarded_read(&f, &head, &why), -1);
		assert_non_null(strstr(why, v->why));
	}
}

/* Wherever it is cut: never more than there is, never an address that is none. */
static void
a_header_may_end_anywhere(void **state)
{
	static const char *const values[] = {
		"for=\"[2001:db8::7]:4711\";proto=https;by=\"_a\\\"b\" , for=192.0.2.7", "1.2.3.4, [2001:db8::7]:4711", "unknown, _hidden:80", "unix:",
	}, *const *value;

	(void)state;
	EACH(value, values) {
		for (size_t len = 0; len <= strlen(*value); len++) {
			char cut[128], again[ADDRESS_SIZE];
			const char *names[] = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"};

			snprintf(cut, sizeof cut, "%.*s", (int)len, *value);
			for (size_t i = 0; i < COUNT(names); i++) {
				const char *const fields[6] = {names[i], cut};
				struct http_head head;
				struct forwarded f;
				const char *why;

				unit_row("%s: %s", names[i], cut);
				make(&head, fields);
				if (forwarded_read(&f, &head, &why) == 0 && *f.address && strcmp(f.address, "unix") != 0)
					assert_int_equal(address_set(again, f.address, strlen(f.address)), 0);
			}
		}
	}
}

static void
a_value_of_any_length_is_taken(void **state)
{
	static char value[4096];
	const char *const fields[6] = {"Forwarded", value};
	struct http_head head;
	struct forwarded f;
	const char *why;

	(void)state;
	for (size_t len = 1; len < 300; len++) {
		unit_row("%zu", len);
		snprintf(value, sizeof value, "x=%0*d, for=192.0.2.7", (int)len, 0);
		make(&head, fields);
		assert_int_equal(forwarded_read(&f, &head, &why), 0);
		assert_string_equal(f.address, "192.0.2.7");
		snprintf(value, sizeof value, "for=\"%0*d\"", (int)len, 0);
		make(&head, fields);
		assert_int_equal(forwarded_read(&f, &head, &why), -1);
	}
	unit_rows_done();
}

static void
the_traces_of_a_proxy_are_known(void **state)
{
	static const struct {
		const char *name;
		bool known;
	} vectors[] = {
		{"Forwarded", true}, {"X-Forwarded-For", true}, {"x-forwarded-host", true}, {"X-FORWARDED-PROTO", true}, {"X-Forwarded-Server", true},
		{"X-Real-IP", true}, {"Via", true}, {"Host", false}, {"X-Forwarded", false}, {"Forward", false}, {"X-Forwarde-For", false}, {"Origin", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		const char *const fields[6] = {"Accept", "x", v->name, ""};
		struct http_head head;

		unit_row("%s", v->name);
		make(&head, fields);
		assert_int_equal(forwarded_any(&head), v->known);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_proxy_is_heard),
		TEST(what_cannot_be_understood_is_said),
		TEST(a_header_may_end_anywhere),
		TEST(a_value_of_any_length_is_taken),
		TEST(the_traces_of_a_proxy_are_known),
	};

	return cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);
}
