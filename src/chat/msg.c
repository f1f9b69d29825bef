#include "chat/msg.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chat/json.h"

static const char *const errors[MSG_ERRORS] = {
	[MSG_OK] = "ok",
	[MSG_BAD_JSON] = "bad_json",
	[MSG_BAD_FIELD] = "bad_field",
	[MSG_UNKNOWN_TYPE] = "unknown_type",
	[MSG_NOT_LOGGED_IN] = "not_logged_in",
	[MSG_LOGIN_FAILED] = "login_failed",
	[MSG_FORGED_SENDER] = "forged_sender",
	[MSG_NO_SUCH_USER] = "no_such_user",
	[MSG_RECEIVER_OFFLINE] = "receiver_offline",
	[MSG_MAILBOX_FULL] = "mailbox_full",
	[MSG_BLOCKED] = "blocked",
	[MSG_TOO_LARGE] = "too_large",
	[MSG_SLOW_DOWN] = "slow_down",
	[MSG_UNAVAILABLE] = "unavailable",
};

const char *
msg_error_name(enum msg_error error)
{
	return errors[error < MSG_ERRORS ? error : MSG_UNAVAILABLE];
}

static enum msg_error
fault(struct msg *m, enum msg_error error, const char *detail)
{
	m->detail = detail;
	return error;
}

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

const char *
msg_text_fault(const char *text)
{
	if (!*text)
		return "message: must not be empty";
	for (; *text; text++)
		if (is_control((unsigned char)*text) && !strchr("\t\n\r", *text))
			return "message: has a control character";
	return NULL;
}

static enum msg_error
get_ref(struct msg *m, const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	size_t len = text ? strlen(text) : 0;

	if (!text || len == 0)
		return fault(m, MSG_BAD_FIELD, "id: must be a string, not empty");
	if (len > MSG_REF_MAX)
		return fault(m, MSG_TOO_LARGE, "id: over 64 bytes");
	for (size_t i = 0; i < len; i++)
		if (is_control((unsigned char)text[i]))
			return fault(m, MSG_BAD_FIELD, "id: has a control character");
	m->ref = text;
	return MSG_OK;
}

static enum msg_error
get_name(struct msg *m, const cJSON *value, struct name *name, const char *detail)
{
	const char *text = cJSON_GetStringValue(value);

	if (!text || name_make(name, text, strlen(text)) < 0)
		return fault(m, MSG_BAD_FIELD, detail);
	return MSG_OK;
}

static enum msg_error
get_user(struct msg *m, const cJSON *value)
{
	enum msg_error error = get_name(m, value, &m->user, "user: must be a name");

	m->has_user = true;
	return error && cJSON_IsString(value) ? MSG_LOGIN_FAILED : error;
}

static enum msg_error
get_token(struct msg *m, const cJSON *value)
{
	m->token = cJSON_GetStringValue(value);
	return m->token ? MSG_OK : fault(m, MSG_BAD_FIELD, "token: must be a string");
}

static enum msg_error
get_password(struct msg *m, const cJSON *value)
{
	m->password = cJSON_GetStringValue(value);
	return m->password ? MSG_OK : fault(m, MSG_BAD_FIELD, "password: must be a string");
}

static enum msg_error
get_sender(struct msg *m, const cJSON *value)
{
	m->has_sender = true;
	return get_name(m, value, &m->sender, "sender: must be a name");
}

static enum msg_error
get_receiver(struct msg *m, const cJSON *value)
{
	return get_name(m, value, &m->receiver, "receiver: must be a name");
}

static enum msg_error
get_text(struct msg *m, const cJSON *value)
{
	const char *wrong;

	m->text = cJSON_GetStringValue(value);
	wrong = m->text ? msg_text_fault(m->text) : "message: must be a string";
	return wrong ? fault(m, MSG_BAD_FIELD, wrong) : MSG_OK;
}

static enum msg_error
get_id(struct msg *m, const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);

	if (!text || id_parse(&m->id, text, strlen(text)) < 0)
		return fault(m, MSG_BAD_FIELD, "id: must be the id of a message");
	return MSG_OK;
}

static enum msg_error
get_active(struct msg *m, const cJSON *value)
{
	if (!cJSON_IsBool(value))
		return fault(m, MSG_BAD_FIELD, "active: must be true or false");
	m->active = cJSON_IsTrue(value);
	return MSG_OK;
}

static enum msg_error
get_users(struct msg *m, const cJSON *value)
{
	const char *all = cJSON_GetStringValue(value);
	const cJSON *at = NULL;
	struct name name;

	if (all && strcmp(all, "*") == 0)
		return MSG_OK;
	if (!cJSON_IsArray(value))
		return fault(m, MSG_BAD_FIELD, "users: must be a list of names, or \"*\"");
	if (cJSON_GetArraySize(value) > MSG_USERS_MAX)
		return fault(m, MSG_TOO_LARGE, "users: over 1000 names");
	cJSON_ArrayForEach(at, value)
		if (get_name(m, at, &name, "users: must be a list of names, or \"*\"") != MSG_OK)
			return MSG_BAD_FIELD;
	m->users = value;
	return MSG_OK;
}

static enum msg_error
get_other(struct msg *m, const cJSON *value)
{
	return get_name(m, value, &m->user, "user: must be a name");
}

static enum msg_error
get_with(struct msg *m, const cJSON *value)
{
	m->has_with = true;
	return get_name(m, value, &m->with, "with: must be a name");
}

