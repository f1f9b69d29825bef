#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Holds the signals that mean something back, but for while `during` is the mask: for ppoll(2). SIGUSR1 means something if
 * `kick` says so. */
void signals_take(sigset_t *during, bool kick);

/* SIGTERM or SIGINT has come: the service stops; SIGUSR1: an operator ends this connection. */
bool signals_end(void);
bool signals_kick(void);

#endif
