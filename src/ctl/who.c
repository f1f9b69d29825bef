#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-login.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/msg.h"
#include "ctl/ctl.h"
#include "sys/bus.h"

#define ANSWER_MS 1000
#define AT_ONCE 64 /* connections that are asked at a time */

struct table {
	struct msg_row *rows;
	size_t count, cap;
};

static void
add(void *context, const struct name *user)
{
	struct table *t = context;
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count = roster_pids(user, pids);
	char *unit;

	for (size_t i = 0; i < count; i++) {
		t->rows = array_room(t->rows, t->count, &t->cap, sizeof *t->rows);
		if (!t->rows)
			exit(EX_OSERR);
		t->rows[t->count] = (struct msg_row){.user = *user, .pid = pids[i]};
		if (sd_pid_get_unit(pids[i], &unit) >= 0) {
			snprintf(t->rows[t->count].unit, sizeof t->rows->unit, "%s", unit);
			free(unit);
		}
		t->count++;
	}
}

static void
ask(struct bus *bus, const struct msg_row *row)
{
	struct record r = {.kind = RECORD_ASK, .sender = name_operator(), .receiver = row->user};
	struct bus_reach reach;

	bus_send(bus, &row->user, (pid_t)row->pid, &r, &reach);
}

/* Takes in what became of one question: facts, or none will come. Whether it was not answered before. */
static bool
answer(const struct bus_news *news, enum bus_event event, struct msg_row *rows, bool *answered, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].pid != news->pid || answered[i] || !name_equal(&rows[i].user, &news->from))
			continue;
		if (event == BUS_RECORD && news->record.kind != RECORD_FACTS)
			return false;
		rows[i].known = event == BUS_RECORD && msg_facts_parse(&rows[i].facts, news->record.payload, news->record.payload_len) == 0;
		return answered[i] = true;
	}
	return false;
}

static void
ask_some(struct bus *bus, struct msg_row *rows, size_t count)
{
	int64_t end = clock_ms() + ANSWER_MS;
	bool answered[AT_ONCE] = {false};
	enum bus_event event;
	struct bus_news news;
	size_t waiting = count;

	for (size_t i = 0; i < count; i++)
		ask(bus, &rows[i]);
	while (waiting > 0 && clock_ms() < end) {
		ctl_wait(bus, (int)(end - clock_ms()));
		while ((event = bus_next(bus, &news)) != BUS_NOTHING)
			waiting -= answer(&news, event, rows, answered, count);
	}
}

static int
by_user(const void *a, const void *b)
{
	const struct msg_row *x = a, *y = b;
	int order = name_order(&x->user, &y->user);

	return order ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

static void
print_row(const struct msg_row *row)
{
	char since[MSG_TIME_SIZE] = "-";
	const char *address = row->known && *row->facts.address ? row->facts.address : "-";

	if (row->known)
		msg_time(since, row->facts.since);
	printf("%-16s %8ld  %-15s  %-24s  %8llu %8llu  %s\n", row->user.text, row->pid, address, since,
	       (unsigned long long)row->facts.in, (unsigned long long)row->facts.out, *row->unit ? row->unit : "-");
}

static void
print(const struct table *t, bool json)
{
	struct buf text = {0};

	if (json) {
		if (msg_rows(&text, t->rows, t->count) < 0)
			exit(EX_OSERR);
		printf("%.*s\n", (int)buf_len(&text), (const char *)buf_at(&text));
		buf_free(&text);
		return;
	}
	printf("%-16s %8s  %-15s  %-24s  %8s %8s  %s\n", "USER", "PID", "ADDRESS", "SINCE", "IN", "OUT", "UNIT");
	for (size_t i = 0; i < t->count; i++)
		print_row(&t->rows[i]);
}

int
ctl_who(int argc, char **argv)
{
	struct table t = {0};
	struct bus *bus;
	bool json = argc == 1 && strcmp(argv[0], "--json") == 0;

	if (argc > json)
		ctl_misuse("who [--json]");
	if (ctl_enter()) {
		roster_sweep();
		roster_each(add, &t);
		qsort(t.rows, t.count, sizeof *t.rows, by_user);
	}
	if (t.count > 0) {
		bus = ctl_join();
		for (size_t i = 0; i < t.count; i += AT_ONCE)
			ask_some(bus, t.rows + i, t.count - i < AT_ONCE ? t.count - i : AT_ONCE);
		bus_hide(bus);
	}
	print(&t, json);
	free(t.rows);
	return EX_OK;
}