static enum msg_error
get_before(struct msg *m, const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);

	m->has_before = true;
	if (!text || id_parse(&m->before, text, strlen(text)) < 0)
		return fault(m, MSG_BAD_FIELD, "before: must be the id of a message");
	return MSG_OK;
}

static enum msg_error
get_limit(struct msg *m, const cJSON *value)
{
	double n = cJSON_IsNumber(value) ? value->valuedouble : 0;

	if (!(n >= 1 && n <= MSG_LIMIT_MAX) || n != (int)n)
		return fault(m, MSG_BAD_FIELD, "limit: must be a number from 1 to 100");
	m->limit = (int)n;
	return MSG_OK;
}

static enum msg_error
get_words(struct msg *m, const cJSON *value)
{
	m->text = cJSON_GetStringValue(value);
	if (!m->text || !*m->text)
		return fault(m, MSG_BAD_FIELD, "text: must be a string, not empty");
	if (strlen(m->text) > MSG_WORDS_MAX)
		return fault(m, MSG_TOO_LARGE, "text: over 256 bytes");
	return MSG_OK;
}

/* Each type and what it takes. */
struct field {
	const char *name;
	bool optional;
	enum msg_error (*get)(struct msg *m, const cJSON *value);
};

#define FIELDS_MAX 3

static const struct {
	const char *name;
	struct field fields[FIELDS_MAX];
} types[MSG_TYPES] = {
	[MSG_LOGIN] = {"login", {{"token", true, get_token}, {"user", true, get_user}, {"password", true, get_password}}},
	[MSG_PRIVATE_MESSAGE] = {"private_message",
	                         {{"receiver", false, get_receiver}, {"message", false, get_text}, {"sender", true, get_sender}}},
	[MSG_READ] = {"read", {{"sender", false, get_sender}, {"id", false, get_id}}},
	[MSG_TYPING] = {"typing", {{"receiver", false, get_receiver}, {"active", false, get_active}}},
	[MSG_WHO] = {"who", {{0}}},
	[MSG_WATCH] = {"watch", {{"users", false, get_users}}},
	[MSG_UNWATCH] = {"unwatch", {{"users", false, get_users}}},
	[MSG_PING] = {"ping", {{0}}},
	[MSG_HISTORY] = {"history", {{"with", false, get_with}, {"before", true, get_before}, {"limit", true, get_limit}}},
	[MSG_SEARCH] = {"search", {{"text", false, get_words}, {"with", true, get_with}, {"limit", true, get_limit}}},
	[MSG_BLOCK] = {"block", {{"user", false, get_other}}},
	[MSG_UNBLOCK] = {"unblock", {{"user", false, get_other}}},
};

static enum msg_error
get_fields(struct msg *m)
{
	const struct field *fields = types[m->type].fields;

	for (size_t i = 0; i < FIELDS_MAX && fields[i].name; i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(m->json, fields[i].name);
		enum msg_error error;

		if (!value && fields[i].optional)
			continue;
		error = fields[i].get(m, value);
		if (error != MSG_OK)
			return error;
	}
	return MSG_OK;
}

/* A login says who it is, or brings what says it. */
static enum msg_error
check(struct msg *m)
{
	if (m->type == MSG_LOGIN && !m->has_user && !m->token)
		return fault(m, MSG_BAD_FIELD, "user: must be a name");
	return MSG_OK;
}

static enum msg_error
get_type(struct msg *m)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(m->json, "type"));

	if (!type)
		return fault(m, MSG_BAD_FIELD, "type: must be a string");
	for (int i = 0; i < MSG_TYPES; i++) {
		if (strcmp(type, types[i].name) == 0) {
			m->type = (enum msg_type)i;
			return MSG_OK;
		}
	}
	return fault(m, MSG_UNKNOWN_TYPE, "type: not one of the protocol's");
}

enum msg_error
msg_parse(struct msg *m, const char *data, size_t len)
{
	const char *end = NULL;
	const cJSON *ref;
	enum msg_error error;

	*m = (struct msg){.ref = "", .limit = MSG_LIMIT, .detail = json_fault(data, len, MSG_DEPTH_MAX)};
	if (m->detail)
		return MSG_BAD_JSON;
	m->json = cJSON_ParseWithLengthOpts(data, len, &end, 0);
	if (!m->json || !json_is_space(end, len - (size_t)(end - data)))
		return fault(m, MSG_BAD_JSON, "not JSON");
	if (!cJSON_IsObject(m->json))
		return fault(m, MSG_BAD_JSON, "not an object");
	ref = cJSON_GetObjectItemCaseSensitive(m->json, "id");
	error = ref ? get_ref(m, ref) : MSG_OK;
	if (error == MSG_OK)
		error = get_type(m);
	if (error == MSG_OK)
		error = get_fields(m);
	return error == MSG_OK ? check(m) : error;
}

void
msg_free(struct msg *m)
{
	cJSON_Delete(m->json);
	*m = (struct msg){.ref = ""};
}

bool
msg_next_user(const struct msg *m, const struct cJSON **at, struct name *user)
{
	const char *text;

	*at = *at ? (*at)->next : m->users->child;
	if (!*at)
		return false;
	text = cJSON_GetStringValue(*at);
	return name_make(user, text, strlen(text)) == 0;
}

void
msg_time(char text[MSG_TIME_SIZE], uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(text, MSG_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, MSG_TIME_SIZE - n, ".%03uZ", (unsigned)(ms % 1000));
}
