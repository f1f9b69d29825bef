#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "base/buf.h"
#include "ws/ws.h"

#define CLIENT_TIMEOUT_MS 5000           /* for connecting and the handshake together, and for each send */
#define CLIENT_LOST 1006                 /* RFC 6455, 7.1.5: the connection ended without a close frame */
#define CLIENT_MESSAGE_MAX (16 << 20)    /* bytes */

/* One WebSocket connection as a client, for a program that has nothing else to wait for. */
struct client {
	int fd;
	struct ws ws;
	struct deflate deflate;
	bool deflates; /* permessage-deflate was agreed on */
	struct buf in, out;
	bool closed;   /* a close frame has been sent: nothing follows it (RFC 6455, 5.5.1) */
	char why[64];  /* what the server answered in place of 101 */
};

/* Connects to a ws:// URL, and shakes hands (RFC 6455, 4.1). 0, or -1 with *why, and nothing to close. libsodium has to be
 * ready: it gives the key and the masks. */
int client_open(struct client *c, const char *url, const char **why);

/* Sends a message or a control frame. 0, or -1 with errno. */
int client_send(struct client *c, enum frame_opcode opcode, const void *data, size_t len);

/* The next event, waited for until then (clock_ms); WS_MORE when that is over. The end of the connection is WS_FAIL with
 * CLIENT_LOST. */
enum ws_event client_next(struct client *c, int64_t until, struct ws_slice *slice);

/* Ends the connection and gives all memory back. */
void client_finish(struct client *c);

#endif
