#ifndef LOAD_MODES_H
#define LOAD_MODES_H

#include <stdbool.h>

/* What may be measured: each prints its table. `brief`: only as long as it takes to see that all works. */

/* Messages that get `stored`, beside one commit for each. */
void mode_durable(bool brief);

/* How long a message takes to a receiver who is there, with the store and without. */
void mode_live(bool brief);

#endif
