#ifndef SESSION_RECALL_H
#define SESSION_RECALL_H

#include <stddef.h>
#include <stdint.h>

#define RECALL_BUCKETS 1024

/* The last so many of the numbers that were put in, which look as if drawn at random: found without a look at all. */
struct recall {
	size_t max;
	uint32_t count;                  /* put in so far: the nth has the place n modulo `max` */
	uint32_t newest[RECALL_BUCKETS]; /* of the numbers of one bucket, by how many had been put in with it; 0: none */
	uint32_t *older;                 /* of each place: the one before it in its bucket */
	uint64_t *numbers;
};

/* One for `max` numbers, or NULL with errno. To be freed. */
struct recall *recall_new(size_t max);

/* The place of a number, -1 if it is not there. */
long recall_find(const struct recall *r, uint64_t number);

/* Puts a number in, for the oldest if there are `max`. Its place. */
size_t recall_add(struct recall *r, uint64_t number);

#endif
