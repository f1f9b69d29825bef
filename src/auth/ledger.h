#ifndef AUTH_LEDGER_H
#define AUTH_LEDGER_H

#include "auth/throttle.h"

/* What the processes of chat-auth have in common, in a folder of their own that does not outlive the machine: the failures, and the
 * places of those that hash, of which each takes 19 MiB and all of a core. */
#define LEDGER_PLACES 4

struct ledger {
	int folder, fd;
	struct throttle *failures; /* only between ledger_lock and ledger_unlock */
};

/* Opens it, and makes what is missing. 0, or -1 after a line in the log. */
int ledger_open(struct ledger *l, const char *directory);

/* Waits until nobody else counts. 0, or -1 with errno. */
int ledger_lock(struct ledger *l);
void ledger_unlock(struct ledger *l);

/* Waits in line for a place to hash in. It is ours until this process ends. 0, or -1 with errno. */
int ledger_take_place(struct ledger *l);

#endif
