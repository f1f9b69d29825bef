#include "auth/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ledger.h"
#include "auth/passwd.h"
#include "base/clock.h"
#include "base/log.h"
#include "sys/conf.h"
#include "sys/token.h"

/* systemd gives us a folder of our own; elsewhere it is one in the runtime directory. */
static int
ledger_path(struct judge *j)
{
	const char *own = getenv("CHAT_RUNTIME_DIR") ? getenv("RUNTIME_DIRECTORY") : NULL;
	int n = snprintf(j->ledger, sizeof j->ledger, "%s%s", own ? own : j->runtime, own ? "" : "/auth");

	return n < (int)sizeof j->ledger ? 0 : -1;
}

int
judge_load(struct judge *j)
{
	if (conf_directory(j->config) < 0 || conf_audience(j->audience) < 0 || conf_token_ttl(&j->ttl) < 0 ||
	    conf_runtime(j->runtime, false) < 0)
		return -1;
	return ledger_path(j);
}

/* Whether the user may try now: then it counts as a failure until we know better. */
static bool
may_try(struct ledger *ledger, const struct login *l, bool count, struct login_answer *a)
{
	if (ledger_lock(ledger) < 0) {
		log_line(LOG_ERR, "the failures can't be counted: %m");
		a->error = MSG_UNAVAILABLE;
		return false;
	}
	a->wait = throttle_wait(ledger->failures, &l->user, l->address, clock_ms());
	if (a->wait > 0)
		a->error = MSG_SLOW_DOWN;
	else if (count)
		throttle_count(ledger->failures, &l->user, l->address, clock_ms());
	ledger_unlock(ledger);
	return a->wait == 0;
}

static void
forgive(struct ledger *ledger, const struct login *l)
{
	if (ledger_lock(ledger) < 0)
		return;
	throttle_good(ledger->failures, &l->user, l->address, clock_ms());
	ledger_unlock(ledger);
}

static int
make_token(const struct judge *j, const struct token_secret *secret, const struct name *user, char token[JWT_MAX + 1])
{
	struct buf text = {0};
	int r = token_sign(&text, secret, user, (int64_t)(clock_wall_ms() / 1000), j->ttl, j->audience);

	if (buf_len(&text) > JWT_MAX)
		r = -1;
	if (r == 0)
		memcpy(token, buf_at(&text), buf_len(&text));
	buf_free(&text);
	return r;
}

/* What was typed where a name belongs may be a password: only a name that is known gets into the log. */
static void
refuse(const struct login *l, bool known, struct login_answer *a)
{
	a->error = MSG_LOGIN_FAILED;
	log_line(LOG_NOTICE, "login failed for %s from %s", known ? l->user.text : "a name that is not known", *l->address ? l->address : "nowhere");
}

/* What may be lacking is looked for first: nobody is to wait, or to have failed, for that. */
static void
try(const struct judge *j, struct ledger *ledger, const struct token_secret *secret, const struct login *l, struct login_answer *a)
{
	char hash[PASSWD_HASH_SIZE];
	bool known;

	a->error = MSG_UNAVAILABLE;
	if (passwd_find(j->config, &l->user, hash, &known) < 0) {
		log_line(LOG_ERR, "%s: the passwords can't be read: %m", j->config);
		return;
	}
	if (!may_try(ledger, l, false, a))
		return;
	if (ledger_take_place(ledger) < 0) {
		log_line(LOG_ERR, "%s: %m", j->ledger);
		return;
	}
	if (!may_try(ledger, l, true, a))
		return;
	if (!passwd_is(hash, l->password) || !known) {
		refuse(l, known, a);
		return;
	}
	forgive(ledger, l);
	if (make_token(j, secret, &l->user, a->token) == 0)
		a->error = MSG_OK;
}

void
judge_login(const struct judge *j, const struct login *l, struct login_answer *a)
{
	struct token_secret secret;
	struct ledger ledger;

	*a = (struct login_answer){.error = MSG_UNAVAILABLE};
	if (ledger_open(&ledger, j->ledger) < 0 || token_load_secret(&secret, j->config, NULL) < 0)
		return;
	try(j, &ledger, &secret, l, a);
	token_forget(&secret);
}
