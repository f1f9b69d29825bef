#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD_MAX 14     /* RFC 6455, 5.2: two bytes, eight of length, four of mask */
#define FRAME_CONTROL_MAX 125 /* RFC 6455, 5.5 */

enum frame_opcode {
	FRAME_CONTINUATION = 0x0,
	FRAME_TEXT = 0x1,
	FRAME_BINARY = 0x2,
	FRAME_CLOSE = 0x8,
	FRAME_PING = 0x9,
	FRAME_PONG = 0xa,
};

enum frame_bits {
	FRAME_FIN = 0x80,
	FRAME_RSV1 = 0x40,
	FRAME_RSV2 = 0x20,
	FRAME_RSV3 = 0x10,
	FRAME_RSV = FRAME_RSV1 | FRAME_RSV2 | FRAME_RSV3,
};

/* The head of one frame: its bits (FIN and RSV), opcode, and the length of the payload in bytes. */
struct frame {
	uint8_t bits, opcode;
	bool masked;
	uint8_t mask[4];
	uint64_t len;
};

/* Reads a head from the `len` bytes at `data`. The bits, the opcode and `masked` are there as soon as two bytes are.
 * Its length in bytes; 0 when more are needed; -1 when the length is not in its shortest form or over 2^63 (5.2). */
int frame_decode(struct frame *f, const uint8_t *data, size_t len);

/* Writes the head of a frame of `len` bytes: `first` is bits and opcode or-ed, `mask` NULL for none. Its length. */
size_t frame_encode(uint8_t head[FRAME_HEAD_MAX], unsigned first, uint64_t len, const uint8_t mask[4]);

/* Masks or unmasks (RFC 6455, 5.3) `len` bytes from `src` to `dst`, which may be the same or overlap it from below;
 * `offset` is where in the frame's payload they stand. */
void frame_mask(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t mask[4], uint64_t offset);

#endif
