#include "chat/login.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "chat/json.h"
#include "chat/text.h"

#define DEPTH_MAX 2
#define WAIT_MAX 86400 /* seconds */

const char *
login_password_fault(const char *password)
{
	size_t len = strlen(password);

	if (len == 0)
		return "password: must not be empty";
	if (len > LOGIN_PASSWORD_MAX)
		return "password: over 1024 bytes";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)password[i] < 0x20 || password[i] == 0x7f)
			return "password: has a control character";
	return NULL;
}

static char *
string(const cJSON *json, const char *field)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, field));
}

static const char *
read_fields(struct login *l, const cJSON *json)
{
	const char *user = string(json, "user"), *password = string(json, "password"), *address = string(json, "address");
	const char *fault;

	if (!user || name_make(&l->user, user, strlen(user)) < 0)
		return "user: must be a name";
	fault = password ? login_password_fault(password) : "password: must be a string";
	if (fault)
		return fault;
	memcpy(l->password, password, strlen(password) + 1);
	if (address && strlen(address) > LOGIN_ADDRESS_MAX)
		return "address: over 63 bytes";
	if (address)
		memcpy(l->address, address, strlen(address) + 1);
	return NULL;
}

/* The parser's copy of a password: it is given back to be used again. */
static void
delete(cJSON *json)
{
	char *password = string(json, "password");

	if (password)
		sodium_memzero(password, strlen(password));
	cJSON_Delete(json);
}

/* One value with nothing behind it, which the parser would take. To be deleted; NULL if it is none. */
static cJSON *
parse(const char *text, size_t len)
{
	const char *end;
	cJSON *json = json_fault(text, len, DEPTH_MAX) ? NULL : cJSON_ParseWithLengthOpts(text, len, &end, false);

	while (json && end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (!json || end == text + len)
		return json;
	delete(json);
	return NULL;
}

const char *
login_parse(struct login *l, const char *text, size_t len)
{
	cJSON *json = parse(text, len);
	const char *fault = "not one JSON object";

	*l = (struct login){0};
	if (cJSON_IsObject(json))
		fault = read_fields(l, json);
	delete(json);
	return fault;
}

void
login_forget(struct login *l)
{
	sodium_memzero(l, sizeof *l);
}

/* Ends the object. Its text is made in place: a buffer that has to grow would leave copies behind. */
static int
put_line(struct buf *out, cJSON *json, size_t most)
{
	char *room = buf_room(out, most);
	bool fits = room && cJSON_PrintPreallocated(json, room, (int)most - 1, false);
	size_t len = fits ? strlen(room) : 0;

	cJSON_Delete(json);
	if (!fits) {
		errno = room ? EMSGSIZE : ENOMEM;
		return -1;
	}
	room[len] = '\n';
	buf_added(out, len + 1);
	return 0;
}

int
login_put(struct buf *out, const struct login *l)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "user", l->user.text);
	cJSON_AddStringToObject(json, "address", l->address);
	cJSON_AddItemToObject(json, "password", cJSON_CreateStringReference(l->password));
	return put_line(out, json, LOGIN_MAX);
}

int
login_answer_put(struct buf *out, const struct login_answer *a)
{
	cJSON *json = cJSON_CreateObject();

	if (a->error == MSG_OK) {
		cJSON_AddStringToObject(json, "token", a->token);
	} else {
		cJSON_AddStringToObject(json, "error", msg_error_name(a->error));
		cJSON_AddNumberToObject(json, "wait", (double)a->wait);
	}
	return put_line(out, json, LOGIN_ANSWER_MAX);
}

static enum msg_error
error_of(const char *name)
{
	for (int i = MSG_OK + 1; i < MSG_ERRORS; i++)
		if (strcmp(name, msg_error_name((enum msg_error)i)) == 0)
			return (enum msg_error)i;
	return MSG_UNAVAILABLE;
}

int
login_answer_parse(struct login_answer *a, const char *text, size_t len)
{
	cJSON *json = parse(text, len);
	const char *token = string(json, "token"), *error = string(json, "error");
	const cJSON *wait = cJSON_GetObjectItemCaseSensitive(json, "wait");
	bool good = token ? strlen(token) <= JWT_MAX : error != NULL;

	*a = (struct login_answer){0};
	if (good && token)
		memcpy(a->token, token, strlen(token) + 1);
	else if (good)
		a->error = error_of(error);
	if (cJSON_IsNumber(wait) && wait->valuedouble >= 0 && wait->valuedouble <= WAIT_MAX)
		a->wait = (int64_t)wait->valuedouble;
	cJSON_Delete(json);
	return good ? 0 : -1;
}

int
login_done_put(struct buf *out, const struct name *user, int64_t until)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "user", user->text);
	text_add_time(json, "until", (uint64_t)until * 1000);
	return text_put(out, json);
}
