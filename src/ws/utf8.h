#ifndef WS_UTF8_H
#define WS_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Where a stream of UTF-8 stands: how many continuation bytes the character under way lacks, and between what
 * bounds the next of them must lie. All zero is the start. */
struct utf8 {
	uint8_t need, low, high;
};

/* Checks the next `len` bytes of a stream (RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF).
 * 0, or -1 at the first byte that no valid text can have there, though the character is not complete. */
int utf8_feed(struct utf8 *u, const void *data, size_t len);

/* Whether the stream may end here. */
int utf8_done(const struct utf8 *u);

#endif
