#ifndef UNIT_WS_STREAM_H
#define UNIT_WS_STREAM_H

#include "base/buf.h"
#include "ws/ws.h"

/* What a peer sends, frame by frame, and what ws_next makes of it, as one line of text that a test compares. */

#define STREAM_PARTS 8

struct part {
	unsigned first; /* the first byte of a frame, with one of the flags below */
	const char *data;
	size_t len;
};

#define PART_RAW 0x100        /* the bytes as they are */
#define PART_WRONG_MASK 0x200 /* masked where it must not be, or the other way round */

#define FRAME(first, literal) {(first), (literal), sizeof(literal) - 1}
#define RAW(literal) {PART_RAW, (literal), sizeof(literal) - 1}

/* Adds a frame to `out` as the peer of `role` would send it. */
void stream_frame(struct buf *out, enum ws_role role, const struct part *part, const uint8_t mask[4]);

/* Adds ` ` and the payload to the line: bytes that are no plain characters as \xNN, a long payload by length and sum. */
void stream_payload(struct buf *line, const void *data, size_t len);

/* One receiver and its caller's buffer, which ends at a guard page. */
struct stream {
	struct ws ws;
	struct deflate deflate;
	struct buf kept;
	struct buf line; /* the events: `TEXT hello; PING x; CLOSE 1000 bye; FAIL 1002`, with a NUL by stream_line */
	size_t sure;     /* bytes that ws_want said are to come before the next event */
	const char *why; /* of the last WS_FAIL */
};

/* What permessage-deflate the streams that are begun from here on have agreed on; NULL, as at first: none. */
void stream_agree(const struct deflate_params *params);

void stream_init(struct stream *s, enum ws_role role, size_t limit);
void stream_feed(struct stream *s, const void *data, size_t len);
const char *stream_line(struct stream *s);
void stream_finish(struct stream *s);

/* Feeds the bytes whole, one at a time, cut in two at each `step`th place, and in random pieces, and checks that the
 * events are those of `line` each time. */
void stream_check(enum ws_role role, size_t limit, const void *data, size_t len, const char *line, size_t step);

#endif
