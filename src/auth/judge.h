#ifndef AUTH_JUDGE_H
#define AUTH_JUDGE_H

#include <limits.h>

#include "chat/login.h"

/* What it is judged by. */
struct judge {
	char config[PATH_MAX];  /* the directory of the passwords and of the keys */
	char runtime[PATH_MAX]; /* where the bus lives: it is the sessions' user's */
	char ledger[PATH_MAX];
	char audience[JWT_AUDIENCE_MAX + 1];
	long long ttl; /* of a token, in seconds */
};

/* Reads the settings. 0, or -1 after a line in the log. */
int judge_load(struct judge *j);

/* Whether the login is good. It takes the same time, and comes out the same, whether there is such a user or not. */
void judge_login(const struct judge *j, const struct login *l, struct login_answer *a);

#endif
