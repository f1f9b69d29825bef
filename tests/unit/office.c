#include "office.h"

#include <string.h>

#include "chat/greeting.h"
#include "chat/msg.h"
#include "made.h"
#include "unit.h"

static const char *online;

static bool
is_online(const struct name *user)
{
	const char *at = online;
	size_t len = strlen(at);
	struct name name;

	while (names_next(&at, &len, &name))
		if (name_equal(&name, user))
			return true;
	return false;
}

void
office_online(const char *names)
{
	online = names;
}

void
office_begin(struct office *o, const struct db_limits *limits)
{
	*o = (struct office){.grouped = false};
	place_begin(&o->place, limits);
	o->desk = (struct desk){.db = o->place.db, .now = PLACE_START, .ticks = 1000, .link = OFFICE_LINK, .online = is_online};
	office_online("");
}

void
office_end(struct office *o)
{
	desk_finish(&o->desk);
	buf_free(&o->text);
	buf_free(&o->line);
	place_end(&o->place);
}

void
office_group(struct office *o)
{
	assert_false(o->grouped);
	o->grouped = true;
	desk_begin(&o->desk);
	assert_int_equal(db_begin(o->place.db), 0);
}

void
office_commit(struct office *o)
{
	assert_false(o->desk.failed);
	assert_int_equal(db_commit(o->place.db), 0);
	o->grouped = false;
	office_note(o);
}

void
office_fail(struct office *o)
{
	db_abandon(o->place.db);
	desk_fail(&o->desk);
	o->grouped = false;
	office_note(o);
}

void
office_hears(struct office *o, const struct record *r, pid_t pid)
{
	bool alone = !o->grouped;
	struct name from = r->sender;

	if (alone)
		office_group(o);
	desk_record(&o->desk, r, &from, pid);
	if (alone)
		office_commit(o);
}

struct record
office_made(struct office *o, const char *sender, const char *receiver, const char *ref, const char *words)
{
	struct record r = {.kind = RECORD_MESSAGE, .sender = made_name(sender), .receiver = made_name(receiver), .ref = ref, .ref_len = strlen(ref)};

	r.id = place_id(++o->place.made);
	r.time = PLACE_START + o->place.made;
	buf_clear(&o->text);
	assert_int_equal(msg_private(&o->text, &r.id, &r.sender, &r.receiver, words, r.time), 0);
	r.payload = (const char *)buf_at(&o->text);
	r.payload_len = buf_len(&o->text);
	return r;
}

void
office_message(struct office *o, const char *sender, const char *receiver, const char *ref, const char *words)
{
	struct record r = office_made(o, sender, receiver, ref, words);

	office_hears(o, &r, OFFICE_PID);
}

void
office_receipt(struct office *o, enum record_status status, unsigned n, const char *by, const char *sender, pid_t pid)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = (uint8_t)status, .id = place_id(n), .sender = made_name(by), .receiver = made_name(sender)};

	office_hears(o, &r, pid);
}

void
office_next(struct office *o, const char *user, int64_t after, unsigned from, unsigned want)
{
	struct record r = {.kind = RECORD_NEXT, .sender = made_name(user), .receiver = name_store()};
	struct next n = {.after = after, .from = place_id(from), .want = place_id(want), .more = true, .late = true}; /* which only an answer says */
	struct buf payload = {0};

	assert_int_equal(next_put(&payload, &n), 0);
	r.payload = (const char *)buf_at(&payload);
	r.payload_len = buf_len(&payload);
	office_hears(o, &r, OFFICE_PID);
	buf_free(&payload);
}

void
office_query(struct office *o, const char *user, const char *json)
{
	struct record r = {.kind = RECORD_QUERY, .sender = made_name(user), .receiver = name_store()};
	char text[512];

	assert_in_range(strlen(json), 0, sizeof text - 1);
	strcpy(text, json);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	r.payload = text;
	r.payload_len = strlen(text);
	office_hears(o, &r, OFFICE_PID);
}

void
office_login(struct office *o, const char *user, pid_t pid)
{
	struct record r = {.kind = RECORD_LOGIN, .sender = made_name(user), .receiver = name_store()};

	office_hears(o, &r, pid);
}

void
office_says(struct office *o, const char *line)
{
	made_line(&o->line, line);
}
