#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 8

static size_t
larger(size_t cap)
{
	return cap ? 2 * cap : LEAST;
}

void *
array_room(void *array, size_t count, size_t *cap, size_t size)
{
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, larger(*cap), size);
	if (grown)
		*cap = larger(*cap);
	return grown;
}

void *
array_ring(void *ring, size_t *first, size_t count, size_t *cap, size_t most, size_t size)
{
	size_t behind = (*cap - *first) * size; /* bytes from the oldest entry to the end: the others are at the front */
	char *grown;

	if (count < *cap)
		return ring;
	if (*cap == most) {
		errno = ENOBUFS;
		return NULL;
	}
	grown = reallocarray(NULL, larger(*cap), size);
	if (!grown)
		return NULL;
	if (count > 0) {
		memcpy(grown, (char *)ring + *first * size, behind);
		memcpy(grown + behind, ring, count * size - behind);
	}
	free(ring);
	*cap = larger(*cap);
	*first = 0;
	return grown;
}
