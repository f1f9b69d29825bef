#ifndef SYS_PEER_H
#define SYS_PEER_H

#define PEER_ADDRESS_SIZE 64

/* Who is at the other end of the connection: an address, "unix" for a local socket, "" when nobody can tell. */
struct peer {
	char address[PEER_ADDRESS_SIZE];
};

/* Finds out: REMOTE_ADDR (systemd), TCPREMOTEIP (tcpserver and its like), SOCAT_PEERADDR (socat), NCAT_REMOTE_ADDR (ncat), else getpeername
 * on `fd`. */
void peer_find(struct peer *peer, int fd);

#endif
