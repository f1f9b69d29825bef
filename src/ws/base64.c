#include "base64.h"

static const char alphabet[64] __attribute__((nonstring)) = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(char *out, const uint8_t *data, size_t len)
{
	for (; len > 0; data += 3) {
		size_t n = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)data[0] << 16 | (n > 1 ? (uint32_t)data[1] << 8 : 0) | (n > 2 ? data[2] : 0);

		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = '=';
		*out++ = '=';
		if (n > 1)
			out[-2] = alphabet[bits >> 6 & 63];
		if (n > 2)
			out[-1] = alphabet[bits & 63];
		len -= n;
	}
	*out = 0;
}

static int
is_digit64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

int
base64_is(const char *text, size_t len, size_t bytes)
{
	size_t pad = (3 - bytes % 3) % 3;

	if (len != BASE64_SIZE(bytes))
		return 0;
	for (size_t i = 0; i < len - pad; i++)
		if (!is_digit64(text[i]))
			return 0;
	for (size_t i = len - pad; i < len; i++)
		if (text[i] != '=')
			return 0;
	return 1;
}
