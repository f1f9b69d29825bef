#ifndef WS_UTF8_H
#define WS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a stream of UTF-8 stands: what the character under way lacks. All zero is the start. */
struct utf8 {
	uint8_t state;
};

/* Checks the next `len` bytes of a stream (RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF).
 * 0, or -1 when there is a byte that no valid text can have there, though its character is not complete: then and ever
 * after. */
int utf8_feed(struct utf8 *u, const void *data, size_t len);

/* Whether the stream may end here. */
int utf8_done(const struct utf8 *u);

/* Whether the `len` bytes are a whole text. */
bool utf8_is(const void *data, size_t len);

#endif
