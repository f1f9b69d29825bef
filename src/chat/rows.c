#include "chat/rows.h"

#include <cjson/cJSON.h>

#include "chat/text.h"

/* A time that there is. */
static void
add_time(cJSON *json, const char *field, uint64_t ms)
{
	if (ms)
		text_add_time(json, field, ms);
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
	return text_put(out, list);
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
	return text_put(out, json);
}
