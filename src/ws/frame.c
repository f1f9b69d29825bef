#include "frame.h"

#include <string.h>

#define MASKED 0x80
#define LEN_16 126
#define LEN_64 127

static uint64_t
load_be(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | *p++;
	return x;
}

static void
store_be(uint8_t *p, uint64_t x, size_t n)
{
	while (n--) {
		p[n] = (uint8_t)x;
		x >>= 8;
	}
}

int
frame_decode(struct frame *f, const uint8_t *data, size_t len)
{
	size_t head = 2;

	if (len < 2)
		return 0;
	f->bits = data[0] & (FRAME_FIN | FRAME_RSV);
	f->opcode = data[0] & 0x0f;
	f->masked = data[1] & MASKED;
	f->len = data[1] & 0x7f;
	if (f->len >= LEN_16) {
		size_t wide = f->len == LEN_16 ? 2 : 8;
		uint64_t least = f->len == LEN_16 ? LEN_16 : 0x10000;

		if (len < head + wide)
			return 0;
		f->len = load_be(data + head, wide);
		if (f->len < least || f->len >> 63)
			return -1;
		head += wide;
	}
	if (f->masked) {
		if (len < head + 4)
			return 0;
		memcpy(f->mask, data + head, 4);
		head += 4;
	}
	return (int)head;
}

size_t
frame_encode(uint8_t head[FRAME_HEAD_MAX], unsigned first, uint64_t len, const uint8_t mask[4])
{
	size_t n = 2;

	head[0] = (uint8_t)first;
	if (len < LEN_16) {
		head[1] = (uint8_t)len;
	} else if (len < 0x10000) {
		head[1] = LEN_16;
		store_be(head + 2, len, 2);
		n += 2;
	} else {
		head[1] = LEN_64;
		store_be(head + 2, len, 8);
		n += 8;
	}
	if (mask) {
		head[1] |= MASKED;
		memcpy(head + n, mask, 4);
		n += 4;
	}
	return n;
}

typedef uint32_t vector __attribute__((vector_size(16)));

void
frame_mask(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t mask[4], uint64_t offset)
{
	uint8_t turned[8];
	uint32_t key, w;
	vector k, v;
	size_t i = 0;

	memcpy(turned, mask, 4);
	memcpy(turned + 4, mask, 4);
	memcpy(&key, turned + (offset & 3), sizeof key);
	k = (vector){key, key, key, key};
	/* Upwards, and whatever is written over has been read: so dst may lie below src. */
	for (; len - i >= sizeof k; i += sizeof k) {
		memcpy(&v, src + i, sizeof v);
		v ^= k;
		memcpy(dst + i, &v, sizeof v);
	}
	for (; len - i >= sizeof key; i += sizeof key) {
		memcpy(&w, src + i, sizeof w);
		w ^= key;
		memcpy(dst + i, &w, sizeof w);
	}
	for (size_t j = 0; i < len; i++, j++)
		dst[i] = src[i] ^ turned[(offset & 3) + j];
}
