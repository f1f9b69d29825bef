#ifndef WS_WS_H
#define WS_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deflate.h"
#include "frame.h"
#include "utf8.h"

#define WS_EMPTY_FRAGMENTS_MAX 1024
#define WS_DEFLATE_LEAST 512 /* bytes of a message that is worth compressing */

/* Bytes that a receiver's buffer must hold: a message, and in the midst of its fragments a control frame. */
#define WS_BUFFER_SIZE(limit) ((limit) + FRAME_HEAD_MAX + FRAME_CONTROL_MAX)

/* Bytes that ws_frame may write for a payload of `len`. */
#define WS_FRAME_SIZE(len) ((len) + FRAME_HEAD_MAX)
#define WS_REASON_MAX (FRAME_CONTROL_MAX - 2)

enum ws_role {
	WS_SERVER, /* takes masked frames, sends unmasked ones */
	WS_CLIENT, /* the other way round */
};

/* RFC 6455, 7.4.1. */
enum ws_code {
	WS_NORMAL = 1000,
	WS_GOING_AWAY = 1001,
	WS_PROTOCOL_ERROR = 1002,
	WS_UNSUPPORTED = 1003,
	WS_NO_STATUS = 1005, /* never on the wire */
	WS_BAD_PAYLOAD = 1007,
	WS_POLICY = 1008,
	WS_TOO_BIG = 1009,
	WS_INTERNAL = 1011,
	WS_TRY_LATER = 1013,
};

enum ws_event {
	WS_MORE,   /* nothing more in these bytes */
	WS_TEXT,   /* a message: valid UTF-8 */
	WS_BINARY, /* a message */
	WS_PING,
	WS_PONG,
	WS_CLOSE, /* `code` is what the peer said, `data` its reason */
	WS_FAIL,  /* the peer broke the protocol: close with `code`, `why` says what it did */
};

/* What an event is about. `data` lies in the caller's buffer, or in the deflate's: good until the next ws_next, ws_settle or
 * deflate_rest. `wire` is how many bytes a message's frames had for it: more, or far fewer, where it came compressed. */
struct ws_slice {
	unsigned char *data;
	size_t len;
	uint64_t wire;
	uint16_t code;
	const char *why;
};

enum ws_state {
	WS_AT_HEAD,    /* between frames */
	WS_IN_PAYLOAD, /* in a data frame */
	WS_OVER,       /* after WS_CLOSE or WS_FAIL: what still comes is thrown away */
};

/* One connection after its handshake. It owns no memory: the caller keeps the bytes in one buffer, and messages are
 * unmasked and put together where they lie. Offsets are into that buffer. */
struct ws {
	enum ws_role role;
	enum ws_state state;
	struct deflate *deflate; /* permessage-deflate, where it was agreed on; NULL: not */
	size_t limit;           /* bytes of a message */
	size_t at;              /* what is not looked at yet starts here */
	size_t start, size;     /* the message under way */
	uint8_t kind;           /* its opcode; 0: none is under way */
	bool compressed;        /* its RSV1 (RFC 7692, 6) */
	uint64_t wire;          /* its bytes as they come, heads not counted */
	unsigned empty;         /* its empty fragments */
	uint64_t left;          /* bytes of the frame under way that have not come */
	struct frame frame;
	struct utf8 utf8;
};

/* `limit` is the largest message in bytes that is let in. `deflate`, if not NULL, is the caller's and outlives this. */
void ws_init(struct ws *ws, enum ws_role role, size_t limit, struct deflate *deflate);

/* The next event in the `len` bytes at `data`, which start where ws_settle said (or at the first byte after the
 * handshake). Call it until it says WS_MORE; then ws_settle, then add bytes behind those that are left. */
enum ws_event ws_next(struct ws *ws, unsigned char *data, size_t len, struct ws_slice *out);

/* After WS_MORE: moves what is not done with to the front of the buffer. Its length. */
size_t ws_settle(struct ws *ws, unsigned char *data, size_t len);

/* How many bytes are sure to come before the next event, as far as is known: what a caller may make room for. */
size_t ws_want(const struct ws *ws);

/* Writes a control frame, or a message in one frame, of WS_FRAME_SIZE(len) bytes at most: compressed if that was agreed on
 * and pays. `mask` is NULL for a server; a client gives four bytes that nobody can foresee, new for each frame (RFC 6455,
 * 5.3). `out` may not overlap `data`. Its length. */
size_t ws_frame(struct ws *ws, uint8_t *out, enum frame_opcode opcode, const void *data, size_t len, const uint8_t mask[4]);

/* Whether a close code may stand in a close frame (RFC 6455, 7.4). */
bool ws_code_valid(unsigned code);

/* Writes the payload of a close frame: the code and as much of the reason as fits. Its length. */
size_t ws_close_payload(uint8_t out[FRAME_CONTROL_MAX], uint16_t code, const char *reason);

#endif
