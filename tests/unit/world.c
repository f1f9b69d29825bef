#include "world.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "unit.h"
#include "ws/handshake.h"

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
		.max_message = 65536,
		.rate = 1000,
		.burst = 2000,
		.ping_interval = 30000,
		.head_timeout = 10000,
		.login_timeout = 20000,
		.stall_timeout = 60000,
	};
	session_init(&w->s, &w->conf, "192.0.2.1:5", SESSION, w->now, WORLD_TIME);
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
add(struct buf *line, const char *format, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof text - 1);
	assert_int_equal(buf_add(line, text, (size_t)n), 0);
}

static void
next(struct buf *line)
{
	if (buf_len(line) > 0)
		add(line, "; ");
}

static size_t
id_number(struct world *w, const struct id *id)
{
	for (size_t i = 0; i < w->id_count; i++)
		if (id_order(&w->ids[i], id) == 0)
			return i + 1;
	assert_true(w->id_count < WORLD_IDS);
	w->ids[w->id_count++] = *id;
	return w->id_count;
}

struct id
world_id(const struct world *w, size_t n)
{
	assert_in_range(n, 1, w->id_count);
	return w->ids[n - 1];
}

static void
add_value(struct world *w, struct buf *line, const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	struct id id;
	char *printed;

	if (text && strcmp(value->string, "id") == 0 && id_parse(&id, text, strlen(text)) == 0) {
		add(line, "#%zu", id_number(w, &id));
	} else if (text) {
		add(line, "%s", text);
	} else {
		printed = cJSON_PrintUnformatted(value);
		assert_non_null(printed);
		for (char *p = printed; *p; p++)
			if (*p == '"')
				*p = '\'';
		add(line, "%s", printed);
		cJSON_free(printed);
	}
}

/* `type field=value field=value`, the fields in their order. */
static void
add_text(struct world *w, struct buf *line, const void *data, size_t len)
{
	cJSON *json = cJSON_ParseWithLength(data, len);
	const cJSON *value;
	char time[MSG_TIME_SIZE];

	assert_true(cJSON_IsObject(json));
	add(line, "%s", cJSON_GetStringValue(cJSON_GetObjectItem(json, "type")));
	cJSON_ArrayForEach(value, json) {
		if (strcmp(value->string, "detail") == 0)
			assert_true(strlen(cJSON_GetStringValue(value)) > 0);
		if (strcmp(value->string, "time") == 0) {
			msg_time(time, WORLD_TIME);
			assert_int_equal(strlen(cJSON_GetStringValue(value)), strlen(time));
		}
		if (strcmp(value->string, "type") == 0 || strcmp(value->string, "detail") == 0 || strcmp(value->string, "time") == 0)
			continue;
		add(line, " %s=", value->string);
		add_value(w, line, value);
	}
	cJSON_Delete(json);
}

static void
add_frame(struct world *w, unsigned opcode, const unsigned char *data, size_t len)
{
	next(&w->client);
	switch (opcode) {
	case 0x1:
		add_text(w, &w->client, data, len);
		break;
	case 0x8:
		if (len > 0) {
			assert_true(len >= 2);
			add(&w->client, "close %d", data[0] << 8 | data[1]);
		} else {
			add(&w->client, "close");
		}
		break;
	case 0x9:
		add(&w->client, "ping %.*s", (int)len, (const char *)data);
		break;
	case 0xa:
		add(&w->client, "pong %.*s", (int)len, (const char *)data);
		break;
	default:
		fail_msg("a frame of opcode %u", opcode);
	}
}

/* Takes the next frame apart. Its length, or 0. */
static size_t
take_frame(struct world *w, const unsigned char *p, size_t len)
{
	size_t head = 2, size, wide;

	if (len < 2)
		return 0;
	assert_int_equal(p[0] & 0xf0, 0x80);
	assert_int_equal(p[1] & 0x80, 0);
	size = p[1];
	wide = size == 126 ? 2 : size == 127 ? 8 : 0;
	if (len < head + wide)
		return 0;
	for (size_t i = 0; i < wide; i++)
		size = (i ? size << 8 : 0) | p[head + i];
	assert_true(wide == 0 || size >= (wide == 2 ? 126u : 65536u));
	head += wide;
	if (len - head < size)
		return 0;
	add_frame(w, p[0] & 0x0f, p + head, size);
	return head + size;
}

static size_t
take_response(struct world *w, const unsigned char *p, size_t len)
{
	const unsigned char *end = memmem(p, len, "\r\n\r\n", 4);

	if (!end)
		return 0;
	next(&w->client);
	add(&w->client, "http %.3s", (const char *)p + 9);
	w->upgraded = memcmp(p + 9, "101", 3) == 0;
	if (w->upgraded)
		len = (size_t)(end - p) + 4;
	w->response = strndup((const char *)p, len);
	return len;
}

