#ifndef CHAT_ID_H
#define CHAT_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE 16
#define ID_TEXT_LEN 26
#define ID_RANDOM_SIZE 10

/* A message's id: a ULID (github.com/ulid/spec), 48 bits of milliseconds since 1970 and 80 that are random. It sorts
 * by time, as bytes and as text. */
struct id {
	uint8_t bytes[ID_SIZE];
};

/* The next id of one maker, which is ever greater than `*last` (all zero at first): within one millisecond, or when
 * the clock goes back, the last one plus one. */
void id_next(struct id *last, uint64_t ms, const uint8_t random[ID_RANDOM_SIZE]);

/* Whether it is one: all zero is none. */
bool id_is_set(const struct id *id);

int id_order(const struct id *a, const struct id *b);

/* Crockford's base32, with a NUL; and back: 0, or -1 if it is no id. */
void id_text(const struct id *id, char text[ID_TEXT_LEN + 1]);
int id_parse(struct id *id, const char *text, size_t len);

#endif
