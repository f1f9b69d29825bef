#include "sys/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* Keeps an address in its one usual form: no brackets (socat), no IPv4 in IPv6's clothes. -1 if it is none. */
static int
set(struct peer *peer, const char *text)
{
	char bare[PEER_ADDRESS_SIZE];
	struct in6_addr in6;
	struct in_addr in;
	size_t len;

	if (*text == '[')
		text++;
	len = strcspn(text, "]%");
	if (len >= sizeof bare)
		return -1;
	memcpy(bare, text, len);
	bare[len] = 0;
	if (inet_pton(AF_INET6, bare, &in6) == 1) {
		if (IN6_IS_ADDR_V4MAPPED(&in6))
			return inet_ntop(AF_INET, &in6.s6_addr[12], peer->address, sizeof peer->address) ? 0 : -1;
		return inet_ntop(AF_INET6, &in6, peer->address, sizeof peer->address) ? 0 : -1;
	}
	if (inet_pton(AF_INET, bare, &in) == 1)
		return inet_ntop(AF_INET, &in, peer->address, sizeof peer->address) ? 0 : -1;
	return -1;
}

void
peer_find(struct peer *peer, int fd)
{
	static const char *const variables[] = {"REMOTE_ADDR", "TCPREMOTEIP", "SOCAT_PEERADDR", "NCAT_REMOTE_ADDR"};
	union address a;
	socklen_t size = sizeof a;
	char text[INET6_ADDRSTRLEN];

	*peer = (struct peer){0};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *value = getenv(variables[i]);

		if (value && set(peer, value) == 0)
			return;
	}
	if (getpeername(fd, &a.any, &size) < 0)
		return;
	if (a.any.sa_family == AF_UNIX)
		snprintf(peer->address, sizeof peer->address, "unix");
	else if (a.any.sa_family == AF_INET && inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text))
		set(peer, text);
	else if (a.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof text))
		set(peer, text);
}
