#ifndef SESSION_DOOR_H
#define SESSION_DOOR_H

#include "sys/conf.h"
#include "sys/peer.h"
#include "ws/http.h"

/* Who may come in at all, whoever they say they are: asked for a request to /ws or to log in whose Host has been looked at. Where
 * a proxy that is trusted says so, the address in *peer becomes the client's and *secure tells that it speaks TLS. 101, or the
 * status of the refusal with *why. */
int door_check(const struct conf *conf, struct peer *peer, const struct http_head *head, bool *secure, const char **why);

#endif
