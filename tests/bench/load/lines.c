#include "lines.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"

#define JSON_MAX 256
#define SETTLE_US 30000000

static struct line *lines;
static size_t count;

/* It ends with letters that go on from number to number. */
void
line_text(char text[LINE_TEXT], size_t line, unsigned number)
{
	int n = snprintf(text, LINE_TEXT, "line %zu message %u ", line, number);

	for (int i = n; i < LINE_TEXT; i++)
		text[i] = (char)('a' + ((unsigned)i + number) % 26);
}

void
lines_begin(struct line *first, size_t how_many)
{
	lines = first;
	count = how_many;
}

void
line_say(struct line *line)
{
	size_t i = (size_t)(line - lines);
	char text[LINE_TEXT], json[JSON_MAX];
	int n;

	line_text(text, i, ++line->sent);
	n = snprintf(json, sizeof json, "{\"type\":\"private_message\",\"receiver\":\"%s\",\"id\":\"%zu.%u\",\"message\":\"%.*s\"}",
	             line->to, i, line->sent, LINE_TEXT, text);
	people_say(line->from, json, (size_t)n);
}

static struct line *
get_line(const struct news *n, size_t i)
{
	if (i >= count)
		errx(1, "%s got something of no line: %.*s", n->person->name, (int)n->len, n->text);
	return &lines[i];
}

/* Messages that come must be the next of their line, each to the letter. */
static struct line *
shown(const struct news *n)
{
	const char *text;
	char expected[LINE_TEXT];
	int len = news_get(n, "message", &text);
	struct line *line;
	size_t i;

	if (len != LINE_TEXT || sscanf(text, "line %zu ", &i) != 1)
		errx(1, "%s got no message of a line: %.*s", n->person->name, (int)n->len, n->text);
	line = get_line(n, i);
	line_text(expected, i, ++line->shown);
	if (memcmp(text, expected, LINE_TEXT) != 0 || strcmp(n->person->name, line->to) != 0 || line->shown > line->sent)
		errx(1, "%s got %.*s where message %u was due", n->person->name, (int)n->len, n->text, line->shown);
	return line;
}

static enum line_event
status_of(const struct news *n)
{
	const char *status;
	int len = news_get(n, "status", &status);

	if (len == 6 && memcmp(status, "stored", 6) == 0)
		return LINE_STORED;
	return len == 9 && memcmp(status, "delivered", 9) == 0 ? LINE_DELIVERED : LINE_NONE;
}

/* And so must the receipts, of either kind. */
static struct line *
receipt(const struct news *n, enum line_event event)
{
	const char *ref;
	struct line *line;
	unsigned number, due;
	size_t i;

	if (event == LINE_NONE || news_get(n, "ref", &ref) < 0 || sscanf(ref, "%zu.%u\"", &i, &number) != 2)
		errx(1, "%s got no receipt of a line: %.*s", n->person->name, (int)n->len, n->text);
	line = get_line(n, i);
	due = event == LINE_STORED ? ++line->stored : ++line->delivered;
	if (number != due || number > line->sent || n->person != line->from)
		errx(1, "%s got %.*s where the receipt of message %u was due", n->person->name, (int)n->len, n->text, due);
	return line;
}

enum line_event
lines_enter(const struct news *n, struct line **line)
{
	enum line_event event = n->kind == NEWS_MESSAGE ? LINE_SHOWN : n->kind == NEWS_RECEIPT ? status_of(n) : LINE_NONE;

	if (n->kind == NEWS_MESSAGE)
		*line = shown(n);
	else if (n->kind == NEWS_RECEIPT)
		*line = receipt(n, event);
	return event;
}

static const struct line *
unsettled(bool stored, bool delivered)
{
	for (size_t i = 0; i < count; i++)
		if ((stored && lines[i].stored < lines[i].sent) ||
		    (delivered && (lines[i].shown < lines[i].sent || lines[i].delivered < lines[i].sent)))
			return &lines[i];
	return NULL;
}

void
lines_settle(bool stored, bool delivered)
{
	int64_t until = clock_us() + SETTLE_US;
	const struct line *line;
	struct line *entered;
	struct news n;

	while ((line = unsettled(stored, delivered))) {
		if (people_next(until, &n) == NEWS_NONE)
			errx(1, "of %u messages from %s to %s, %u were stored, %u delivered, %u shown", line->sent, line->from->name, line->to,
			     line->stored, line->delivered, line->shown);
		lines_enter(&n, &entered);
	}
}

/* All of one line that is kept, in the order in which it is. */
static void
check(struct db *db, const struct line *line)
{
	enum db_result result = DB_FAILED;
	char expected[LINE_TEXT];
	unsigned number = 0;
	struct db_message m;
	struct name to;

	if (name_make(&to, line->to, strlen(line->to)) == 0)
		result = db_missing(db, &to, 0, 0, INT_MAX);
	while (result == DB_OK && (result = db_next(db, &m)) == DB_OK) {
		if (strcmp(m.sender.text, line->from->name) != 0)
			continue;
		line_text(expected, (size_t)(line - lines), ++number);
		if (m.body_len != LINE_TEXT || memcmp(m.body, expected, LINE_TEXT) != 0)
			errx(1, "the database has %.*s where message %u is due", (int)m.body_len, m.body, number);
	}
	if (result != DB_NONE)
		errx(1, "the database: %s", db_why(db));
	if (number != line->stored)
		errx(1, "of %u messages from %s to %s that were stored, the database has %u", line->stored, line->from->name, line->to, number);
}

void
lines_check(const char *database)
{
	struct db *db;

	if (db_attach(&db, database) != 0)
		errx(1, "%s: %s", database, db_why(db));
	for (size_t i = 0; i < count; i++)
		check(db, &lines[i]);
	db_close(db);
}
