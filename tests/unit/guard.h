#ifndef UNIT_GUARD_H
#define UNIT_GUARD_H

#include <stddef.h>

#define GUARD_SLOTS 3
#define GUARD_MAX (1 << 20)

/* `len` bytes (GUARD_MAX at most) that end right before a page that can't be touched, so that a step past their end
 * faults: copied from `data`, or zero where that is NULL. Good until the same slot is put again. */
void *guard_put(unsigned slot, const void *data, size_t len);

#endif
