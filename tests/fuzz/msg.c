/* The bytes as a client's message, as a private message that another process made, and as the facts of a connection; what is
 * made of them is read again. */
#include "chat/msg.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "chat/json.h"
#include "fuzz.h"

#define ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define TIME 1469922850259 /* of that id */
#define EXACT (1ll << 52)  /* numbers below come through JSON as they were */

static struct name
name_of(const char *text)
{
	struct name name;

	CHECK(name_make(&name, text, strlen(text)) == 0);
	return name;
}

static void
check_name(const struct name *name)
{
	struct name again = name_of(name->text);

	CHECK(name_equal(name, &again));
}

/* Reads what was made for a client, and takes it away. Our own messages are of types that no client may send, but for those
 * that have the same form in both directions. */
static void
check_made(struct buf *out, enum msg_error expected, struct msg *m)
{
	size_t len = buf_len(out);
	char *block = fuzz_block(buf_at(out), len);

	CHECK(fuzz_is_utf8(block, len) && !json_fault(block, len, MSG_DEPTH_MAX));
	CHECK(msg_parse(m, block, len) == expected);
	free(block);
	buf_clear(out);
}

static void
check_made_foreign(struct buf *out)
{
	struct msg m;

	check_made(out, MSG_UNKNOWN_TYPE, &m);
	msg_free(&m);
}

static void
check_private(const struct msg *m, struct buf *out)
{
	struct name sender = m->has_sender ? m->sender : name_of("alice");
	struct id id, other;
	struct msg again;

	CHECK(!msg_text_fault(m->text));
	CHECK(id_parse(&id, ID, ID_TEXT_LEN) == 0);
	other = id;
	other.bytes[ID_SIZE - 1] ^= 1;
	CHECK(msg_private(out, &id, &sender, &m->receiver, m->text, TIME) == 0);
	CHECK(msg_private_is((char *)buf_at(out), buf_len(out), &id, &sender, &m->receiver, TIME));
	CHECK(!msg_private_is((char *)buf_at(out), buf_len(out), &other, &sender, &m->receiver, TIME));
	CHECK(!msg_private_is((char *)buf_at(out), buf_len(out) - 1, &id, &sender, &m->receiver, TIME));
	check_made(out, MSG_OK, &again);
	CHECK(again.type == MSG_PRIVATE_MESSAGE && strcmp(again.text, m->text) == 0 && strcmp(again.ref, ID) == 0);
	CHECK(name_equal(&again.receiver, &m->receiver) && again.has_sender && name_equal(&again.sender, &sender));
	msg_free(&again);
}

static void
check_read(const struct msg *m, struct buf *out)
{
	char text[ID_TEXT_LEN + 1];
	struct id id;

	check_name(&m->sender);
	id_text(&m->id, text);
	CHECK(id_parse(&id, text, ID_TEXT_LEN) == 0 && id_order(&id, &m->id) == 0);
	CHECK(msg_receipt(out, &m->id, m->ref, strlen(m->ref), &m->sender, "read", TIME) == 0);
	check_made_foreign(out);
}

static void
check_typing(const struct msg *m, struct buf *out)
{
	struct name sender = name_of("alice");
	struct msg again;

	CHECK(msg_typing(out, &sender, &m->receiver, m->active) == 0);
	check_made(out, MSG_OK, &again);
	CHECK(again.type == MSG_TYPING && again.active == m->active && name_equal(&again.receiver, &m->receiver));
	msg_free(&again);
}

static void
check_users(const struct msg *m, struct buf *out)
{
	struct name *users = malloc(MSG_USERS_MAX * sizeof *users);
	const struct cJSON *at = NULL;
	size_t count = 0;

	while (m->users && msg_next_user(m, &at, &users[count])) {
		CHECK(count < MSG_USERS_MAX);
		check_name(&users[count++]);
	}
	CHECK(msg_users(out, users, count) == 0);
	check_made_foreign(out);
	free(users);
}

static void
check_login(const struct msg *m, struct buf *out)
{
	check_name(&m->user);
	CHECK(msg_welcome(out, &m->user, 1, &(struct msg_limits){65536, 10, 20}, 0) == 0);
	check_made_foreign(out);
	CHECK(msg_presence(out, &m->user, true) == 0);
	check_made_foreign(out);
}

