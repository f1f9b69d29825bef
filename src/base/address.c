#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

int
address_set(char address[ADDRESS_SIZE], const char *at, size_t len)
{
	char text[ADDRESS_SIZE];
	struct in6_addr in6;
	struct in_addr in;

	if (len >= sizeof text)
		return -1;
	memcpy(text, at, len);
	text[len] = 0;
	if (strlen(text) != len)
		return -1;
	if (inet_pton(AF_INET, text, &in) == 1)
		return inet_ntop(AF_INET, &in, address, ADDRESS_SIZE) ? 0 : -1;
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return -1;
	if (IN6_IS_ADDR_V4MAPPED(&in6))
		return inet_ntop(AF_INET, &in6.s6_addr[12], address, ADDRESS_SIZE) ? 0 : -1;
	return inet_ntop(AF_INET6, &in6, address, ADDRESS_SIZE) ? 0 : -1;
}

bool
address_is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}
