#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

/* Bytes in a row that are added at the end and taken at the front. All zero is an empty one that holds no memory. */
struct buf {
	unsigned char *data; /* the memory */
	size_t start, end;   /* the bytes are data[start] to data[end - 1] */
	size_t cap;
};

/* The bytes, and how many. NULL where there is no memory. */
unsigned char *buf_at(const struct buf *b);
size_t buf_len(const struct buf *b);

/* Makes room for `len` more bytes at the end. Where they go, or NULL with errno. buf_added says how many came. */
void *buf_room(struct buf *b, size_t len);
void buf_added(struct buf *b, size_t len);

/* Adds `len` bytes. 0, or -1 with errno and nothing added. */
int buf_add(struct buf *b, const void *data, size_t len);

/* Takes `len` bytes off the front. */
void buf_take(struct buf *b, size_t len);

/* Makes it empty, and keeps the memory. */
void buf_clear(struct buf *b);

/* Gives the memory back if it is empty. */
void buf_trim(struct buf *b);

/* Makes it empty and gives the memory back. */
void buf_free(struct buf *b);

#endif
