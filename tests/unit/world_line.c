/* The lines of a world: what the client got and what was done, in few words. */
#include "world_line.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "made.h"
#include "unit.h"

static void
next(struct buf *line)
{
	if (buf_len(line) > 0)
		made_add(line, "; ");
}

void
world_note(struct buf *line, const char *what)
{
	next(line);
	made_add(line, "%s", what);
}

size_t
world_number(struct world *w, const struct id *id)
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
		made_add(line, "#%zu", world_number(w, &id));
	} else if (text) {
		assert_int_equal(buf_add(line, text, strlen(text)), 0);
	} else {
		printed = cJSON_PrintUnformatted(value);
		assert_non_null(printed);
		for (char *p = printed; *p; p++)
			if (*p == '"')
				*p = '\'';
		made_add(line, "%s", printed);
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
	made_add(line, "%s", cJSON_GetStringValue(cJSON_GetObjectItem(json, "type")));
	cJSON_ArrayForEach(value, json) {
		if (strcmp(value->string, "detail") == 0)
			assert_true(strlen(cJSON_GetStringValue(value)) > 0);
		if (strcmp(value->string, "time") == 0) {
			msg_time(time, WORLD_TIME);
			assert_int_equal(strlen(cJSON_GetStringValue(value)), strlen(time));
		}
		if (strcmp(value->string, "type") == 0 || strcmp(value->string, "detail") == 0 || strcmp(value->string, "time") == 0)
			continue;
		made_add(line, " %s=", value->string);
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
			made_add(&w->client, "close %d", data[0] << 8 | data[1]);
		} else {
			made_add(&w->client, "close");
		}
		break;
	case 0x9:
		made_add(&w->client, "ping %.*s", (int)len, (const char *)data);
		break;
	case 0xa:
		made_add(&w->client, "pong %.*s", (int)len, (const char *)data);
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
	made_add(&w->client, "http %.3s", (const char *)p + 9);
	w->upgraded = memcmp(p + 9, "101", 3) == 0;
	if (w->upgraded)
		len = (size_t)(end - p) + 4;
	w->response = strndup((const char *)p, len);
	return len;
}

void
world_take(struct world *w)
{
	size_t n = 1;

	while (n > 0 && buf_len(&w->wire) > 0) {
		n = w->upgraded ? take_frame(w, buf_at(&w->wire), buf_len(&w->wire))
		                : take_response(w, buf_at(&w->wire), buf_len(&w->wire));
		buf_take(&w->wire, n);
	}
}

static void
add_words(struct buf *line, const struct record *r)
{
	struct buf words = {0};

	assert_int_equal(msg_body(&words, r->payload, r->payload_len), 0);
	made_add(line, " '%.*s'", (int)buf_len(&words), (const char *)buf_at(&words));
	buf_free(&words);
}

/* What a message says of itself. */
static void
add_flags(struct world *w, const struct record *r)
{
	assert_true(msg_private_is(r->payload, r->payload_len, &r->id, &r->sender, &r->receiver, r->time));
	made_flags(&w->bus, r->status);
	if (id_is_set(&r->prev))
		made_add(&w->bus, " prev=#%zu", world_number(w, &r->prev));
}

static void
add_next(struct world *w, const struct record *r)
{
	assert_int_equal(next_get(&w->asked, r), 0);
	assert_false(w->asked.more || w->asked.late);
	made_add(&w->bus, " after=%d", (int)w->asked.after);
	if (id_is_set(&w->asked.from))
		made_add(&w->bus, " from=#%zu", world_number(w, &w->asked.from));
	if (id_is_set(&w->asked.want))
		made_add(&w->bus, " want=#%zu", world_number(w, &w->asked.want));
}

static void
add_to_store(struct world *w, pid_t pid, const struct record *r)
{
	next(&w->bus);
	made_add(&w->bus, "store/%d ", pid);
	if (r->kind == RECORD_RECEIPT)
		made_add(&w->bus, "%s #%zu %s", r->status == RECORD_DELIVERED ? "DELIVERED" : "READ", world_number(w, &r->id), r->receiver.text);
	else if (r->kind == RECORD_MESSAGE)
		made_add(&w->bus, "MESSAGE #%zu %s", world_number(w, &r->id), r->receiver.text);
	else
		made_add(&w->bus, "%s", r->kind == RECORD_LOGIN ? "LOGIN" : r->kind == RECORD_NEXT ? "NEXT" : r->kind == RECORD_QUERY ? "QUERY" : "?");
	if (r->kind == RECORD_MESSAGE)
		add_flags(w, r);
	if (r->link)
		made_add(&w->bus, " link=%u", r->link);
	if (r->kind == RECORD_MESSAGE)
		add_words(&w->bus, r);
	if (r->kind == RECORD_NEXT)
		add_next(w, r);
	if (r->kind == RECORD_QUERY)
		made_add(&w->bus, " %.*s", (int)r->payload_len, r->payload);
	if (r->kind == RECORD_QUERY)
		w->question = r->id;
}

