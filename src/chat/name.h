#ifndef CHAT_NAME_H
#define CHAT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_LEN_MAX 64

/* A user's name. Only name_make makes one, and only a made name becomes a path. */
struct name {
	uint8_t len;
	char text[NAME_LEN_MAX + 1];
};

/* Makes a name out of `len` bytes: 1 to 64 of ASCII letters, digits and `. _ @ + -`, the first a letter or a digit.
 * 0, or -1 if they are no name. */
int name_make(struct name *name, const char *bytes, size_t len);

/* Makes the name of a service that takes part in the bus: `.ctl` or `.store`. No user's name starts with a dot.
 * 0, or -1 if they are no such name. */
int name_service(struct name *name, const char *bytes, size_t len);

/* The names of the operator's tools and of the store, which may speak for anyone; whether a name is that of a service. */
struct name name_operator(void);
struct name name_store(void);
bool name_is_service(const struct name *name);
bool name_is_store(const struct name *name);

bool name_equal(const struct name *a, const struct name *b);

/* The order of their bytes: below, at or above 0. */
int name_order(const struct name *a, const struct name *b);

#endif
