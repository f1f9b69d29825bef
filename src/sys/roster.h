#ifndef SYS_ROSTER_H
#define SYS_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "chat/name.h"

#define ROSTER_CONNECTIONS_MAX 16 /* of one user */
#define ROSTER_PATH_SIZE (NAME_LEN_MAX + 16)

/*
 * Who is online: the directory of the bus, RUNTIME/bus/USER/PID, where each PID is the socket of one connection. An
 * endpoint whose process is gone does not count; somebody removes it before long. All paths are relative to the
 * directory, which the process has entered: a socket's path may have some 100 bytes only.
 */

/* Enters the directory of the bus below `runtime`, and makes what is missing, but for `runtime`'s own parents. 0, or
 * -1 with errno: EPERM when it is not this user's own. */
int roster_enter(const char *runtime);

/* The same for the store, which may be another user than the sessions. */
int roster_enter_as_store(const char *runtime);

/* The path of an endpoint. */
void roster_path(char path[ROSTER_PATH_SIZE], const struct name *user, pid_t pid);

/* The endpoints of a user: their process ids, ascending. How many, or -1 with errno. Some may be dead: cheap, for one who
 * will find out. */
int roster_listed(const struct name *user, pid_t pids[ROSTER_CONNECTIONS_MAX]);

/* The same without the dead: the connections. */
size_t roster_pids(const struct name *user, pid_t pids[ROSTER_CONNECTIONS_MAX]);

/* Whether a directory may have changed since it was last asked for with the same two variables (all zero at first). */
bool roster_changed(const char *path, struct timespec *changed, bool *settled);

/* All users who are online, sorted, in memory that is the caller's to free. 0, or -1 with errno. */
int roster_users(struct name **users, size_t *count);

/* Calls `each` for each user's folder, dead or alive. 0, or -1 with errno. */
int roster_each(void (*each)(void *context, const struct name *user), void *context);

/* Makes the folder for a new endpoint and clears dead ones of that user out of it. Until roster_settle or roster_abandon the
 * folder stays. 0, or -1 with errno: EUSERS when the user has ROSTER_CONNECTIONS_MAX. */
int roster_prepare(const struct name *user);

/* There will be no endpoint: the folder may go. Keeps errno. */
void roster_abandon(const struct name *user);

/* After the endpoint has been made: those who came at the same moment may be too many together. 0, or -1 with EUSERS
 * and the endpoint removed: the highest process numbers go. */
int roster_settle(const struct name *user, pid_t pid);

/* The process of the store, 0 if it is away; and whether there is one at all: its folder is there. */
pid_t roster_store(bool *expected);

/* Lets watchers see that an endpoint has come: the time of the directory is the sign. */
void roster_announce(void);

/* Removes an endpoint, and the folder if it was the last. */
void roster_remove(const struct name *user, pid_t pid);

/* Whether the process `pid` itself listens at the endpoint: the kernel says who does (SO_PEERCRED of unix(7)). It may
 * be too busy to be asked, or there may be no descriptor to ask with: then that can be known later. */
enum roster_proof {
	ROSTER_NO,
	ROSTER_YES,
	ROSTER_LATER,
};
enum roster_proof roster_proves(const struct name *user, pid_t pid);

/* Whether that process lives, is no zombie, and may be one of the bus. */
bool roster_alive(pid_t pid);

/* Removes all endpoints whose process is gone or that refuse connection, and empty folders. How many endpoints. */
size_t roster_sweep(void);

/* The same, if nobody did in the last ROSTER_SWEEP_SECONDS and the directory is this user's own. */
#define ROSTER_SWEEP_SECONDS 30
void roster_sweep_if_due(void);

/* The same for one user: all that a session in its sandbox may clear away. */
size_t roster_clear(const struct name *user);

#endif
