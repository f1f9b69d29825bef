#ifndef SYS_SANDBOX_H
#define SYS_SANDBOX_H

#include <stdbool.h>

/*
 * What a process that reads hostile bytes gives up, so that one that is captured by them gains little: SECURITY.md has the list.
 * It goes by what the kernel has: Landlock says which files, seccomp which system calls. Neither can be taken back. What is
 * refused fails with EPERM or EACCES, and the kernel's log says so.
 *
 * The process must have one thread only. The directory of the bus is the one that it has entered (roster.h).
 */

/* No more privileges than now, nobody of the same user may look into the memory, and no core is dumped. 0, or -1 with errno. */
int sandbox_harden(void);

/* Before the first hostile byte: from here on there are local sockets, threads of one's own and, if it has been entered, the
 * directory of the bus, and nothing else. 0, or -1 with errno; what the kernel does not have is no error. */
int sandbox_begin(bool entered);

/* Before the first call of nng, whose threads inherit it: of that directory the names can be read, and only in the folder of this
 * user, which must be there, can anything be made, written or removed. 0, or -1 with errno. What the kernel does not have is said
 * in the log. */
int sandbox_confine(const char *folder);

#endif
