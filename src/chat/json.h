#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text may go to the JSON parser, which is lenient: no string in it has a NUL (which the parser would take for
 * its end) or a raw control character, numbers are as RFC 8259 says, there is no byte order mark, and it is not deeper
 * than `depth`. NULL, or what is wrong with it. */
const char *json_fault(const char *data, size_t len, unsigned depth);

/* Whether that is all white space (RFC 8259, 2): nothing else may stand behind a text. */
bool json_is_space(const char *data, size_t len);

#endif
