#ifndef LOAD_HOUSE_H
#define LOAD_HOUSE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define HOUSE_SETTINGS 10

/* One chat server: a bus of its own, with or without a store. Its limits of messages a second and of waiting messages are as
 * high as they can be; all else is as usual. */
struct house {
	char directory[PATH_MAX];
	bool keeps;
	pid_t store;
	char *environment[HOUSE_SETTINGS + 1];
};

/* The programs: chat-session may be another that acts as one. */
void house_programs(const char *session);

/* Makes a server of that name, and starts its store. */
void house_open(struct house *h, const char *name, bool keeps);

/* Starts a session for a connection, which is closed here. */
pid_t house_session(const struct house *h, int fd);

/* Kills the store as it is. */
void house_kill_store(struct house *h);

/* The path of its database. */
void house_database(const struct house *h, char path[PATH_MAX]);

/* Ends what is left of it. Its sessions have ended. */
void house_close(struct house *h);

#endif
