/* docs/protocol.md and the code say the same. */
#include "chat/msg.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "session/session.h"
#include "unit.h"
#include "ws/ws.h"

#define CELLS 6
#define CELL_SIZE 600

/* The tables of one section of the document. */
struct table {
	char *file;
	const char *at, *end;
	char cells[CELLS][CELL_SIZE];
};

static void
open_section(struct table *t, const char *heading)
{
	t->file = unit_file("docs/protocol.md");
	t->at = strstr(t->file, heading);
	if (!t->at)
		fail_msg("there is no %s", heading);
	t->at += strlen(heading);
	t->end = strstr(t->at, "\n## ");
	if (!t->end)
		t->end = t->at + strlen(t->at);
}

static void
trim(char *cell)
{
	size_t len = strlen(cell), space = strspn(cell, " ");

	while (len > space && cell[len - 1] == ' ')
		len--;
	memmove(cell, cell + space, len - space);
	cell[len - space] = 0;
}

/* Takes the next row whose first cell is a word in backquotes or a number, and no heading. */
static bool
next_row(struct table *t)
{
	while ((t->at = memchr(t->at, '\n', (size_t)(t->end - t->at)))) {
		const char *p = ++t->at, *line_end = strchrnul(p, '\n');
		size_t cell = 0;

		if (p >= t->end)
			return false;
		memset(t->cells, 0, sizeof t->cells);
		if (strncmp(line_end, "\n| ---", 6) == 0 || strncmp(p, "| ", 2) != 0 || !(p[2] == '`' || isdigit((unsigned char)p[2])))
			continue;
		for (p++; p < line_end && cell < CELLS; cell++) {
			size_t len = strcspn(p, "|\n");

			assert_true(len < CELL_SIZE);
			memcpy(t->cells[cell], p, len);
			trim(t->cells[cell]);
			p += len + 1;
		}
		return true;
	}
	return false;
}

/* The text between the next two backquotes. */
static bool
next_quoted(const char **at, char *word, size_t size)
{
	const char *start = strchr(*at, '`'), *end = start ? strchr(start + 1, '`') : NULL;

	if (!end)
		return false;
	assert_true((size_t)(end - start) <= size);
	memcpy(word, start + 1, (size_t)(end - start - 1));
	word[end - start - 1] = 0;
	*at = end + 1;
	return true;
}

static void
first_quoted(const struct table *t, char *word, size_t size)
{
	const char *at = t->cells[0];

	if (!next_quoted(&at, word, size))
		fail_msg("no word in backquotes: %s", t->cells[0]);
}

static void
every_error_has_its_row_and_every_row_its_error(void **state)
{
	struct table t;
	char code[64];
	int rows = 0, next = MSG_OK + 1;

	(void)state;
	open_section(&t, "\n## Errors");
	for (; next_row(&t); rows++) {
		first_quoted(&t, code, sizeof code);
		unit_row("%s", code);
		assert_true(next < MSG_ERRORS);
		assert_string_equal(msg_error_name((enum msg_error)next++), code);
	}
	unit_rows_done();
	assert_int_equal(rows, MSG_ERRORS - 1);
	free(t.file);
}

static void
an_error_that_is_not_known_is_unavailable(void **state)
{
	(void)state;
	assert_string_equal(msg_error_name(MSG_ERRORS), "unavailable");
	assert_string_equal(msg_error_name((enum msg_error)255), "unavailable");
}

static void
every_close_code_has_its_row_and_every_row_its_code(void **state)
{
	static const struct {
		unsigned code;
		const char *name;
	} codes[] = {
		{WS_NORMAL, "normal"},
		{WS_GOING_AWAY, "going away"},
		{WS_PROTOCOL_ERROR, "protocol error"},
		{WS_UNSUPPORTED, "unsupported data"},
		{WS_BAD_PAYLOAD, "invalid payload"},
		{WS_POLICY, "policy violation"},
		{WS_TOO_BIG, "message too big"},
		{WS_INTERNAL, "internal error"},
		{WS_TRY_LATER, "try again later"},
		{SESSION_LOGIN_FAILED, "login failed"},
		{SESSION_LOGIN_TIMED_OUT, "login timed out"},
		{SESSION_KICKED, "kicked"},
		{SESSION_PING_TIMED_OUT, "ping timed out"},
		{SESSION_TOO_MANY, "too many connections"},
		{SESSION_TOKEN_ENDED, "token ended"},
	};
	struct table t;
	size_t rows = 0;

	(void)state;
	open_section(&t, "\n## Close codes");
	for (; next_row(&t); rows++) {
		unit_row("%s", t.cells[0]);
		assert_true(rows < COUNT(codes));
		assert_int_equal(atoi(t.cells[0]), codes[rows].code);
		assert_string_equal(t.cells[1], codes[rows].name);
		assert_true(ws_code_valid(codes[rows].code));
	}
	unit_rows_done();
	assert_int_equal(rows, COUNT(codes));
	free(t.file);
}

