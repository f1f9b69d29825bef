#include "sys/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LOCAL_SOCKET "unix"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
};

static int
set(struct peer *peer, const char *text, size_t len)
{
	if (address_set(peer->address, text, len) < 0)
		return -1;
	peer->local = address_is_loopback(peer->address);
	return 0;
}

static void
set_local_socket(struct peer *peer)
{
	snprintf(peer->address, sizeof peer->address, LOCAL_SOCKET);
	peer->local = true;
}

/* socat puts brackets around IPv6 addresses, and calls who comes by a local socket <anon>; systemd has that one's path, or
 * its abstract name. */
static int
read_word(struct peer *peer, const char *word)
{
	size_t bracket = *word == '[';

	if (*word == '/' || *word == '@' || strcmp(word, "<anon>") == 0) {
		set_local_socket(peer);
		return 0;
	}
	return set(peer, word + bracket, strcspn(word + bracket, "]%"));
}

/* Whether a spawner says anything of it: 1, and *peer is that; 0; -1 if nothing that is said can be understood. */
static int
ask_spawner(struct peer *peer)
{
	static const char *const variables[] = {"REMOTE_ADDR", "TCPREMOTEIP", "SOCAT_PEERADDR", "NCAT_REMOTE_ADDR"};
	int said = 0;

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *word = getenv(variables[i]);

		if (!word || !*word)
			continue;
		if (read_word(peer, word) == 0)
			return 1;
		said = -1;
	}
	return said;
}

/* The client of a local socket that listened is at its name. A pair of sockets has none: who knows who holds the other
 * one. */
static bool
has_name(int fd)
{
	union address own;
	socklen_t size = sizeof own;

	return getsockname(fd, &own.any, &size) == 0 && size > offsetof(struct sockaddr_un, sun_path);
}

/* What the kernel says; false if that is no socket. */
static bool
ask_kernel(struct peer *peer, int fd)
{
	union address a;
	socklen_t size = sizeof a, type_size = sizeof(int);
	char text[INET6_ADDRSTRLEN];
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) < 0)
		return false;
	if (getpeername(fd, &a.any, &size) < 0)
		return true;
	if (a.any.sa_family == AF_UNIX) {
		set_local_socket(peer);
		peer->local = has_name(fd);
	} else if (a.any.sa_family == AF_INET && inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text)) {
		set(peer, text, strlen(text));
	} else if (a.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof text)) {
		set(peer, text, strlen(text));
	}
	return true;
}

void
peer_find(struct peer *peer, int in, int out)
{
	struct peer told = {0}, seen = {0};
	bool has_socket = ask_kernel(&seen, in) || ask_kernel(&seen, out);
	int said = ask_spawner(&told);

	*peer = said > 0 ? told : seen;
	if (said > 0 && has_socket && strcmp(seen.address, LOCAL_SOCKET) != 0)
		peer->local = told.local && seen.local;
	if (said <= 0 && !has_socket)
		peer->local = said == 0;
}
