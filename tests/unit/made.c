#include "made.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

cJSON *
made_parse(struct buf *out)
{
	const char *end;
	cJSON *json = cJSON_ParseWithLengthOpts((const char *)buf_at(out), buf_len(out), &end, 0);

	assert_non_null(json);
	assert_ptr_equal(end, buf_at(out) + buf_len(out));
	assert_null(memchr(buf_at(out), 0, buf_len(out)));
	buf_free(out);
	return json;
}

static const cJSON *
get(const cJSON *json, const char *field)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, field);

	if (!value)
		fail_msg("there is no %s", field);
	return value;
}

void
made_text(const cJSON *json, const char *field, const char *value)
{
	const char *text = cJSON_GetStringValue(get(json, field));

	if (!text || strcmp(text, value) != 0)
		fail_msg("%s is %s and not %s", field, text ? text : "no text", value);
}

void
made_number(const cJSON *json, const char *field, double value)
{
	const cJSON *number = get(json, field);

	if (!cJSON_IsNumber(number) || number->valuedouble < value || number->valuedouble > value)
		fail_msg("%s is not %f", field, value);
}

void
made_flag(const cJSON *json, const char *field, int value)
{
	const cJSON *flag = get(json, field);

	if (!cJSON_IsBool(flag) || cJSON_IsTrue(flag) != value)
		fail_msg("%s is not %s", field, value ? "true" : "false");
}

void
made_fields(const cJSON *json, const char *names)
{
	int count = 0;

	while (*names) {
		char name[32] = {0};
		size_t len = strcspn(names, " ");

		assert_true(len < sizeof name);
		memcpy(name, names, len);
		get(json, name);
		count++;
		names += len;
		names += strspn(names, " ");
	}
	assert_int_equal(cJSON_GetArraySize(json), count);
}

struct name
made_name(const char *text)
{
	struct name name;

	if (name_make(&name, text, strlen(text)) < 0)
		assert_int_equal(name_service(&name, text, strlen(text)), 0);
	return name;
}

struct id
made_id(const char *text)
{
	struct id id;

	assert_int_equal(id_parse(&id, text, strlen(text)), 0);
	return id;
}

void
made_flags(struct buf *line, unsigned status)
{
	static const char *const names[] = {"keeping", "unreached", "had", "away"};

	for (unsigned i = 0; i < 8; i++) {
		if (!(status & 1u << i))
			continue;
		assert_in_range(i, 0, COUNT(names) - 1);
		assert_int_equal(buf_add(line, " ", 1), 0);
		assert_int_equal(buf_add(line, names[i], strlen(names[i])), 0);
	}
}

void
made_add(struct buf *line, const char *format, ...)
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

void
made_line(struct buf *line, const char *expected)
{
	assert_int_equal(buf_add(line, "", 1), 0);
	assert_string_equal((const char *)buf_at(line), expected);
	buf_clear(line);
}
