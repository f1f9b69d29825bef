#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_SIZE 64

/* Writes an IPv4 or IPv6 address of `len` characters, without brackets, port or zone, in its one usual form: no IPv4 in
 * IPv6's clothes. 0, or -1 if it is none. */
int address_set(char address[ADDRESS_SIZE], const char *at, size_t len);

/* Whether an address in its usual form is this machine's own: 127.0.0.0/8 or ::1. */
bool address_is_loopback(const char *address);

#endif
