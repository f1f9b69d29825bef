#ifndef UNIT_MADE_H
#define UNIT_MADE_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/name.h"

/* The texts that go to a client, read back. */

/* The text in a buffer as JSON, with nothing behind it; the buffer is freed. */
cJSON *made_parse(struct buf *out);

/* Checks a field of an object. */
void made_text(const cJSON *json, const char *field, const char *value);
void made_number(const cJSON *json, const char *field, double value);
void made_flag(const cJSON *json, const char *field, int value);

/* Checks that these are all the fields of an object: their names with a space between. */
void made_fields(const cJSON *json, const char *names);

struct name made_name(const char *text);
struct id made_id(const char *text);

/* Adds the flags of a message by their names, each behind a space. */
void made_flags(struct buf *line, unsigned status);

/* Adds to a line what printf would print. */
void made_add(struct buf *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Checks a line that came to be bit by bit, and empties it. */
void made_line(struct buf *line, const char *expected);

#endif