static void
drain(struct world *w)
{
	struct buf *out = &w->s.out;
	size_t n = 1;

	if (buf_len(out) > 0 && !w->stalled) {
		assert_int_equal(buf_add(&w->wire, buf_at(out), buf_len(out)), 0);
		buf_take(out, buf_len(out));
		session_progress(&w->s);
	}
	while (n > 0 && buf_len(&w->wire) > 0) {
		n = w->upgraded ? take_frame(w, buf_at(&w->wire), buf_len(&w->wire))
		                : take_response(w, buf_at(&w->wire), buf_len(&w->wire));
		buf_take(&w->wire, n);
	}
	if (w->s.phase == SESSION_ENDING && buf_len(out) == 0 && !w->shut) {
		w->shut = true;
		next(&w->client);
		add(&w->client, "end");
	}
}

static void
add_record(struct world *w, const struct session_action *action)
{
	static const char *const kinds[] = {"", "MESSAGE", "COPY", "RECEIPT", "REFUSED", "TYPING", "ASK", "FACTS"};
	struct buf bytes = {0};
	struct record r;

	assert_int_equal(record_encode(&action->record, &bytes), 0);
	assert_int_equal(record_decode(&r, buf_at(&bytes), buf_len(&bytes)), buf_len(&bytes));
	assert_int_equal(r.kind, action->record.kind);
	assert_true(name_equal(&r.sender, &w->s.user));
	assert_true(name_equal(&r.receiver, &action->user));
	w->sends++;
	if (w->quiet) {
		buf_free(&bytes);
		return;
	}
	next(&w->bus);
	add(&w->bus, "%s/%d %s", action->user.text, action->pid, kinds[r.kind]);
	if (r.kind == RECORD_RECEIPT)
		add(&w->bus, " %s", r.status == RECORD_DELIVERED ? "delivered" : r.status == RECORD_READ ? "read" : "?");
	if (r.kind == RECORD_REFUSED)
		add(&w->bus, " %s", msg_error_name(r.status));
	if (r.kind == RECORD_TYPING)
		add(&w->bus, " %d", r.status);
	if (r.kind == RECORD_MESSAGE || r.kind == RECORD_RECEIPT || r.kind == RECORD_REFUSED)
		add(&w->bus, " #%zu", id_number(w, &r.id));
	add(&w->bus, " %s>%s", r.sender.text, r.receiver.text);
	if (r.ref_len > 0)
		add(&w->bus, " ref=%.*s", (int)r.ref_len, r.ref);
	if (r.kind == RECORD_MESSAGE)
		assert_true(msg_private_is(r.payload, r.payload_len, &r.id, &r.sender, &r.receiver, r.time));
	if (r.kind == RECORD_RECEIPT && r.payload_len > 0) {
		struct id shown;

		assert_int_equal(r.payload_len, ID_SIZE);
		memcpy(shown.bytes, r.payload, ID_SIZE);
		add(&w->bus, " shown=#%zu", id_number(w, &shown));
	} else if (r.kind == RECORD_FACTS) {
		add(&w->bus, " %.*s", (int)r.payload_len, r.payload);
	} else if (r.payload_len > 0) {
		add(&w->bus, " (");
		add_text(w, &w->bus, r.payload, r.payload_len);
		add(&w->bus, ")");
	}
	buf_free(&bytes);
}

static void
add_action(struct world *w, const struct session_action *action)
{
	static const char *const names[] = {"", "READY", "JOIN", "", "LIST", "WATCH", "UNWATCH"};
	const struct cJSON *at = NULL;
	struct name user;

	if (action->what == SESSION_SEND) {
		add_record(w, action);
		return;
	}
	next(&w->bus);
	add(&w->bus, "%s", names[action->what]);
	if (action->what == SESSION_JOIN)
		add(&w->bus, " %s", action->user.text);
	if (action->what != SESSION_WATCH && action->what != SESSION_UNWATCH)
		return;
	if (!w->s.msg.users)
		add(&w->bus, " *");
	while (w->s.msg.users && msg_next_user(&w->s.msg, &at, &user))
		add(&w->bus, " %s", user.text);
}

static bool
perform(struct world *w)
{
	struct session_action action;
	bool any = false;

	while (session_step(&w->s, &action) != SESSION_WAIT) {
		any = true;
		add_action(w, &action);
		if (action.what == SESSION_JOIN)
			session_joined(&w->s, w->join_error);
		else if (action.what == SESSION_SEND && action.record.kind == RECORD_MESSAGE)
			session_sent(&w->s, &w->reach);
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
	while (turn(w) && w->s.phase != SESSION_OVER)
		;
	drain(w);
}

void
world_login(struct world *w)
{
	world_init(w);
	world_write(w, request, sizeof request - 1);
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
world_gone(struct world *w, pid_t pid)
{
	session_gone(&w->s, pid);
	perform(w);
	world_settle(w);
}

static void
check(struct buf *line, const char *expected)
{
	assert_int_equal(buf_add(line, "", 1), 0);
	assert_string_equal((const char *)buf_at(line), expected);
	buf_clear(line);
}

void
world_client(struct world *w, const char *line)
{
	check(&w->client, line);
}

void
world_bus(struct world *w, const char *line)
{
	check(&w->bus, line);
}

void
world_nothing(struct world *w)
{
	world_client(w, "");
	world_bus(w, "");
}
