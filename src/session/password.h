#ifndef SESSION_PASSWORD_H
#define SESSION_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/login.h"

#define PASSWORD_ANSWER_MS 10000 /* for chat-auth's answer: others may be in line there */

struct session;

enum password_asked {
	PASSWORD_NONE,
	PASSWORD_LOGIN, /* by the message `login`, */
	PASSWORD_POST,  /* by POST /login */
};

/* A login that chat-auth is asked about. Until the answer comes the client is not listened to. */
struct password {
	enum password_asked asked;
	int64_t asked_at;
	struct buf request; /* until it is on its way */
};

/* Asks about a login, of which nothing is kept: `l` is overwritten. */
void password_ask(struct session *s, struct login *l, enum password_asked asked);

/* Whether an answer is waited for. */
bool password_is_asked(const struct session *s);

/* What to say to somebody who is not let in. */
#define PASSWORD_WHY_SIZE 64
void password_why(char why[PASSWORD_WHY_SIZE], const struct login_answer *a);

#endif
