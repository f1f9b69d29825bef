#include "world.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "unit.h"
#include "world_line.h"

#define SESSION 42
#define FIRST_PID 7

static const char request[] = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

void
world_init(struct world *w)
{
	assert_true(sodium_init() >= 0);
	*w = (struct world){.now = 1000000, .chunk = 16384};
	w->conf = (struct conf){
		.auth = CONF_OPEN,
		.open_to_all = true,
		.max_message = 65536,
		.rate = 1000,
		.burst = 2000,
		.ping_interval = 30000,
		.head_timeout = 10000,
		.login_timeout = 20000,
		.stall_timeout = 60000,
	};
	session_init(&w->s, &w->conf, &(struct peer){.address = "192.0.2.1:5"}, SESSION, w->now, WORLD_TIME);
	world_reaches(w, 1, 0);
}

void
world_finish(struct world *w)
{
	session_finish(&w->s);
	buf_free(&w->pending);
	buf_free(&w->wire);
	buf_free(&w->client);
	buf_free(&w->bus);
	free(w->response);
}

static void
drain(struct world *w)
{
	struct buf *out = &w->s.out;

	if (buf_len(out) > 0 && !w->stalled) {
		assert_int_equal(buf_add(&w->wire, buf_at(out), buf_len(out)), 0);
		buf_take(out, buf_len(out));
		session_progress(&w->s);
	}
	world_take(w);
	if (w->s.phase == SESSION_ENDING && buf_len(out) == 0 && !w->shut) {
		w->shut = true;
		world_note(&w->client, "end");
	}
}

static bool
perform(struct world *w)
{
	struct session_action action;
	bool any = false;

	while (session_step(&w->s, &action) != SESSION_WAIT) {
		any = true;
		world_note_action(w, &action);
		if (action.what == SESSION_JOIN) {
			session_store(&w->s, w->expected, w->store);
			session_joined(&w->s, w->join_error);
		} else if (action.what == SESSION_KEEP) {
			session_kept(&w->s, &(struct bus_reach){.count = !w->store_full, .full = w->store_full});
		}
		if (action.what == SESSION_SEND && action.record.kind == RECORD_MESSAGE)
			session_sent(&w->s, &w->reach);
		else if (action.what == SESSION_FIND)
			session_sent(&w->s, &(struct bus_reach){.full = w->reach.count + w->reach.full});
		else if (action.what == SESSION_LIST)
			session_listed(&w->s, w->online, w->online_count);
	}
	return any;
}

static bool
turn(struct world *w)
{
	size_t n = buf_len(&w->pending);
	bool any = false;

	session_clock(&w->s, w->now, (uint64_t)(WORLD_TIME + w->now - 1000000));
	if (n > 0 && session_wants_input(&w->s)) {
		n = n < w->chunk ? n : w->chunk;
		assert_int_equal(buf_add(&w->s.in, buf_at(&w->pending), n), 0);
		buf_take(&w->pending, n);
		session_heard(&w->s);
		any = true;
	} else if (n == 0 && w->ends && session_wants_input(&w->s)) {
		session_eof(&w->s);
		any = true;
	}
	session_tick(&w->s);
	any |= perform(w);
	session_turn(&w->s);
	drain(w);
	session_turn(&w->s);
	return any | perform(w);
}

void
world_settle(struct world *w)
{
	while ((turn(w) || (buf_len(&w->pending) > 0 && session_wants_input(&w->s))) && w->s.phase != SESSION_OVER)
		;
	drain(w);
}

void
world_upgrade(struct world *w)
{
	world_write(w, request, sizeof request - 1);
}

void
world_login(struct world *w)
{
	world_init(w);
	world_upgrade(w);
	world_say(w, "{'type':'login','user':'alice'}");
	world_client(w, "http 101; " WORLD_WELCOME);
	world_bus(w, "READY; JOIN alice");
}

void
world_write(struct world *w, const void *data, size_t len)
{
	assert_int_equal(buf_add(&w->pending, data, len), 0);
	if (!w->held)
		world_settle(w);
}

void
world_frame(struct world *w, unsigned first, const void *payload, size_t len)
{
	static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
	const unsigned char *p = payload;
	unsigned char head[14] = {(unsigned char)first};
	size_t n = 2, wide = len < 126 ? 0 : len < 65536 ? 2 : 8;
	struct buf frame = {0};

	head[1] = (unsigned char)(0x80 | (wide == 0 ? len : wide == 2 ? 126 : 127));
	for (size_t i = 0; i < wide; i++)
		head[n++] = (unsigned char)(len >> (8 * (wide - 1 - i)));
	assert_int_equal(buf_add(&frame, head, n), 0);
	assert_int_equal(buf_add(&frame, mask, 4), 0);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)(p[i] ^ mask[i % 4]);

		assert_int_equal(buf_add(&frame, &c, 1), 0);
	}
	world_write(w, buf_at(&frame), buf_len(&frame));
	buf_free(&frame);
}

void
world_say(struct world *w, const char *text)
{
	char *json = strdup(text);

	assert_non_null(json);
	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	world_frame(w, 0x81, json, strlen(json));
	free(json);
}

void
world_end(struct world *w)
{
	w->ends = true;
	world_settle(w);
}

void
world_pong(struct world *w, unsigned number)
{
	char payload[9];

	snprintf(payload, sizeof payload, "%08x", number);
	world_frame(w, 0x8a, payload, 8);
}

void
world_pass(struct world *w, int64_t ms)
{
	w->now += ms;
	world_settle(w);
	session_trim(&w->s);
}

void
world_read(struct world *w)
{
	w->stalled = false;
	turn(w);
	world_settle(w);
}

void
world_reaches(struct world *w, size_t count, size_t full)
{
	w->reach = (struct bus_reach){.count = count, .full = full};
	for (size_t i = 0; i < count; i++)
		w->reach.pids[i] = FIRST_PID + (pid_t)i;
}

void
world_hears(struct world *w, const struct record *r, const char *from, pid_t pid)
{
	struct name name = made_name(from);

	session_record(&w->s, r, &name, pid);
	perform(w);
	if (!w->held)
		world_settle(w);
}

struct id
world_message(struct world *w, const char *sender, pid_t pid, const char *ref, const char *text)
{
	struct name from = made_name(sender), to = made_name("alice");
	struct record r = {.kind = RECORD_MESSAGE, .time = WORLD_TIME, .sender = from, .receiver = to, .ref = ref};
	struct buf payload = {0};

	r.ref_len = strlen(ref);
	r.id.bytes[0] = 1;
	r.id.bytes[ID_SIZE - 1] = (uint8_t)++w->made;
	r.id.bytes[ID_SIZE - 2] = (uint8_t)(w->made >> 8);
	assert_int_equal(msg_private(&payload, &r.id, &from, &to, text, r.time), 0);
	r.payload = (const char *)buf_at(&payload);
	r.payload_len = buf_len(&payload);
	world_hears(w, &r, sender, pid);
	buf_free(&payload);
	return r.id;
}

void
world_record(struct world *w, enum record_kind kind, unsigned status, const struct id *id, const char *sender, pid_t pid)
{
	struct record r = {.kind = kind, .status = (uint8_t)status, .time = WORLD_TIME, .sender = made_name(sender), .receiver = made_name("alice")};

	if (id)
		r.id = *id;
	r.payload = r.ref = "";
	world_hears(w, &r, sender, pid);
}

void
world_gone(struct world *w, const char *user, pid_t pid)
{
	struct name name = made_name(user);

	session_gone(&w->s, &name, pid);
	perform(w);
	world_settle(w);
}
