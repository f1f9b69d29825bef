#include "chat/rows.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "chat/msg.h"

static void
add_time(cJSON *json, const char *field, uint64_t ms)
{
	char text[MSG_TIME_SIZE];

	if (ms == 0)
		return;
	msg_time(text, ms);
	cJSON_AddStringToObject(json, field, text);
}

static int
finish(struct buf *out, cJSON *json)
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
rows_users(struct buf *out, const struct rows_user *rows, size_t count)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < count; i++) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "user", rows[i].user.text);
		add_time(json, "since", rows[i].since);
		cJSON_AddNumberToObject(json, "messages", (double)rows[i].messages);
		cJSON_AddNumberToObject(json, "bytes", (double)rows[i].bytes);
		cJSON_AddItemToArray(list, json);
	}
	return finish(out, list);
}

int
rows_stats(struct buf *out, const struct rows_stats *stats)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "users", (double)stats->users);
	cJSON_AddNumberToObject(json, "messages", (double)stats->messages);
	cJSON_AddNumberToObject(json, "pending", (double)stats->pending);
	cJSON_AddNumberToObject(json, "bytes", (double)stats->bytes);
	add_time(json, "oldest", stats->oldest);
	add_time(json, "newest", stats->newest);
	return finish(out, json);
}
