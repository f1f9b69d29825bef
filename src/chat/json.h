#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include <stddef.h>

/* Whether a text may go to the JSON parser, which is lenient: no string in it has a NUL (which the parser would take for
 * its end) or a raw control character, numbers are as RFC 8259 says, there is no byte order mark, and it is not deeper
 * than `depth`. NULL, or what is wrong with it. */
const char *json_fault(const char *data, size_t len, unsigned depth);

#endif
