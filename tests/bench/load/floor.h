#ifndef LOAD_FLOOR_H
#define LOAD_FLOOR_H

#include <stddef.h>

/* What the store is measured beside: the same messages of so many senders, in the same database, with a commit for each. How
 * many a second, in a new database of that name. */
double floor_of(const char *name, size_t senders, double seconds);

/* Says what the disk is, and what it takes to be sure of a write. */
void floor_disk(void);

#endif
