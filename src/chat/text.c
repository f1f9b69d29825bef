/* The texts that go to a client. */
#include "chat/msg.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "chat/text.h"

static cJSON *
start(const char *type)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "type", type);
	return json;
}

static void
add_id(cJSON *json, const struct id *id)
{
	char text[ID_TEXT_LEN + 1];

	id_text(id, text);
	cJSON_AddStringToObject(json, "id", text);
}

void
text_add_time(cJSON *json, const char *field, uint64_t ms)
{
	char text[MSG_TIME_SIZE];

	msg_time(text, ms);
	cJSON_AddStringToObject(json, field, text);
}

/* `ref` has no NUL behind it: it may lie in a record. */
static void
add_ref(cJSON *json, const char *ref, size_t len)
{
	char text[MSG_REF_MAX + 1];

	if (len == 0 || len > MSG_REF_MAX)
		return;
	memcpy(text, ref, len);
	text[len] = 0;
	cJSON_AddStringToObject(json, "ref", text);
}

int
text_put(struct buf *out, cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	int r = -1;

	cJSON_Delete(json);
	if (text)
		r = buf_add(out, text, strlen(text));
	else
		errno = ENOMEM;
	cJSON_free(text);
	return r;
}

int
msg_welcome(struct buf *out, const struct name *user, long session, const struct msg_limits *limits, int64_t pending)
{
	cJSON *json = start("welcome"), *list;

	cJSON_AddStringToObject(json, "user", user->text);
	cJSON_AddNumberToObject(json, "session", (double)session);
	list = cJSON_AddObjectToObject(json, "limits");
	cJSON_AddNumberToObject(list, "message", (double)limits->message);
	cJSON_AddNumberToObject(list, "rate", limits->rate);
	cJSON_AddNumberToObject(list, "burst", limits->burst);
	cJSON_AddNumberToObject(json, "pending", (double)pending);
	return text_put(out, json);
}

int
msg_private(struct buf *out, const struct id *id, const struct name *sender, const struct name *receiver,
            const char *text, uint64_t time)
{
	cJSON *json = start("private_message");

	add_id(json, id);
	cJSON_AddStringToObject(json, "sender", sender->text);
	cJSON_AddStringToObject(json, "receiver", receiver->text);
	text_add_time(json, "time", time);
	cJSON_AddStringToObject(json, "message", text);
	return text_put(out, json);
}

static bool
skip(const char **at, const char *end, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

bool
msg_private_is(const char *text, size_t len, const struct id *id, const struct name *sender, const struct name *receiver,
               uint64_t time)
{
	const char *at = text, *end = text + len;
	char id_digits[ID_TEXT_LEN + 1], time_digits[MSG_TIME_SIZE];

	id_text(id, id_digits);
	msg_time(time_digits, time);
	if (!skip(&at, end, "{\"type\":\"private_message\",\"id\":\"") || !skip(&at, end, id_digits) ||
	    !skip(&at, end, "\",\"sender\":\"") || !skip(&at, end, sender->text) ||
	    !skip(&at, end, "\",\"receiver\":\"") || !skip(&at, end, receiver->text) ||
	    !skip(&at, end, "\",\"time\":\"") || !skip(&at, end, time_digits) ||
	    !skip(&at, end, "\",\"message\":\""))
		return false;
	for (; at < end && *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return false;
		if (*at == '\\' && (++at == end || !strchr("\"\\tnr", *at) || *at == 0))
			return false; /* the only ones that there are without control characters in a text */
	}
	return end - at == 2 && at[0] == '"' && at[1] == '}';
}

int
msg_receipt(struct buf *out, const struct id *id, const char *ref, size_t ref_len, const struct name *receiver,
            const char *status, uint64_t time)
{
	cJSON *json = start("receipt");

	add_id(json, id);
	add_ref(json, ref, ref_len);
	cJSON_AddStringToObject(json, "receiver", receiver->text);
	cJSON_AddStringToObject(json, "status", status);
	text_add_time(json, "time", time);
	return text_put(out, json);
}

int
msg_typing(struct buf *out, const struct name *sender, const struct name *receiver, bool active)
{
	cJSON *json = start("typing");

	cJSON_AddStringToObject(json, "sender", sender->text);
	cJSON_AddStringToObject(json, "receiver", receiver->text);
	cJSON_AddBoolToObject(json, "active", active);
	return text_put(out, json);
}

int
msg_presence(struct buf *out, const struct name *user, bool online)
{
	cJSON *json = start("presence");

	cJSON_AddStringToObject(json, "user", user->text);
	cJSON_AddBoolToObject(json, "online", online);
	return text_put(out, json);
}

int
msg_users(struct buf *out, const struct name *users, size_t count)
{
	cJSON *json = start("users"), *list = cJSON_AddArrayToObject(json, "users");

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(users[i].text));
	return text_put(out, json);
}

int
msg_pong(struct buf *out)
{
	return text_put(out, start("pong"));
}

static int
add_text(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text));
}

