/* The bytes as the head of a frame; as what a head is made of; and as a payload that is masked. */
#include "ws/frame.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define SHIFT_MAX 255

/* A length has one form alone (RFC 6455, 5.2): so what was read is written as it was. */
static void
check_decode(const uint8_t *data, size_t len)
{
	uint8_t *block = fuzz_block(data, len), head[FRAME_HEAD_MAX];
	struct frame f;
	int n = frame_decode(&f, block, len);

	CHECK(n >= -1 && n <= FRAME_HEAD_MAX && n <= (int)len);
	if (n > 0) {
		CHECK(f.len >> 63 == 0);
		CHECK(frame_encode(head, f.bits | f.opcode, f.len, f.masked ? f.mask : NULL) == (size_t)n);
		CHECK(memcmp(head, block, (size_t)n) == 0);
	}
	for (size_t cut = 0; cut < len && cut < FRAME_HEAD_MAX; cut++) {
		uint8_t *at = fuzz_at_end(block, len, data, cut);
		int m = frame_decode(&f, at, cut);

		CHECK(n > 0 && cut >= (size_t)n ? m == n : m == 0 || (n < 0 && m == n));
	}
	free(block);
}

static void
check_encode(struct fuzz_input in)
{
	uint8_t first = fuzz_byte(&in), mask[4] = {fuzz_byte(&in), fuzz_byte(&in), fuzz_byte(&in), fuzz_byte(&in)};
	uint64_t len = fuzz_number(&in, 8) >> (fuzz_byte(&in) & 63 ?: 1);
	bool masked = fuzz_byte(&in) & 1;
	uint8_t head[FRAME_HEAD_MAX];
	size_t n = frame_encode(head, first, len, masked ? mask : NULL);
	uint8_t *block = fuzz_block(head, n);
	struct frame f;

	CHECK(n == 2u + (len < 126 ? 0 : len < 65536 ? 2 : 8) + (masked ? 4 : 0));
	CHECK(frame_decode(&f, block, n) == (int)n);
	CHECK((f.bits | f.opcode) == first && f.masked == masked && f.len == len);
	CHECK(!masked || memcmp(f.mask, mask, sizeof mask) == 0);
	free(block);
}

/* At any offset, to the same place or to one that lies below and overlaps. */
static void
check_mask(struct fuzz_input in)
{
	uint8_t mask[4] = {fuzz_byte(&in), fuzz_byte(&in), fuzz_byte(&in), fuzz_byte(&in)};
	uint64_t offset = fuzz_number(&in, 4);
	size_t shift = fuzz_byte(&in) % (SHIFT_MAX + 1);
	uint8_t *block = fuzz_block(NULL, shift + in.len);

	fuzz_at_end(block, shift + in.len, in.at, in.len);
	frame_mask(block, block + shift, in.len, mask, offset);
	for (size_t i = 0; i < in.len; i++)
		CHECK(block[i] == (in.at[i] ^ mask[(offset + i) % 4]));
	for (size_t i = in.len > shift ? in.len : shift; i < shift + in.len; i++)
		CHECK(block[i] == in.at[i - shift]);
	frame_mask(block, block, in.len, mask, offset);
	CHECK(memcmp(block, in.at, in.len) == 0);
	free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_decode(data, len);
	check_encode((struct fuzz_input){data, len});
	check_mask((struct fuzz_input){data, len});
	return 0;
}
