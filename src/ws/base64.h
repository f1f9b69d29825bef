#ifndef WS_BASE64_H
#define WS_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* Writes `len` bytes as base64 (RFC 4648, section 4) with padding and a NUL: BASE64_SIZE(len) + 1 characters. */
void base64_encode(char *out, const uint8_t *data, size_t len);

/* Whether the `len` characters at `text` are the base64 of exactly `bytes` bytes. */
int base64_is(const char *text, size_t len, size_t bytes);

#endif