/* A field more, behind others. */
static int
add_string(struct buf *out, const char *field, const char *text, size_t len)
{
	char copy[MSG_REF_MAX + 1], *quoted;
	cJSON *string;
	int r = -1;

	if (len > MSG_REF_MAX)
		return 0;
	memcpy(copy, text, len);
	copy[len] = 0;
	string = cJSON_CreateString(copy);
	quoted = string ? cJSON_PrintUnformatted(string) : NULL;
	if (quoted && add_text(out, ",\"") == 0 && add_text(out, field) == 0 && add_text(out, "\":") == 0)
		r = add_text(out, quoted);
	cJSON_free(quoted);
	cJSON_Delete(string);
	return r;
}

static int
add_moment(struct buf *out, const char *field, uint64_t ms)
{
	char text[MSG_TIME_SIZE];

	msg_time(text, ms);
	return ms ? add_string(out, field, text, strlen(text)) : 0;
}

int
msg_found_begin(struct buf *out, enum msg_type type, const struct name *with)
{
	if (add_text(out, type == MSG_HISTORY ? "{\"type\":\"history\"" : "{\"type\":\"search\"") < 0)
		return -1;
	if (with && add_string(out, "with", with->text, with->len) < 0)
		return -1;
	return add_text(out, ",\"messages\":[");
}

int
msg_found_add(struct buf *out, const char *text, size_t len, const char *ref, size_t ref_len, uint64_t delivered, uint64_t read)
{
	if (out->data[out->end - 1] == '}' && add_text(out, ",") < 0)
		return -1;
	if (buf_add(out, text, len - 1) < 0 || (ref_len > 0 && add_string(out, "ref", ref, ref_len) < 0))
		return -1;
	if (add_moment(out, "delivered", delivered) < 0 || add_moment(out, "read", read) < 0)
		return -1;
	return add_text(out, "}");
}

int
msg_found_end(struct buf *out, enum msg_type type, bool more, const char *ref)
{
	if (add_text(out, "]") < 0)
		return -1;
	if (type == MSG_HISTORY && add_text(out, more ? ",\"more\":true" : ",\"more\":false") < 0)
		return -1;
	if (*ref && add_string(out, "ref", ref, strlen(ref)) < 0)
		return -1;
	return add_text(out, "}");
}

int
msg_blocked(struct buf *out, bool on, const struct name *user, const char *ref)
{
	cJSON *json = start(on ? "block" : "unblock");

	cJSON_AddStringToObject(json, "user", user->text);
	add_ref(json, ref, strlen(ref));
	return text_put(out, json);
}

int
msg_body(struct buf *out, const char *text, size_t len)
{
	cJSON *json = cJSON_ParseWithLength(text, len);
	const char *body = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
	int r = body ? buf_add(out, body, strlen(body)) : -1;

	cJSON_Delete(json);
	return r;
}

int
msg_fault(struct buf *out, enum msg_error error, const char *detail, const char *ref, size_t ref_len)
{
	cJSON *json = start("error");

	cJSON_AddStringToObject(json, "code", msg_error_name(error));
	cJSON_AddStringToObject(json, "detail", detail);
	add_ref(json, ref, ref_len);
	return text_put(out, json);
}

int
msg_facts(struct buf *out, const struct msg_facts *facts)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "address", facts->address);
	cJSON_AddNumberToObject(json, "since", (double)facts->since);
	cJSON_AddNumberToObject(json, "in", (double)facts->in);
	cJSON_AddNumberToObject(json, "out", (double)facts->out);
	return text_put(out, json);
}

int
msg_rows(struct buf *out, const struct msg_row *rows, size_t count)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct msg_row *row = rows; row < rows + count; row++) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "user", row->user.text);
		cJSON_AddNumberToObject(json, "pid", (double)row->pid);
		if (row->unit[0])
			cJSON_AddStringToObject(json, "unit", row->unit);
		else
			cJSON_AddNullToObject(json, "unit");
		if (row->known) {
			cJSON_AddStringToObject(json, "address", row->facts.address);
			text_add_time(json, "since", row->facts.since);
			cJSON_AddNumberToObject(json, "in", (double)row->facts.in);
			cJSON_AddNumberToObject(json, "out", (double)row->facts.out);
		}
		cJSON_AddItemToArray(list, json);
	}
	return text_put(out, list);
}

static uint64_t
get_count(const cJSON *json, const char *field)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, field);

	return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble < 9e15 ? (uint64_t)value->valuedouble : 0;
}

int
msg_facts_parse(struct msg_facts *facts, const char *data, size_t len)
{
	cJSON *json = cJSON_ParseWithLength(data, len);
	const char *address = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "address"));

	*facts = (struct msg_facts){0};
	if (!address || strlen(address) >= sizeof facts->address) {
		cJSON_Delete(json);
		return -1;
	}
	strcpy(facts->address, address);
	facts->since = get_count(json, "since");
	facts->in = get_count(json, "in");
	facts->out = get_count(json, "out");
	cJSON_Delete(json);
	return 0;
}
