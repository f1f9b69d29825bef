#ifndef LOAD_SPAWN_H
#define LOAD_SPAWN_H

#include <sys/types.h>

/* Starts a program with that environment, `fd` as its standard input and output (-1: /dev/null) as inetd would, and its
 * standard error in the log. */
pid_t spawn(const char *program, int fd, char *const environment[]);

/* Waits for the end of a process that is about to end; its status, as waitpid has it. */
int spawn_wait(pid_t pid);

void spawn_kill_all(void);

#endif
