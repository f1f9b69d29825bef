#ifndef SYS_PEER_H
#define SYS_PEER_H

#include <stdbool.h>

#include "base/address.h"

/* Who is at the other end of the connection: an address, "unix" for a local socket, "" when nobody can tell. */
struct peer {
	char address[ADDRESS_SIZE];
	bool local; /* surely on this machine: a loopback address, a socket of this machine's file system, or no socket at all:
	             * then somebody started the program here, by hand */
};

/* Finds out: REMOTE_ADDR (systemd), TCPREMOTEIP (tcpserver and its like), SOCAT_PEERADDR (socat), NCAT_REMOTE_ADDR (ncat), else
 * the kernel on `in`, or on `out` where that one is the socket. A spawner's word alone does not make a client local whose
 * address, as the kernel has it, is not. */
void peer_find(struct peer *peer, int in, int out);

#endif
