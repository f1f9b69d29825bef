#ifndef SYS_CONF_H
#define SYS_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "sys/token.h"

enum conf_auth {
	CONF_OPEN,     /* say a name, have it */
	CONF_TOKEN,    /* a signed token says who */
	CONF_PASSWORD, /* chat-auth says who */
};

/* The settings: environment variables, read once. Times are in milliseconds. */
struct conf {
	enum conf_auth auth;
	bool open_to_all;       /* open mode for others than this machine's own */
	bool trust_proxy;       /* what a proxy on this machine says of its client is so */
	const char *origins;    /* of the pages that may connect, beside this host's own; NULL: none. The environment's */
	struct token_keys keys; /* that tokens are signed with: none in open mode */
	char audience[JWT_AUDIENCE_MAX + 1]; /* that a token must be for; "": nobody in particular */
	bool deflate;           /* permessage-deflate, for clients that offer it */
	char runtime[PATH_MAX]; /* where the bus lives */
	int64_t max_message;    /* bytes of one message from a client */
	int64_t rate, burst;    /* messages a second, and at once */
	bool store;             /* use the store, if there is one */
	int64_t mailbox_messages, mailbox_bytes; /* that may wait for one user */
	int64_t keep_age, keep_count; /* what the store keeps: milliseconds, messages of one conversation; 0: all */
	int64_t ping_interval, head_timeout, login_timeout, stall_timeout;
};

/* Reads the settings. 0, or -1 after a line in the log that names the one that can't be understood. */
int conf_load(struct conf *conf);

/* The runtime directory alone: CHAT_RUNTIME_DIR, RUNTIME_DIRECTORY, /run/chat if that is this user's own (or with `make`
 * can be made), else XDG_RUNTIME_DIR/chat, else /tmp/chat-UID. 0, or -1 after a line in the log. */
int conf_runtime(char path[PATH_MAX], bool make);

/* The directory of the keys: CHAT_CONFIG_DIR, CONFIGURATION_DIRECTORY, else /etc/chat. 0, or -1 after a line in the log. */
int conf_directory(char path[PATH_MAX]);

/* The audience of tokens: CHAT_AUDIENCE. 0, or -1 after a line in the log. */
int conf_audience(char audience[JWT_AUDIENCE_MAX + 1]);

/* How long a token is good that chat-auth makes, in seconds: CHAT_TOKEN_TTL. 0, or -1 after a line in the log. */
#define CONF_TTL_MAX 315360000LL /* ten years */
int conf_token_ttl(long long *seconds);

/* The directory of the store's database: CHAT_STATE_DIR, STATE_DIRECTORY, else /var/lib/chat. 0, or -1 after a line in the
 * log. */
int conf_state(char path[PATH_MAX]);
#define CONF_DATABASE "/chat.db" /* in it */

#endif
