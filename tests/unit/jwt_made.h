#ifndef UNIT_JWT_MADE_H
#define UNIT_JWT_MADE_H

#include "chat/jwt.h"

/* The token that was made last, with a NUL. */
extern char jwt_made[16384];

/* Makes a token of these parts, with a signature that is good for nothing. Its length. */
size_t jwt_made_of(const char *header, const char *claims, size_t signature_len);

/* Parses a text that ends before a page that can't be touched. */
const char *jwt_made_parse(struct jwt *t, const char *text, size_t len, const char *audience);

/* Checks what was said to be wrong; NULL for nothing. */
void jwt_made_fault(const char *fault, const char *expected);

#endif
