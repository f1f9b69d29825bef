#ifndef SYS_WATCH_H
#define SYS_WATCH_H

#include <stdbool.h>

#include "chat/name.h"

#define WATCH_INTERVAL 250 /* milliseconds between two looks for those who came */

/*
 * Presence: who of the watched users comes and goes. Nobody is told and nobody keeps lists of watchers: a watcher looks
 * at the time of the bus directory for those who come, and holds a pidfd of one process of each that is online, which
 * the kernel makes readable when the process ends, however it ends.
 */
struct watch;

/* 0, or -1 with errno. */
int watch_init(struct watch **watch);

#define WATCH_NAMES_MAX 4096

/* Starts to watch a user, or with NULL all of them; each then has news: the state as it is. Stops it again. 0, or -1
 * with errno: E2BIG when WATCH_NAMES_MAX are watched by name. */
int watch_add(struct watch *watch, const struct name *user);
void watch_remove(struct watch *watch, const struct name *user);

/* Whether anybody is watched; and the descriptor to poll for reading meanwhile (watch_look at each WATCH_INTERVAL and
 * whenever it is readable). */
bool watch_busy(const struct watch *watch);
int watch_fd(const struct watch *watch);

/* Looks who came and went. */
void watch_look(struct watch *watch);

/* The next piece of news; false when there is none. */
bool watch_next(struct watch *watch, struct name *user, bool *online);

void watch_finish(struct watch *watch);

#endif
