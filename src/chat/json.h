#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include <stddef.h>

/* Whether a text may go to the JSON parser: no string in it has a NUL (which the parser would take for its end) or a
 * raw control character (RFC 8259, 7), and it is not deeper than `depth`. NULL, or what is wrong with it. */
const char *json_fault(const char *data, size_t len, unsigned depth);

#endif
