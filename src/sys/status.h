#ifndef SYS_STATUS_H
#define SYS_STATUS_H

#include <stdint.h>

/* What the outside may see of this connection: the service manager, the journal, ps. */

/* Makes the memory of arguments and environment free for the title. To be called first of all. */
void status_init(int argc, char **argv);

/* Tells the service manager, if there is one, that the start is over (sd_notify(3), READY=1). Once. */
void status_ready(void);

/* Before the end: waits until the service manager has heard that the start is over, if it was told just now. One that
 * ends before it has would count as failed. */
void status_leave(void);

/* Sets the line that `systemctl status` shows. */
void status_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sets what ps shows: the program's name and `text`. */
void status_title(const char *text);

/* A journal entry of a connection: its user, its address, how many messages it took in and gave out, and why it ended
 * (NULL: it has just begun). Never what was said. */
void status_journal(const char *user, const char *address, const char *reason, uint64_t in, uint64_t out);

#endif
