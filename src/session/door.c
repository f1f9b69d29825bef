#include "session/door.h"

#include <string.h>

#include "base/origin.h"
#include "session/forwarded.h"

#define TO_ALL "; CHAT_OPEN_TO_ALL=yes lets everybody in, with any name"

/* A browser says which page asks (RFC 6455, 10.2): it must be one of this host, or a listed one. Other clients say
 * nothing. */
static bool
is_known_origin(const struct conf *conf, const struct http_head *head, bool https)
{
	struct http_slice text, host;
	size_t origins = http_find(head, "Origin", &text);
	struct origin origin;

	if (origins == 0)
		return true;
	if (origins > 1 || origin_parse(&origin, text.at, text.len) < 0)
		return false;
	if (conf->origins && origin_listed(&origin, conf->origins))
		return true;
	return http_find(head, "Host", &host) == 1 && origin_is_of(&origin, host.at, host.len, https);
}

/* In open mode anyone may take any name: so only who is on this machine may come in. A page of a stranger, whose name was
 * made to mean this machine, still has that name as Host; a stranger that a proxy lets through is known by its traces. */
static int
check_open(bool local, const struct http_head *head, const char **why)
{
	struct authority a;
	struct http_slice host;

	if (!local)
		*why = "open mode is for clients on this machine" TO_ALL;
	else if (forwarded_any(head))
		*why = "open mode is not for clients behind a proxy" TO_ALL;
	else if (http_find(head, "Host", &host) != 1 || authority_parse(&a, host.at, host.len) < 0 || !authority_is_local(&a))
		*why = "open mode is for http://localhost alone, not for other names" TO_ALL;
	else
		return 101;
	return 403;
}

int
door_check(const struct conf *conf, struct peer *peer, const struct http_head *head, bool *secure, const char **why)
{
	struct forwarded f = {.https = -1};

	if (conf->trust_proxy && peer->local) {
		if (forwarded_read(&f, head, why) < 0)
			return 400;
		if (f.any)
			memcpy(peer->address, f.address, sizeof f.address);
	}
	*secure = f.https == 1;
	if (!is_known_origin(conf, head, *secure)) {
		*why = "Origin: a page of another host may not connect; CHAT_ORIGINS can list it";
		return 403;
	}
	return conf->auth == CONF_OPEN && !conf->open_to_all ? check_open(peer->local, head, why) : 101;
}