/* The fields of a row that are not said to be optional, each with a value that is good. */
static void
add_fields(const char *cell, char *json, size_t size)
{
	static const struct {
		const char *field, *value;
	} values[] = {
		{"user", "\"alice\""}, {"receiver", "\"bob\""}, {"sender", "\"bob\""}, {"message", "\"hello\""},
		{"id", "\"01ARZ3NDEKTSV4RRFFQ69G5FAV\""}, {"active", "true"}, {"users", "[\"bob\"]"}, {"with", "\"bob\""}, {"text", "\"words\""},
	};
	char field[64];

	while (next_quoted(&cell, field, sizeof field)) {
		for (size_t i = 0; i < COUNT(values); i++) {
			size_t len = strlen(json);
			char key[80];

			snprintf(key, sizeof key, ",\"%s\":", field);
			if (strcmp(field, values[i].field) == 0 && !strstr(json, key))
				snprintf(json + len, size - len, "%s%s", key, values[i].value);
		}
	}
}

static void
every_type_from_the_client_has_its_row_and_the_fields_there_are_enough(void **state)
{
	struct table t;
	char type[64];
	int rows = 0;

	(void)state;
	open_section(&t, "\n## Messages from the client");
	for (; next_row(&t); rows++) {
		char json[512], *optional = strstr(t.cells[1], "optional");
		struct msg m;
		size_t len;

		if (optional)
			*optional = 0;
		first_quoted(&t, type, sizeof type);
		unit_row("%s", type);
		snprintf(json, sizeof json, "{\"type\":\"%s\"", type);
		add_fields(t.cells[1], json, sizeof json - 2);
		len = strlen(json);
		json[len++] = '}';
		assert_int_equal(msg_parse(&m, json, len), MSG_OK);
		assert_int_equal(m.type, rows);
		msg_free(&m);
	}
	unit_rows_done();
	assert_int_equal(rows, MSG_TYPES);
	free(t.file);
}

static void
make_found(struct buf *out, enum msg_type type, const struct name *with)
{
	msg_found_begin(out, type, type == MSG_HISTORY ? with : NULL);
	msg_found_end(out, type, true, "r");
}

static void
make(struct buf *out, const char *type)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct id id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");

	if (strcmp(type, "welcome") == 0)
		msg_welcome(out, &alice, 1, &(struct msg_limits){1, 2, 3}, 0);
	else if (strcmp(type, "private_message") == 0)
		msg_private(out, &id, &alice, &bob, "x", 1);
	else if (strcmp(type, "receipt") == 0)
		msg_receipt(out, &id, "r", 1, &bob, "delivered", 1);
	else if (strcmp(type, "typing") == 0)
		msg_typing(out, &alice, &bob, true);
	else if (strcmp(type, "presence") == 0)
		msg_presence(out, &alice, true);
	else if (strcmp(type, "users") == 0)
		msg_users(out, &alice, 1);
	else if (strcmp(type, "pong") == 0)
		msg_pong(out);
	else if (strcmp(type, "history") == 0 || strcmp(type, "search") == 0)
		make_found(out, *type == 'h' ? MSG_HISTORY : MSG_SEARCH, &bob);
	else if (strcmp(type, "block") == 0 || strcmp(type, "unblock") == 0)
		msg_blocked(out, *type == 'b', &bob, "r");
	else if (strcmp(type, "error") == 0)
		msg_fault(out, MSG_BLOCKED, "x", "r", 1);
	else
		fail_msg("nothing makes a %s", type);
}

static void
every_message_from_the_server_has_the_fields_of_its_row(void **state)
{
	struct table t;
	int rows = 0;

	(void)state;
	open_section(&t, "\n## Messages from the server");
	for (; next_row(&t); rows++) {
		char type[64], field[64], fields[512] = "type";
		const char *at = t.cells[1];
		struct buf out = {0};
		cJSON *json;

		first_quoted(&t, type, sizeof type);
		unit_row("%s", type);
		while (next_quoted(&at, field, sizeof field)) {
			strcat(fields, " ");
			strcat(fields, field);
		}
		make(&out, type);
		json = made_parse(&out);
		made_text(json, "type", type);
		made_fields(json, fields);
		cJSON_Delete(json);
	}
	unit_rows_done();
	assert_int_equal(rows, 12);
	free(t.file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_error_has_its_row_and_every_row_its_error),
		TEST(an_error_that_is_not_known_is_unavailable),
		TEST(every_close_code_has_its_row_and_every_row_its_code),
		TEST(every_type_from_the_client_has_its_row_and_the_fields_there_are_enough),
		TEST(every_message_from_the_server_has_the_fields_of_its_row),
	};

	return cmocka_run_group_tests_name("msg docs", tests, NULL, NULL);
}
