#include "chat/json.h"

#include <string.h>

static bool
is_nul_escape(const char *data, size_t len, size_t at)
{
	return len - at >= 6 && memcmp(data + at, "\\u0000", 6) == 0;
}

static size_t
digits(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] >= '0' && data[n] <= '9')
		n++;
	return n;
}

/* The length of the number (RFC 8259, 6) at the start of the text, 0 if there is none: the parser takes 01, and more. */
static size_t
number(const char *data, size_t len)
{
	size_t at = len > 0 && data[0] == '-', n = digits(data + at, len - at);

	if (n == 0 || (n > 1 && data[at] == '0'))
		return 0;
	at += n;
	if (at < len && data[at] == '.') {
		n = digits(data + at + 1, len - at - 1);
		if (n == 0)
			return 0;
		at += 1 + n;
	}
	if (at < len && (data[at] == 'e' || data[at] == 'E')) {
		size_t sign = at + 1 < len && (data[at + 1] == '-' || data[at + 1] == '+');

		n = digits(data + at + 1 + sign, len - at - 1 - sign);
		if (n == 0)
			return 0;
		at += 1 + sign + n;
	}
	return at;
}

static bool
starts_number(char c)
{
	return c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9');
}

const char *
json_fault(const char *data, size_t len, unsigned depth)
{
	bool in_string = false;
	unsigned level = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c < 0x20 && (in_string || !(c == '\t' || c == '\n' || c == '\r')))
			return "a control character";
		if (in_string) {
			if (c == '"')
				in_string = false;
			else if (is_nul_escape(data, len, i))
				return "a NUL in a string";
			else if (c == '\\' && i + 1 < len && (unsigned char)data[i + 1] >= 0x20)
				i++;
		} else if (c == '"') {
			in_string = true;
		} else if (c >= 0x80) {
			return "not JSON"; /* a byte order mark, too: RFC 8259, 8.1 */
		} else if (starts_number((char)c)) {
			size_t n = number(data + i, len - i);

			if (n == 0 || (i + n < len && starts_number(data[i + n])))
				return "not a number";
			i += n - 1;
		} else if (c == '[' || c == '{') {
			if (++level > depth)
				return "too deep";
		} else if ((c == ']' || c == '}') && level > 0) {
			level--;
		}
	}
	return NULL;
}

bool
json_is_space(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!data[i] || !strchr(" \t\r\n", data[i]))
			return false;
	return true;
}
