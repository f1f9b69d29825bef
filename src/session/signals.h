#ifndef SESSION_SIGNALS_H
#define SESSION_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Holds the signals that mean something back, but for while `during` is the mask: for ppoll(2). */
void signals_take(sigset_t *during);

/* SIGTERM or SIGINT has come: the service stops; SIGUSR1: an operator ends this connection. */
bool signals_end(void);
bool signals_kick(void);

#endif
