#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/* Makes room for one more entry of `size` bytes in an array that has `count`, of `*cap` that there is room for (both 0, and the
 * array NULL, at first). Where the array is now, or NULL with errno and all as it was. To be freed. */
void *array_room(void *array, size_t count, size_t *cap, size_t size);

/* The same for a ring, whose oldest entry is the `*first`th: `most` entries are all that it takes, and it must be 8 times a
 * power of two. */
void *array_ring(void *ring, size_t *first, size_t count, size_t *cap, size_t most, size_t size);

#endif
