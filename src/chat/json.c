#include "chat/json.h"

#include <stdbool.h>
#include <string.h>

static bool
is_nul_escape(const char *data, size_t len, size_t at)
{
	return len - at >= 6 && memcmp(data + at, "\\u0000", 6) == 0;
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
			else if (c == '\\')
				i++;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++level > depth)
				return "too deep";
		} else if ((c == ']' || c == '}') && level > 0) {
			level--;
		}
	}
	return NULL;
}
