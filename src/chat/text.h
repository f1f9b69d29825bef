#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdint.h>

#include "base/buf.h"

struct cJSON;

/* What all makers of JSON need. Puts the object's text at the end of `out`, and ends the object: 0, or -1 with errno. */
int text_put(struct buf *out, struct cJSON *json);

/* Adds a time as msg_time writes it. */
void text_add_time(struct cJSON *json, const char *field, uint64_t ms);

#endif