static void
check_good(const struct msg *m, struct buf *out)
{
	switch (m->type) {
	case MSG_LOGIN:
		check_login(m, out);
		break;
	case MSG_PRIVATE_MESSAGE:
		check_name(&m->receiver);
		check_private(m, out);
		break;
	case MSG_READ:
		check_read(m, out);
		break;
	case MSG_TYPING:
		check_name(&m->receiver);
		check_typing(m, out);
		break;
	case MSG_WATCH:
	case MSG_UNWATCH:
		check_users(m, out);
		break;
	default:
		CHECK(m->type == MSG_WHO || m->type == MSG_PING);
	}
}

static void
check_bad(const struct msg *m, enum msg_error error, struct buf *out)
{
	CHECK(error == MSG_BAD_JSON || error == MSG_BAD_FIELD || error == MSG_UNKNOWN_TYPE || error == MSG_LOGIN_FAILED ||
	      error == MSG_TOO_LARGE);
	CHECK(m->detail && *m->detail);
	CHECK(msg_fault(out, error, m->detail, m->ref, strlen(m->ref)) == 0);
	check_made_foreign(out);
}

/* An object is not one before its end: what is cut off is no message. */
static void
check_prefixes(const char *data, size_t len)
{
	void *block = fuzz_block(NULL, len);

	while (data[len - 1] != '}')
		len--;
	for (size_t cut = 0; cut < len; cut += fuzz_step(len)) {
		struct msg m;

		CHECK(msg_parse(&m, fuzz_at_end(block, len, data, cut), cut) == MSG_BAD_JSON);
		msg_free(&m);
	}
	free(block);
}

/* The parser would take such a character for the end of its string. */
static bool
has_nul(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] == 0 || (data[i] == '\\' && len - ++i >= 5 && memcmp(data + i, "u0000", 5) == 0))
			return true;
	return false;
}

static void
as_message(const char *data, size_t len)
{
	struct buf out = {0};
	struct msg m;
	enum msg_error error = msg_parse(&m, data, len);

	CHECK(strlen(m.ref) <= MSG_REF_MAX);
	if (error == MSG_OK) {
		CHECK(!has_nul(data, len));
		check_good(&m, &out);
		check_prefixes(data, len);
	} else {
		check_bad(&m, error, &out);
	}
	msg_free(&m);
	buf_free(&out);
}

/* What passes for ours has the very bytes that we would have made of its text. */
static void
as_private(const char *data, size_t len)
{
	struct name sender = name_of("alice"), receiver = name_of("bob");
	struct buf out = {0};
	struct id id;
	cJSON *json;
	const char *text;

	CHECK(id_parse(&id, ID, ID_TEXT_LEN) == 0);
	if (!msg_private_is(data, len, &id, &sender, &receiver, TIME))
		return;
	CHECK(!json_fault(data, len, MSG_DEPTH_MAX));
	json = cJSON_ParseWithLength(data, len);
	text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
	CHECK(text && msg_private(&out, &id, &sender, &receiver, text, TIME) == 0);
	CHECK(buf_len(&out) == len && memcmp(buf_at(&out), data, len) == 0);
	cJSON_Delete(json);
	buf_free(&out);
}

static bool
same_number(uint64_t a, uint64_t b)
{
	return a == b || a >= EXACT;
}

static void
as_facts(const char *data, size_t len)
{
	struct msg_facts facts, again;
	struct buf out = {0};

	if (msg_facts_parse(&facts, data, len) < 0)
		return;
	CHECK(strlen(facts.address) < sizeof facts.address);
	CHECK(msg_facts(&out, &facts) == 0);
	CHECK(msg_facts_parse(&again, (char *)buf_at(&out), buf_len(&out)) == 0);
	CHECK(strcmp(facts.address, again.address) == 0 && same_number(facts.since, again.since));
	CHECK(same_number(facts.in, again.in) && same_number(facts.out, again.out));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *block = fuzz_block(data, len);

	as_facts(block, len);
	if (fuzz_is_utf8(block, len)) {
		as_message(block, len);
		as_private(block, len);
	}
	free(block);
	return 0;
}
