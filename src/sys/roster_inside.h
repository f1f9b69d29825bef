#ifndef SYS_ROSTER_INSIDE_H
#define SYS_ROSTER_INSIDE_H

/* What the parts of the roster share: roster.c reads the list, roster_endpoint.c has the endpoints. */

#include <stdbool.h>
#include <sys/types.h>

#define ROSTER_FOLDER_MODE 0750 /* the store may look in */

/* Whether the name of a file is that of an endpoint. */
bool roster_to_pid(const char *text, pid_t *pid);

#endif
