#ifndef WS_SHA1_H
#define WS_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE 20

/* The SHA-1 digest (FIPS 180-4) of `len` bytes at `data`. Only for Sec-WebSocket-Accept, where RFC 6455 asks for it. */
void sha1(const void *data, size_t len, uint8_t digest[SHA1_SIZE]);

#endif
