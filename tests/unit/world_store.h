#ifndef UNIT_WORLD_STORE_H
#define UNIT_WORLD_STORE_H

#include "world.h"

/* The store, as a session sees it. `n` is the message that stands as #n in the lines. */
#define WORLD_STORE 99 /* its process */
#define WORLD_LINK 5

/* A world with a store in which alice is about to log in; and one in which she has, it has greeted her, and nothing waits. */
void world_init_kept(struct world *w);
void world_login_kept(struct world *w);

/* The session looks for the store: its process, 0: it is away. */
void world_store(struct world *w, pid_t pid);

/* The store greets: so many messages wait, the last of all has number `last`, the link's number is `link`. */
void world_greets(struct world *w, int64_t pending, int64_t last, uint32_t link);

/* The client sends a message; connection 7 of bob says that #n was delivered. */
void world_sends(struct world *w, const char *to, const char *ref);
void world_delivered(struct world *w, size_t n);

/* A number for a message of another's, which nobody has seen yet. */
size_t world_new(struct world *w);

/* That message comes directly, with flags, behind #prev (0: none); or out of the store. */
void world_direct(struct world *w, size_t n, const char *sender, pid_t pid, unsigned flags, size_t prev, const char *words);
void world_kept(struct world *w, size_t n, const char *sender, const char *words);

/* The end of what the store was asked for last. */
void world_batch(struct world *w, int64_t after, bool more, bool late);

/* The store has kept message #n, under the id of #first; says what became of it, and to whom it was; refuses it; confirms that it
 * was delivered; says that there is one. */
void world_stored(struct world *w, size_t n, size_t first);
void world_store_receipt(struct world *w, enum record_status status, size_t n, const char *receiver, const char *ref);
void world_store_refuses(struct world *w, size_t n, enum msg_error error);
void world_confirms(struct world *w, size_t n);
void world_behind(struct world *w, size_t n, const char *sender);
void world_blocks(struct world *w, const char *names);

/* It answers the client's last question. */
void world_answers(struct world *w, const char *json);

/* Checks what is to be spooled, which then is:
 *	fresh; #1 bob keeping 'x'; #1 had; #1 refused; #2 bob read */
void world_unsaved(struct world *w, const char *line);

#endif
