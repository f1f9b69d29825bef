#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/scan.h"
#include "chat/msg.h"
#include "ctl/ctl.h"
#include "store/db.h"

#define USAGE "history USER [--with U] [--limit N] [--json]"
#define LIMIT_MAX 1000000

struct asked {
	struct name user, with;
	bool has_with, json;
	long long limit;
};

static void
take_name(struct name *name, const char *text)
{
	if (name_make(name, text, strlen(text)) < 0)
		ctl_misuse(USAGE);
}

static void
read_arguments(struct asked *asked, int argc, char **argv)
{
	*asked = (struct asked){.limit = MSG_LIMIT};
	asked->json = ctl_json(&argc, argv);
	if (argc < 1 || argc % 2 != 1)
		ctl_misuse(USAGE);
	take_name(&asked->user, argv[0]);
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--with") == 0) {
			take_name(&asked->with, argv[i + 1]);
			asked->has_with = true;
		} else if (strcmp(argv[i], "--limit") != 0 || scan_number(argv[i + 1], 1, LIMIT_MAX, &asked->limit) < 0) {
			ctl_misuse(USAGE);
		}
	}
}

/* One line a message: nothing in it may move a terminal's cursor (C0, DEL, and C1, which is C2 80 to C2 9F in UTF-8). */
static void
print_body(const char *body, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)body[i], next = i + 1 < len ? (unsigned char)body[i + 1] : 0;
		bool wide = c == 0xc2 && next >= 0x80 && next <= 0x9f;

		putchar(c < 0x20 || c == 0x7f || wide ? ' ' : c);
		i += wide;
	}
	putchar('\n');
}

static void
print_message(const struct db_message *m)
{
	char time[MSG_TIME_SIZE];

	msg_time(time, m->time);
	printf("%s  %s > %s  %s  ", time, m->sender.text, m->receiver.text, m->read ? "read" : m->delivered ? "delivered" : "waits");
	print_body(m->body, m->body_len);
}

int
ctl_history(int argc, char **argv)
{
	enum db_result result;
	struct buf list = {0};
	struct asked asked;
	struct db_message m;
	struct db *db;

	read_arguments(&asked, argc, argv);
	db = ctl_attach();
	result = db_tail(db, &asked.user, asked.has_with ? &asked.with : NULL, (int)asked.limit);
	if (asked.json && buf_add(&list, "[", 1) < 0)
		ctl_fail(db);
	while (result == DB_OK && (result = db_next(db, &m)) == DB_OK) {
		if (!asked.json)
			print_message(&m);
		else if (msg_found_add(&list, m.text, m.text_len, m.ref, m.ref_len, m.delivered, m.read) < 0)
			ctl_fail(db);
	}
	if (result == DB_FAILED || (asked.json && buf_add(&list, "]", 1) < 0))
		ctl_fail(db);
	if (asked.json)
		ctl_print(&list);
	db_close(db);
	return EX_OK;
}
