#include "chat/greeting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/scan.h"

#define NUMBER_SIZE 24

static int
put_word(struct buf *out, const char *word, size_t len)
{
	if (buf_len(out) > 0 && buf_add(out, " ", 1) < 0)
		return -1;
	return buf_add(out, word, len);
}

static int
put_number(struct buf *out, int64_t number)
{
	char text[NUMBER_SIZE];
	int n = snprintf(text, sizeof text, "%" PRId64, number);

	return put_word(out, text, (size_t)n);
}

static int
put_id(struct buf *out, const struct id *id)
{
	char text[ID_TEXT_LEN + 1];

	if (!id_is_set(id))
		return put_word(out, "-", 1);
	id_text(id, text);
	return put_word(out, text, ID_TEXT_LEN);
}

/* The next word off the front. False if there is none. */
static bool
take_word(const char **at, size_t *len, const char **word, size_t *word_len)
{
	const char *end = *len > 0 ? memchr(*at, ' ', *len) : NULL;

	*word = *at;
	*word_len = end ? (size_t)(end - *at) : *len;
	*at += *word_len + (end != NULL);
	*len -= *word_len + (end != NULL);
	return *word_len > 0;
}

static int
take_number(const char **at, size_t *len, int64_t *number)
{
	char text[NUMBER_SIZE];
	const char *word;
	size_t word_len;
	long long n;

	if (!take_word(at, len, &word, &word_len) || word_len >= sizeof text)
		return -1;
	memcpy(text, word, word_len);
	text[word_len] = 0;
	if (scan_number(text, 0, INT64_MAX, &n) < 0)
		return -1;
	*number = n;
	return 0;
}

static int
take_id(const char **at, size_t *len, struct id *id)
{
	const char *word;
	size_t word_len;

	*id = (struct id){0};
	if (!take_word(at, len, &word, &word_len))
		return -1;
	return word_len == 1 && *word == '-' ? 0 : id_parse(id, word, word_len);
}

int
greeting_put(struct buf *out, const struct greeting *g)
{
	if (put_number(out, g->pending) < 0 || put_number(out, g->last) < 0)
		return -1;
	return put_number(out, g->link);
}

int
greeting_get(struct greeting *g, const struct record *r)
{
	const char *at = r->payload;
	size_t len = r->payload_len;
	int64_t link;

	*g = (struct greeting){0};
	if (take_number(&at, &len, &g->pending) < 0 || take_number(&at, &len, &g->last) < 0 || take_number(&at, &len, &link) < 0 ||
	    link > UINT32_MAX)
		return -1;
	g->link = (uint32_t)link;
	return 0;
}

int
next_put(struct buf *out, const struct next *n)
{
	if (put_number(out, n->after) < 0 || put_id(out, &n->from) < 0 || put_id(out, &n->want) < 0)
		return -1;
	return put_number(out, n->more) < 0 ? -1 : put_number(out, n->late);
}

int
next_get(struct next *n, const struct record *r)
{
	const char *at = r->payload;
	size_t len = r->payload_len;
	int64_t more, late;

	*n = (struct next){0};
	if (take_number(&at, &len, &n->after) < 0 || take_id(&at, &len, &n->from) < 0 || take_id(&at, &len, &n->want) < 0 ||
	    take_number(&at, &len, &more) < 0 || take_number(&at, &len, &late) < 0)
		return -1;
	n->more = more != 0;
	n->late = late != 0;
	return 0;
}

int
names_put(struct buf *out, const struct name *name)
{
	return put_word(out, name->text, name->len);
}

bool
names_next(const char **at, size_t *len, struct name *name)
{
	const char *word;
	size_t word_len;

	return take_word(at, len, &word, &word_len) && name_make(name, word, word_len) == 0;
}
