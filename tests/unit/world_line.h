#ifndef UNIT_WORLD_LINE_H
#define UNIT_WORLD_LINE_H

#include "world.h"

/* Adds what came to pass to a line. */
void world_note(struct buf *line, const char *what);

/* Adds an action to the bus's line. */
void world_note_action(struct world *w, const struct session_action *action);

/* The number that an id stands as in the lines. */
size_t world_number(struct world *w, const struct id *id);

/* Takes apart what has come whole of the answer and the frames, and adds it to the client's line. */
void world_take(struct world *w);

#endif
