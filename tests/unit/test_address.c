#include "base/address.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static int
set(char address[ADDRESS_SIZE], const char *text)
{
	return address_set(address, guard_put(0, text, strlen(text)), strlen(text));
}

static void
an_address_gets_its_usual_form(void **state)
{
	static const struct {
		const char *text, *usual;
		bool loopback;
	} vectors[] = {
		{"127.0.0.1", "127.0.0.1", true},
		{"127.255.255.254", "127.255.255.254", true},
		{"::1", "::1", true},
		{"0:0:0:0:0:0:0:1", "::1", true},
		{"::ffff:127.0.0.1", "127.0.0.1", true},
		{"::FFFF:7F00:2", "127.0.0.2", true},
		{"192.0.2.7", "192.0.2.7", false},
		{"12.127.0.1", "12.127.0.1", false},
		{"128.0.0.1", "128.0.0.1", false},
		{"0.0.0.0", "0.0.0.0", false},
		{"::", "::", false},
		{"127::1", "127::1", false},
		{"::2", "::2", false},
		{"::127.0.0.1", "::127.0.0.1", false},
		{"2001:DB8:0:0::1", "2001:db8::1", false},
		{"2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:6666", false},
		{"::ffff:192.0.2.7", "192.0.2.7", false},
	}, *v;
	char address[ADDRESS_SIZE];

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->text);
		assert_int_equal(set(address, v->text), 0);
		assert_string_equal(address, v->usual);
		assert_int_equal(address_is_loopback(address), v->loopback);
	}
}

static void
anything_else_is_no_address(void **state)
{
	static const char *const texts[] = {
		"", " ", "1", "127.1", "127.0.0", "127.0.0.1.", "127.0.0.1 ", " 127.0.0.1", "127.0.0.256", "0x7f.0.0.1", "127.0.0.1:80", "2130706433",
		"[::1]", "::1]", ":::", ":1", "::1%lo", "fe80::1%eth0", "1::2::3", "g::1", "localhost", "unix", "127.0.0.1\n", "\xff",
		"0000000000000000000000000000000000000000000000000000000000000001", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd",
	}, *const *text;
	char address[ADDRESS_SIZE];

	(void)state;
	EACH(text, texts) {
		unit_row("%s", *text);
		assert_int_equal(set(address, *text), -1);
	}
	assert_int_equal(address_set(address, guard_put(0, BYTES("127.0.0.1\0x")), 11), -1);
	assert_int_equal(address_set(address, guard_put(0, BYTES("127.0.0.1\0")), 10), -1);
	assert_false(address_is_loopback(""));
	assert_false(address_is_loopback("unix"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_gets_its_usual_form),
		TEST(anything_else_is_no_address),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
