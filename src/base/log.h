#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <syslog.h>

/* Writes one line to the log, which is standard error: where that is the journal, with the priority (LOG_ERR, LOG_INFO,
 * ...) before it, as sd-daemon(3) says; elsewhere with the program's name. inetd makes standard error the client's
 * connection: then the log is syslog(3). Keeps errno. */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* At the start: finds out which it is, and keeps the descriptor of a standard error that is closed from becoming something else's. */
void log_begin(void);

/* Whether standard error is the journal: as systemd.exec(5) says of JOURNAL_STREAM. */
int log_is_journal(void);

#endif
