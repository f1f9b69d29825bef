#include "session/password.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "session/post.h"
#include "session/session.h"
#include "session/talk.h"

void
password_ask(struct session *s, struct login *l, enum password_asked asked)
{
	struct password *p = &s->password;

	snprintf(l->address, sizeof l->address, "%s", s->peer.address);
	p->asked = asked;
	p->asked_at = s->now;
	if (login_put(&p->request, l) == 0)
		session_do(s, SESSION_ASK_AUTH);
	login_forget(l);
	if (buf_len(&p->request) == 0)
		session_answered(s, NULL, 0);
}

bool
password_is_asked(const struct session *s)
{
	return s->password.asked != PASSWORD_NONE && s->phase <= SESSION_IN;
}

void
password_why(char why[PASSWORD_WHY_SIZE], const struct login_answer *a)
{
	if (a->error == MSG_LOGIN_FAILED)
		snprintf(why, PASSWORD_WHY_SIZE, "not the name and password of anybody");
	else if (a->error == MSG_SLOW_DOWN)
		snprintf(why, PASSWORD_WHY_SIZE, "too many logins failed: wait %" PRId64 " s", a->wait);
	else
		snprintf(why, PASSWORD_WHY_SIZE, "passwords can't be checked at present");
}

void
session_answered(struct session *s, const char *answer, size_t len)
{
	struct login_answer a;
	enum password_asked asked = password_is_asked(s) ? s->password.asked : PASSWORD_NONE;

	s->password.asked = PASSWORD_NONE;
	if (!answer || login_answer_parse(&a, answer, len) < 0)
		a = (struct login_answer){.error = MSG_UNAVAILABLE};
	if (asked == PASSWORD_LOGIN)
		talk_answered(s, &a);
	else if (asked == PASSWORD_POST)
		post_answered(s, &a);
	sodium_memzero(&a, sizeof a);
}
