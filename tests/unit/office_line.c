/* The line of an office: what a desk answers, in few words. */
#include <stdio.h>
#include <string.h>

#include "chat/greeting.h"
#include "chat/msg.h"
#include "made.h"
#include "office.h"
#include "unit.h"

static unsigned
number(const struct id *id)
{
	return (unsigned)(id->bytes[ID_SIZE - 2] << 8 | id->bytes[ID_SIZE - 1]);
}

static unsigned
number_of(const cJSON *message)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(message, "id"));
	struct id id;

	assert_non_null(text);
	assert_int_equal(id_parse(&id, text, strlen(text)), 0);
	return number(&id);
}

/* What was written; of a long text how long it is. */
static void
add_words(struct buf *line, const cJSON *message)
{
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItem(message, "message"));

	if (strlen(words) < 100)
		made_add(line, " '%s'", words);
	else
		made_add(line, " %zu bytes", strlen(words));
}

static void
add_found(struct buf *line, const cJSON *messages)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, messages) {
		const cJSON *ref = cJSON_GetObjectItem(m, "ref");

		made_add(line, "%s#%u", m == messages->child ? "" : " ", number_of(m));
		add_words(line, m);
		if (ref)
			made_add(line, " ref=%s", cJSON_GetStringValue(ref));
		if (cJSON_GetObjectItem(m, "delivered"))
			made_add(line, " delivered");
		if (cJSON_GetObjectItem(m, "read"))
			made_add(line, " read");
	}
}

static void
add_answer(struct buf *line, const struct record *r)
{
	cJSON *json = cJSON_ParseWithLength(r->payload, r->payload_len);
	const cJSON *value;

	assert_non_null(json);
	made_add(line, " %s", cJSON_GetStringValue(cJSON_GetObjectItem(json, "type")));
	cJSON_ArrayForEach(value, json) {
		if (strcmp(value->string, "type") == 0 || strcmp(value->string, "detail") == 0)
			continue;
		made_add(line, " %s=", value->string);
		if (cJSON_IsArray(value)) {
			made_add(line, "[");
			add_found(line, value);
			made_add(line, "]");
		} else {
			made_add(line, "%s", cJSON_IsString(value) ? cJSON_GetStringValue(value) : cJSON_IsTrue(value) ? "true" : "false");
		}
	}
	cJSON_Delete(json);
}

static void
add_kept(struct buf *line, const struct record *r)
{
	cJSON *json = cJSON_ParseWithLength(r->payload, r->payload_len);

	assert_true(msg_private_is(r->payload, r->payload_len, &r->id, &r->sender, &r->receiver, r->time));
	add_words(line, json);
	cJSON_Delete(json);
}

static void
add_receipt(struct office *o, const struct record *r, const struct name *to)
{
	static const char *const names[] = {"", "DELIVERED", "READ", "STORED", "CONFIRMED"};
	struct id first;

	assert_in_range(r->status, 1, COUNT(names) - 1);
	assert_string_equal(r->receiver.text, to->text);
	made_add(&o->line, "%s #%u", names[r->status], number(&r->id));
	if (r->status == RECORD_CONFIRMED)
		return;
	made_add(&o->line, " %s", r->sender.text);
	if (r->status == RECORD_STORED) {
		assert_int_equal(r->payload_len, ID_SIZE);
		assert_int_equal(r->time, o->desk.now);
		memcpy(first.bytes, r->payload, ID_SIZE);
	}
	if (r->ref_len > 0)
		made_add(&o->line, " ref=%.*s", (int)r->ref_len, r->ref);
	if (r->status == RECORD_STORED && id_order(&first, &r->id) != 0)
		made_add(&o->line, " first=#%u", number(&first));
}

static void
add_batch(struct buf *line, const struct record *r)
{
	struct next n;

	assert_int_equal(next_get(&n, r), 0);
	made_add(line, " after=%d", (int)n.after);
	if (id_is_set(&n.from))
		made_add(line, " from=#%u", number(&n.from));
	if (id_is_set(&n.want))
		made_add(line, " want=#%u", number(&n.want));
	made_add(line, "%s%s", n.more ? " more" : "", n.late ? " late" : "");
}

static void
add_record(struct office *o, const struct record *r, const struct name *to)
{
	struct buf *line = &o->line;
	struct greeting g;

	if (r->kind == RECORD_RECEIPT) {
		add_receipt(o, r, to);
		return;
	}
	assert_string_equal(r->receiver.text, to->text);
	if (r->kind != RECORD_KEPT && r->kind != RECORD_BEHIND)
		assert_true(name_is_store(&r->sender));
	switch (r->kind) {
	case RECORD_REFUSED:
		made_add(line, "REFUSED #%u %s", number(&r->id), msg_error_name(r->status));
		break;
	case RECORD_BEHIND:
		made_add(line, "BEHIND #%u %s", number(&r->id), r->sender.text);
		break;
	case RECORD_KEPT:
		made_add(line, "KEPT #%u %s", number(&r->id), r->sender.text);
		add_kept(line, r);
		break;
	case RECORD_GREETING:
		assert_int_equal(greeting_get(&g, r), 0);
		made_add(line, "GREETING pending=%d last=%d link=%u", (int)g.pending, (int)g.last, g.link);
		break;
	case RECORD_BATCH:
		made_add(line, "BATCH");
		add_batch(line, r);
		break;
	case RECORD_BLOCKS:
		made_add(line, "BLOCKS (%.*s)", (int)r->payload_len, r->payload);
		break;
	case RECORD_ANSWER:
		made_add(line, "ANSWER");
		add_answer(line, r);
		break;
	default:
		fail_msg("an answer of kind %d", r->kind);
	}
}

void
office_note(struct office *o)
{
	struct desk *desk = &o->desk;
	struct record r;

	for (size_t i = 0; i < desk->count; i++) {
		const struct desk_reply *reply = &desk->replies[i];

		assert_true(record_decode(&r, buf_at(&desk->records) + reply->at, buf_len(&desk->records) - reply->at) > 0);
		made_add(&o->line, "%s%s/%d ", buf_len(&o->line) > 0 ? "; " : "", reply->to.text, (int)reply->pid);
		add_record(o, &r, &reply->to);
		if (reply->owed)
			made_add(&o->line, " owed");
	}
	desk_clear(desk);
}
