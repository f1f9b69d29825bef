#ifndef SYS_WIRE_H
#define SYS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * Letters between processes, over nng: an inbox at a path, which anyone who can reach it may write to, and lines to the
 * inboxes of others. A letter is any bytes. On one line they arrive in order and once, while both ends live. One
 * inbox a process.
 */
struct wire_line;

/* What came: good until the next wire_take. */
struct wire_letter {
	const unsigned char *data;
	size_t len;
	uint32_t pipe; /* the number of the connection it came by: not used again for long */
	pid_t pid;     /* the process at its other end, as the kernel says; 0 if it can't */
};

/* Opens the inbox at a path relative to the directory. 0, or -1 with errno. */
int wire_open(const char *path);

/* Polled for reading: letters, or lines whose state has changed. wire_look is due before looking at them. */
int wire_fd(void);
void wire_look(void);

/* The next letter; false when there is none. */
bool wire_take(struct wire_letter *letter);

enum wire_state {
	WIRE_DIALING,
	WIRE_UP,
	WIRE_DOWN, /* for good: what it still had is lost */
};

/* Starts a line to the inbox at a path. NULL if none can be had. */
struct wire_line *wire_dial(const char *path);
enum wire_state wire_state(const struct wire_line *line);

/* Whether the line has taken the last letter, and may have the next. */
bool wire_ready(const struct wire_line *line);

/* Hands a line that is ready all of `b` as one letter. 0, or -1 with errno and nothing taken. */
int wire_write(struct wire_line *line, struct buf *b);

/* Gives a line up. */
void wire_hang_up(struct wire_line *line);

#endif
