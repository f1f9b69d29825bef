#ifndef LOAD_SCRATCH_H
#define LOAD_SCRATCH_H

#include <limits.h>

/* A directory for what a run leaves on the disk, which goes with the run; and the end of all that it started. */

/* Makes it in the folder of that file. When the program exits, all processes that spawn.h started are killed, the end of what
 * they logged is shown if the status is not 0, and the directory is removed. */
void scratch_open(const char *beside);

/* The path of a file or a folder in it. */
void scratch_path(char path[PATH_MAX], const char *name);

/* The log of all processes: a descriptor to append to. */
int scratch_log(void);

#endif
