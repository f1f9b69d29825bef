#ifndef CHAT_MSG_H
#define CHAT_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/name.h"

#define MSG_REF_MAX 64    /* bytes of the id that a client gives */
#define MSG_DEPTH_MAX 32  /* levels of JSON */
#define MSG_USERS_MAX 1000 /* names in one list */
#define MSG_LIMIT_MAX 100  /* messages in one answer, */
#define MSG_LIMIT 50       /* if nothing else is asked for */
#define MSG_WORDS_MAX 256  /* bytes of what is searched for */

struct cJSON;

/* What went wrong. docs/protocol.md has the meanings. */
enum msg_error {
	MSG_OK,
	MSG_BAD_JSON,
	MSG_BAD_FIELD,
	MSG_UNKNOWN_TYPE,
	MSG_NOT_LOGGED_IN,
	MSG_LOGIN_FAILED,
	MSG_FORGED_SENDER,
	MSG_NO_SUCH_USER,
	MSG_RECEIVER_OFFLINE,
	MSG_MAILBOX_FULL,
	MSG_BLOCKED,
	MSG_TOO_LARGE,
	MSG_SLOW_DOWN,
	MSG_UNAVAILABLE,
	MSG_ERRORS,
};

enum msg_type {
	MSG_LOGIN,
	MSG_PRIVATE_MESSAGE,
	MSG_READ,
	MSG_TYPING,
	MSG_WHO,
	MSG_WATCH,
	MSG_UNWATCH,
	MSG_PING,
	MSG_HISTORY,
	MSG_SEARCH,
	MSG_BLOCK,
	MSG_UNBLOCK,
	MSG_TYPES,
};

/* One message from a client, past the gate: each field that its type needs is there and good. The strings are the
 * parsed text's: good until msg_free. */
struct msg {
	struct cJSON *json;
	enum msg_type type;
	const char *ref; /* the client's `id`, "" if it gave none */
	struct name user, sender, receiver, with;
	bool has_user, has_sender, has_with;
	const char *token, *password; /* NULL: none */
	bool has_before;
	struct id before;
	int limit;
	const char *text;
	struct id id;
	bool active;
	const struct cJSON *users; /* NULL: all */
	const char *detail;        /* of an error */
};

/* The gate: parses `len` bytes, which must be valid UTF-8. MSG_OK, or what is wrong with them: then `ref` and `detail`
 * are there for the answer. Either way msg_free is due. */
enum msg_error msg_parse(struct msg *m, const char *data, size_t len);
void msg_free(struct msg *m);

/* What is wrong with the text of a message: it is empty or has a control character other than tab, line feed and
 * carriage return. NULL if nothing is. */
const char *msg_text_fault(const char *text);

/* The next of the listed users after `*at` (NULL at first); false at the end. */
bool msg_next_user(const struct msg *m, const struct cJSON **at, struct name *user);

/* The name of an error on the wire; and back, MSG_UNAVAILABLE for one that is not known. */
const char *msg_error_name(enum msg_error error);

struct msg_limits {
	size_t message;       /* bytes */
	unsigned rate, burst; /* messages a second */
};

/* Make the text of a message to a client, at the end of `out`. Times are milliseconds since 1970, refs may be "".
 * 0, or -1 with errno and nothing added. */
int msg_welcome(struct buf *out, const struct name *user, long session, const struct msg_limits *limits, int64_t pending);
int msg_private(struct buf *out, const struct id *id, const struct name *sender, const struct name *receiver,
                const char *text, uint64_t time);
/* Whether a text is one that msg_private may have made for these: then its receiver can be shown it as it is, though
 * the process that made it is not trusted. It must be valid UTF-8 besides. */
bool msg_private_is(const char *text, size_t len, const struct id *id, const struct name *sender,
                    const struct name *receiver, uint64_t time);

int msg_receipt(struct buf *out, const struct id *id, const char *ref, size_t ref_len, const struct name *receiver,
                const char *status, uint64_t time);
int msg_typing(struct buf *out, const struct name *sender, const struct name *receiver, bool active);
int msg_presence(struct buf *out, const struct name *user, bool online);
int msg_users(struct buf *out, const struct name *users, size_t count);
int msg_pong(struct buf *out);

/* What was asked of the store: an answer of this type is begun, messages are added (the text of each is msg_private's; `ref`
 * may be empty, times 0), and it is ended. 0, or -1 with errno. */
int msg_found_begin(struct buf *out, enum msg_type type, const struct name *with);
int msg_found_add(struct buf *out, const char *text, size_t len, const char *ref, size_t ref_len, uint64_t delivered, uint64_t read);
int msg_found_end(struct buf *out, enum msg_type type, bool more, const char *ref);
int msg_blocked(struct buf *out, bool on, const struct name *user, const char *ref);

/* What the sender wrote, out of the text of a message, at the end of `out`. 0, or -1. */
int msg_body(struct buf *out, const char *text, size_t len);
int msg_fault(struct buf *out, enum msg_error error, const char *detail, const char *ref, size_t ref_len);

/* What `chatctl who` is told of a connection. */
struct msg_facts {
	char address[64];
	uint64_t since; /* milliseconds since 1970 */
	uint64_t in, out; /* messages from and to the client */
};

/* A row of `chatctl who`. */
struct msg_row {
	struct name user;
	long pid;
	char unit[256]; /* "": none */
	bool known;     /* the facts */
	struct msg_facts facts;
};

/* The rows as a JSON array. */
int msg_rows(struct buf *out, const struct msg_row *rows, size_t count);

int msg_facts(struct buf *out, const struct msg_facts *facts);
int msg_facts_parse(struct msg_facts *facts, const char *data, size_t len);

/* Milliseconds since 1970 as RFC 3339 in UTC with milliseconds, and a NUL. */
#define MSG_TIME_SIZE 32
void msg_time(char text[MSG_TIME_SIZE], uint64_t ms);

#endif
