#ifndef LOAD_LINES_H
#define LOAD_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "people.h"

#define LINE_TEXT 64 /* bytes of a message */

/* What one says to another, and the account of it: each message has its line and its number in its `id` and in its text, so
 * that one that is lost, altered, out of order or twice ends the program. */
struct line {
	struct person *from;
	char to[PERSON_NAME_SIZE];
	unsigned sent, stored, delivered, shown;
};

/* The text of a message, without a NUL, which its number makes. */
void line_text(char text[LINE_TEXT], size_t line, unsigned number);

/* Makes it the first `count` lines that all is accounted on, and forgets those that were. */
void lines_begin(struct line *lines, size_t count);

/* Sends the next message of a line. */
void line_say(struct line *line);

enum line_event {
	LINE_NONE, /* it was neither a message nor a receipt */
	LINE_SHOWN,
	LINE_STORED,
	LINE_DELIVERED,
};

/* Enters what came into the account of its line. */
enum line_event lines_enter(const struct news *n, struct line **line);

/* Waits until all that was sent has been stored (if it is to be), and shown and delivered (if the receivers are there). */
void lines_settle(bool stored, bool delivered);

/* Looks into the database: all that was stored is there, as it was sent, in its order, once. */
void lines_check(const char *database);

#endif
