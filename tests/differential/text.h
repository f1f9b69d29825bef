#ifndef DIFFERENTIAL_TEXT_H
#define DIFFERENTIAL_TEXT_H

#include "dice.h"

#define TEXT_CHARACTER_MAX 6 /* bytes of what is put at once: the longest form that was ever thought of */

/* Writes a text of `most` bytes at the most, of characters of all widths and from the edges of each. Its length. */
size_t text_valid(struct dice *d, uint8_t *out, size_t most);

/* The same with something in it that is not UTF-8, or that ends inside a character. */
size_t text_invalid(struct dice *d, uint8_t *out, size_t most);

#endif
