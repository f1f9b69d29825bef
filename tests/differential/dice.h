#ifndef DIFFERENTIAL_DICE_H
#define DIFFERENTIAL_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers by chance that one seed gives again: splitmix64. */
struct dice {
	uint64_t state;
};

uint64_t dice_next(struct dice *d);

/* A number below `n`, which is more than 0. */
size_t dice_below(struct dice *d, size_t n);
bool dice_one_in(struct dice *d, size_t n);

/* Small numbers often, large ones now and then: `most` at the most. */
size_t dice_size(struct dice *d, size_t most);
void dice_bytes(struct dice *d, void *bytes, size_t len);

#endif
