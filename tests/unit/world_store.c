#include "world_store.h"

#include <stdio.h>
#include <string.h>

#include "chat/greeting.h"
#include "made.h"
#include "unit.h"
#include "world_line.h"

void
world_init_kept(struct world *w)
{
	world_init(w);
	w->conf.store = w->expected = w->brief = true;
	w->store = WORLD_STORE;
	world_upgrade(w);
	buf_clear(&w->client);
	buf_clear(&w->bus);
}

void
world_login_kept(struct world *w)
{
	world_init_kept(w);
	world_say(w, "{'type':'login','user':'alice'}");
	world_greets(w, 0, 0, WORLD_LINK);
	world_client(w, WORLD_WELCOME);
	world_bus(w, "JOIN alice; store/99 LOGIN; store/99 NEXT after=0");
	world_batch(w, 0, false, false);
	world_nothing(w);
	world_unsaved(w, "");
}

void
world_store(struct world *w, pid_t pid)
{
	w->store = pid;
	session_store(&w->s, w->expected, pid);
	world_settle(w);
}

/* A record comes from the store, on behalf of `sender` if it is about what that one said. */
static void
say(struct world *w, struct record *r, const char *sender, const void *payload, size_t len)
{
	r->sender = made_name(sender ? sender : ".store");
	r->receiver = made_name("alice");
	r->time = WORLD_TIME;
	r->payload = payload;
	r->payload_len = len;
	world_hears(w, r, ".store", w->store ? w->store : WORLD_STORE);
}

static void
say_text(struct world *w, enum record_kind kind, struct buf *text)
{
	struct record r = {.kind = kind};

	say(w, &r, NULL, buf_at(text), buf_len(text));
	buf_free(text);
}

void
world_greets(struct world *w, int64_t pending, int64_t last, uint32_t link)
{
	struct greeting g = {pending, last, link};
	struct buf text = {0};

	assert_int_equal(greeting_put(&text, &g), 0);
	say_text(w, RECORD_GREETING, &text);
}

void
world_sends(struct world *w, const char *to, const char *ref)
{
	char text[128];

	snprintf(text, sizeof text, "{'type':'private_message','receiver':'%s','message':'x','id':'%s'}", to, ref);
	world_say(w, text);
}

void
world_delivered(struct world *w, size_t n)
{
	struct id id = world_id(w, n);

	world_record(w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", 7);
}

size_t
world_new(struct world *w)
{
	struct id id = {{1}};

	id.bytes[ID_SIZE - 1] = (uint8_t)++w->made;
	id.bytes[ID_SIZE - 2] = (uint8_t)(w->made >> 8);
	return world_number(w, &id);
}

static void
made(struct world *w, struct record *r, struct buf *text, size_t n, const char *sender, const char *words)
{
	r->id = world_id(w, n);
	r->sender = made_name(sender);
	r->receiver = made_name("alice");
	r->time = WORLD_TIME;
	assert_int_equal(msg_private(text, &r->id, &r->sender, &r->receiver, words, WORLD_TIME), 0);
	r->payload = (const char *)buf_at(text);
	r->payload_len = buf_len(text);
}

void
world_direct(struct world *w, size_t n, const char *sender, pid_t pid, unsigned flags, size_t prev, const char *words)
{
	struct record r = {.kind = RECORD_MESSAGE, .status = (uint8_t)flags};
	struct buf text = {0};

	made(w, &r, &text, n, sender, words);
	if (prev)
		r.prev = world_id(w, prev);
	world_hears(w, &r, sender, pid);
	buf_free(&text);
}

void
world_kept(struct world *w, size_t n, const char *sender, const char *words)
{
	struct record r = {.kind = RECORD_KEPT};
	struct buf text = {0};

	made(w, &r, &text, n, sender, words);
	world_hears(w, &r, ".store", w->store);
	buf_free(&text);
}

void
world_batch(struct world *w, int64_t after, bool more, bool late)
{
	struct next n = w->asked;
	struct buf text = {0};

	n.after = after;
	n.more = more;
	n.late = late;
	assert_int_equal(next_put(&text, &n), 0);
	say_text(w, RECORD_BATCH, &text);
}

void
world_stored(struct world *w, size_t n, size_t first)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = RECORD_STORED, .id = world_id(w, n)};
	struct id id = world_id(w, first);

	say(w, &r, "bob", id.bytes, ID_SIZE);
}

void
world_store_receipt(struct world *w, enum record_status status, size_t n, const char *receiver, const char *ref)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = (uint8_t)status, .id = world_id(w, n), .ref = ref, .ref_len = strlen(ref)};

	say(w, &r, receiver, "", 0);
}

void
world_store_refuses(struct world *w, size_t n, enum msg_error error)
{
	struct record r = {.kind = RECORD_REFUSED, .status = (uint8_t)error, .id = world_id(w, n)};

	say(w, &r, NULL, "", 0);
}

void
world_confirms(struct world *w, size_t n)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = RECORD_CONFIRMED, .id = world_id(w, n)};

	say(w, &r, NULL, "", 0);
}

void
world_behind(struct world *w, size_t n, const char *sender)
{
	struct record r = {.kind = RECORD_BEHIND, .id = world_id(w, n)};

	say(w, &r, sender, "", 0);
}

void
world_blocks(struct world *w, const char *names)
{
	struct record r = {.kind = RECORD_BLOCKS};

	say(w, &r, NULL, names, strlen(names));
}

void
world_answers(struct world *w, const char *json)
{
	struct record r = {.kind = RECORD_ANSWER, .id = w->question};

	say(w, &r, NULL, json, strlen(json));
}

/* One record of what is to be spooled. */
static void
add_unsaved(struct world *w, struct buf *line, const struct record *r)
{
	char text[128];
	int n;

	assert_string_equal(r->sender.text, "alice");
	if (r->kind == RECORD_MESSAGE && r->payload_len > 0)
		n = snprintf(text, sizeof text, "#%zu %s", world_number(w, &r->id), r->receiver.text);
	else if (r->kind == RECORD_MESSAGE)
		n = snprintf(text, sizeof text, "#%zu", world_number(w, &r->id));
	else if (r->kind == RECORD_RECEIPT && r->status == RECORD_DELIVERED)
		n = snprintf(text, sizeof text, "#%zu %s read", world_number(w, &r->id), r->receiver.text);
	else
		n = snprintf(text, sizeof text, "#%zu %s", world_number(w, &r->id), r->kind == RECORD_REFUSED ? "refused" : "?");
	assert_int_equal(buf_add(line, text, (size_t)n), 0);
	if (r->kind == RECORD_MESSAGE)
		made_flags(line, r->status);
}

void
world_unsaved(struct world *w, const char *expected)
{
	struct buf *records = &w->s.unsaved.records, line = {0};
	struct record r;

	if (w->s.unsaved.fresh)
		world_note(&line, "fresh");
	for (size_t at = 0; at < buf_len(records);) {
		int n = record_decode(&r, buf_at(records) + at, buf_len(records) - at);

		assert_true(n > 0);
		world_note(&line, "");
		add_unsaved(w, &line, &r);
		at += (size_t)n;
	}
	if (buf_len(records) > 0)
		w->s.unsaved.fresh = false;
	buf_clear(records);
	made_line(&line, expected);
	buf_free(&line);
}
