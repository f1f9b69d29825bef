#ifndef SYS_SPOOL_H
#define SYS_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "chat/name.h"

/*
 * What a connection has let go out and the store has not confirmed, as records in a file beside its endpoint,
 * bus/USER/unsaved.N: so it outlives the process, however that ends. While the process lives it holds a lock on it, which the
 * kernel takes off; then the store gets what is in it. It is never synced: it is against kills, and lies in memory as all of the
 * runtime directory. Paths are relative to the directory of the bus (roster.h).
 */
#define SPOOL_MOST (2 << 20) /* bytes: then it is to be written anew, with what is still needed */

struct spool {
	int fd; /* -1: there is no file yet, or no more */
	struct timespec released; /* the file's time then; 0: it was not */
	size_t size;
	int64_t reset_at;
	char path[NAME_LEN_MAX + 16];
};

void spool_init(struct spool *spool);

/* Adds records. `fresh`: nothing that was added before is needed any more; that makes room now and then. 0, or -1 with errno and
 * nothing added. */
int spool_add(struct spool *spool, const struct name *user, const struct buf *records, bool fresh, int64_t now);

/* Nothing of it is needed any more, and the file goes; one that was released only if it is as it was, or was
 * taken: it may have become another's. */
void spool_remove(struct spool *spool);

/* Nothing will be added any more: the store may have what is in it. */
void spool_release(struct spool *spool);

/* For the store: calls `each` with the records of each file of a user whose process has released it, or is gone, the one that was
 * begun first first. The descriptor
 * is `each`'s own: for spool_taken once the store has them for good, or for close(2), and then they are there still. */
void spool_find(const struct name *user, void (*each)(void *context, const struct buf *records, int fd), void *context);
void spool_taken(int fd);

/* Removes file `name` of the folder `dir`, if it is a spool with nothing in it, and nobody's. */
void spool_sweep(int dir, const char *name);

#endif
