#ifndef CHAT_LOGIN_H
#define CHAT_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/jwt.h"
#include "chat/msg.h"
#include "chat/name.h"

#define LOGIN_MAX 4096          /* bytes of a request, with its line feed */
#define LOGIN_ANSWER_MAX (JWT_MAX + 256)
#define LOGIN_PASSWORD_MAX 1024 /* bytes, */
#define LOGIN_PASSWORD_LEAST 8  /* and of one that is new at least */
#define LOGIN_ADDRESS_MAX 63

/* A name and a password, as a client says them and as chat-auth is asked: one JSON object. `address`: from where, "" if nobody can
 * tell. */
struct login {
	struct name user;
	char password[LOGIN_PASSWORD_MAX + 1];
	char address[LOGIN_ADDRESS_MAX + 1];
};

/* What is wrong with a password: it is empty, too long, or has a control character; NULL if nothing is. */
const char *login_password_fault(const char *password);

/* Reads one from JSON. NULL, or what is wrong with it, for people. login_forget overwrites it; what is in `text` is the caller's to
 * overwrite. */
const char *login_parse(struct login *l, const char *text, size_t len);
void login_forget(struct login *l);

/* The request to chat-auth, with a line feed, at the end of `out`. 0, or -1 with errno. */
int login_put(struct buf *out, const struct login *l);

/* What chat-auth answers: a token, or an error and how many seconds to wait. */
struct login_answer {
	enum msg_error error; /* MSG_OK: there is a token */
	int64_t wait;
	char token[JWT_MAX + 1];
};

/* The answer, with a line feed, at the end of `out`; and back. 0, or -1. */
int login_answer_put(struct buf *out, const struct login_answer *a);
int login_answer_parse(struct login_answer *a, const char *text, size_t len);

/* What a client is told over HTTP once it is logged in until then, in seconds since 1970. 0, or -1. */
int login_done_put(struct buf *out, const struct name *user, int64_t until);

#endif
