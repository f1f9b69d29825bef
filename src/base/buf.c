#include "buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 256

unsigned char *
buf_at(const struct buf *b)
{
	return b->data ? b->data + b->start : NULL;
}

size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static int
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap < LEAST ? LEAST : b->cap;
	unsigned char *data;

	while (cap < need) {
		if (cap > SIZE_MAX / 2) {
			errno = ENOMEM;
			return -1;
		}
		cap *= 2;
	}
	data = realloc(b->data, cap);
	if (!data)
		return -1;
	b->data = data;
	b->cap = cap;
	return 0;
}

void *
buf_room(struct buf *b, size_t len)
{
	if (len <= b->cap - b->end)
		return b->data + b->end;
	if (b->start > 0) {
		memmove(b->data, b->data + b->start, buf_len(b));
		b->end -= b->start;
		b->start = 0;
	}
	if (len > SIZE_MAX - b->end) {
		errno = ENOMEM;
		return NULL;
	}
	if (len > b->cap - b->end && grow(b, b->end + len) < 0)
		return NULL;
	return b->data + b->end;
}

void
buf_added(struct buf *b, size_t len)
{
	b->end += len;
}

int
buf_add(struct buf *b, const void *data, size_t len)
{
	void *room;

	if (len == 0)
		return 0;
	room = buf_room(b, len);
	if (!room)
		return -1;
	memcpy(room, data, len);
	buf_added(b, len);
	return 0;
}

void
buf_take(struct buf *b, size_t len)
{
	b->start += len;
	if (b->start == b->end)
		buf_clear(b);
}

void
buf_clear(struct buf *b)
{
	b->start = b->end = 0;
}

void
buf_trim(struct buf *b)
{
	if (b->data && buf_len(b) == 0)
		buf_free(b);
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
