#include "dice.h"

#include <string.h>

uint64_t
dice_next(struct dice *d)
{
	uint64_t x = d->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

size_t
dice_below(struct dice *d, size_t n)
{
	return (size_t)((dice_next(d) >> 32) * n >> 32);
}

bool
dice_one_in(struct dice *d, size_t n)
{
	return dice_below(d, n) == 0;
}

size_t
dice_size(struct dice *d, size_t most)
{
	size_t tops[] = {4, 40, 200, 1000, most}, top = dice_below(d, 64);

	top = tops[top < 24 ? 0 : top < 48 ? 1 : top < 60 ? 2 : top < 63 ? 3 : 4];
	return dice_below(d, (top < most ? top : most) + 1);
}

void
dice_bytes(struct dice *d, void *bytes, size_t len)
{
	uint8_t *p = bytes;

	while (len > 0) {
		uint64_t x = dice_next(d);
		size_t n = len < sizeof x ? len : sizeof x;

		memcpy(p, &x, n);
		p += n;
		len -= n;
	}
}