static void
add_to_user(struct world *w, const struct session_action *action, const struct record *r)
{
	static const char *const kinds[] = {"", "MESSAGE", "COPY", "RECEIPT", "REFUSED", "TYPING", "ASK", "FACTS"};

	assert_true(name_equal(r->kind == RECORD_COPY ? &r->sender : &r->receiver, &action->user));
	next(&w->bus);
	made_add(&w->bus, "%s/%d %s", action->user.text, action->pid, kinds[r->kind]);
	if (r->kind == RECORD_RECEIPT)
		made_add(&w->bus, " %s", r->status == RECORD_DELIVERED ? "delivered" : r->status == RECORD_READ ? "read" : "?");
	if (r->kind == RECORD_REFUSED)
		made_add(&w->bus, " %s", msg_error_name(r->status));
	if (r->kind == RECORD_TYPING)
		made_add(&w->bus, " %d", r->status);
	if (r->kind == RECORD_MESSAGE || r->kind == RECORD_RECEIPT || r->kind == RECORD_REFUSED)
		made_add(&w->bus, " #%zu", world_number(w, &r->id));
	made_add(&w->bus, " %s>%s", r->sender.text, action->user.text);
	if (r->kind == RECORD_COPY && r->ref_len > 0)
		assert_non_null(memmem(r->payload, r->payload_len, r->receiver.text, r->receiver.len));
	else if (r->ref_len > 0)
		made_add(&w->bus, " ref=%.*s", (int)r->ref_len, r->ref);
	if (r->kind == RECORD_MESSAGE)
		add_flags(w, r);
	if (r->kind == RECORD_RECEIPT && r->payload_len > 0) {
		struct id shown;

		assert_int_equal(r->payload_len, ID_SIZE);
		memcpy(shown.bytes, r->payload, ID_SIZE);
		made_add(&w->bus, " shown=#%zu", world_number(w, &shown));
	} else if (r->kind == RECORD_FACTS) {
		made_add(&w->bus, " %.*s", (int)r->payload_len, r->payload);
	} else if (w->brief && r->kind == RECORD_MESSAGE) {
		add_words(&w->bus, r);
	} else if (r->payload_len > 0) {
		made_add(&w->bus, " (");
		add_text(w, &w->bus, r->payload, r->payload_len);
		made_add(&w->bus, ")");
	}
}

static void
add_record(struct world *w, const struct session_action *action)
{
	struct buf bytes = {0};
	struct record r;

	assert_int_equal(record_encode(&action->record, &bytes), 0);
	assert_int_equal(record_decode(&r, buf_at(&bytes), buf_len(&bytes)), buf_len(&bytes));
	assert_int_equal(r.kind, action->record.kind);
	assert_true(name_equal(&r.sender, &w->s.user));
	w->sends++;
	if (!w->quiet && (action->what == SESSION_KEEP || name_is_store(&action->user)))
		add_to_store(w, action->pid, &r);
	else if (!w->quiet && !(w->brief && r.kind == RECORD_COPY))
		add_to_user(w, action, &r);
	buf_free(&bytes);
}

void
world_note_action(struct world *w, const struct session_action *action)
{
	static const char *const names[] = {"", "READY", "JOIN", "", "FIND", "LIST", "WATCH", "UNWATCH", "", "ASK_AUTH"};
	const struct cJSON *at = NULL;
	struct name user;

	if (action->what == SESSION_SEND || action->what == SESSION_KEEP) {
		add_record(w, action);
		return;
	}
	next(&w->bus);
	made_add(&w->bus, "%s", names[action->what]);
	if (action->what == SESSION_JOIN || action->what == SESSION_FIND)
		made_add(&w->bus, " %s", action->user.text);
	if (action->what != SESSION_WATCH && action->what != SESSION_UNWATCH)
		return;
	if (!w->s.msg.users)
		made_add(&w->bus, " *");
	while (w->s.msg.users && msg_next_user(&w->s.msg, &at, &user))
		made_add(&w->bus, " %s", user.text);
}

void
world_client(struct world *w, const char *line)
{
	made_line(&w->client, line);
}

void
world_bus(struct world *w, const char *line)
{
	made_line(&w->bus, line);
}

void
world_nothing(struct world *w)
{
	world_client(w, "");
	world_bus(w, "");
}
