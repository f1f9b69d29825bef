#ifndef SESSION_POST_H
#define SESSION_POST_H

#include "chat/login.h"
#include "session/session.h"
#include "ws/http.h"

#define POST_BODY_MAX 4096

/* Whether the path is /login or /logout. */
bool post_is(struct http_slice path);

/* Answers a request for one of these, once it is whole: the head, of `len` bytes, and the body. */
void post_read(struct session *s, const struct http_head *head, struct http_slice path, size_t len);

/* What chat-auth says of it. */
void post_answered(struct session *s, const struct login_answer *a);

#endif
