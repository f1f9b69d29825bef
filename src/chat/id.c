#include "id.h"

#include <string.h>

#define TIME_SIZE 6

static const char alphabet[32] __attribute__((nonstring)) = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void
increment(struct id *id)
{
	for (size_t i = ID_SIZE; i-- > 0;)
		if (++id->bytes[i] != 0)
			break;
}

void
id_next(struct id *last, uint64_t ms, const uint8_t random[ID_RANDOM_SIZE])
{
	struct id id;

	for (size_t i = 0; i < TIME_SIZE; i++)
		id.bytes[i] = (uint8_t)(ms >> (8 * (TIME_SIZE - 1 - i)));
	memcpy(id.bytes + TIME_SIZE, random, ID_RANDOM_SIZE);
	if (memcmp(id.bytes, last->bytes, TIME_SIZE) > 0)
		*last = id;
	else
		increment(last);
}

bool
id_is_set(const struct id *id)
{
	static const struct id none;

	return memcmp(id, &none, sizeof none) != 0;
}

int
id_order(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, ID_SIZE);
}

/* 128 bits as 26 digits of 5: the first digit holds 3. */
void
id_text(const struct id *id, char text[ID_TEXT_LEN + 1])
{
	unsigned bits = 0, count = 2; /* two bits of zero before the first */
	size_t n = 0;

	for (size_t i = 0; i < ID_SIZE; i++) {
		bits = bits << 8 | id->bytes[i];
		for (count += 8; count >= 5; count -= 5)
			text[n++] = alphabet[bits >> (count - 5) & 31];
	}
	text[n] = 0;
}

static int
digit(char c)
{
	const char *at = c ? memchr(alphabet, c >= 'a' && c <= 'z' ? c - 32 : c, sizeof alphabet) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int
id_parse(struct id *id, const char *text, size_t len)
{
	unsigned bits = 0, count = 0;
	size_t n = 0;

	if (len != ID_TEXT_LEN || digit(text[0]) > 7)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return -1;
		bits = bits << 5 | (unsigned)d;
		count += i == 0 ? 3 : 5;
		if (count >= 8) {
			count -= 8;
			id->bytes[n++] = (uint8_t)(bits >> count);
		}
	}
	return 0;
}
