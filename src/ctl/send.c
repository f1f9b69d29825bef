#include <errno.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "chat/msg.h"
#include "ctl/ctl.h"
#include "sys/bus.h"

#define USAGE "send [--from NAME] USER TEXT..."
#define TEXT_MAX (64 << 10)
#define ANSWER_MS 10000
#define OTHERS_MS 700 /* for the receiver's other connections, after the first has it */

static void
get_name(struct name *name, const char *text)
{
	if (name_make(name, text, strlen(text)) == 0)
		return;
	log_line(LOG_ERR, "%s: not a name", text);
	exit(EX_USAGE);
}

static const char *
own_name(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw = getpwuid(getuid());

	return sudo ? sudo : pw ? pw->pw_name : "operator";
}

/* The text with a NUL, less the line feed at its end, as `$(...)` would have it. */
static void
get_text(struct buf *text, int argc, char **argv)
{
	const char *wrong = NULL;
	ssize_t n = 1;

	if (argc == 1 && strcmp(argv[0], "-") == 0) {
		while (n > 0 && buf_len(text) <= TEXT_MAX && buf_room(text, 4096)) {
			n = read(STDIN_FILENO, buf_room(text, 4096), 4096);
			buf_added(text, n > 0 ? (size_t)n : 0);
		}
	} else {
		for (int i = 0; i < argc; i++) {
			buf_add(text, argv[i], strlen(argv[i]));
			if (i < argc - 1)
				buf_add(text, " ", 1);
		}
	}
	while (buf_len(text) > 0 && text->data[text->end - 1] == '\n')
		text->end--;
	if (buf_len(text) > TEXT_MAX || memchr(buf_at(text), 0, buf_len(text)))
		wrong = "message: over 64 KiB, or has a NUL";
	buf_add(text, "", 1);
	if (!wrong)
		wrong = msg_text_fault((const char *)buf_at(text));
	if (wrong) {
		log_line(LOG_ERR, "%s", wrong);
		exit(EX_DATAERR);
	}
}

/* One connection will not confirm it: it is waited for no more. */
static void
strike_off(struct bus_reach *reach, pid_t pid)
{
	for (size_t i = 0; i < reach->count; i++) {
		if (reach->pids[i] == pid) {
			reach->pids[i] = reach->pids[--reach->count];
			return;
		}
	}
}

/* Waits until the store or one connection of the receiver has it, or none can; then for the others, a while: a connection believes only a
 * sender that is still there. */
static enum msg_error
wait_for_receipt(struct bus *bus, const struct id *id, struct bus_reach *reach)
{
	int64_t end = clock_ms() + ANSWER_MS;
	enum msg_error error = MSG_RECEIVER_OFFLINE;
	enum bus_event event;
	struct bus_news news;
	bool delivered = false;

	while (reach->count > 0 && clock_ms() < end) {
		ctl_wait(bus, (int)(end - clock_ms()));
		while ((event = bus_next(bus, &news)) != BUS_NOTHING) {
			const struct record *r = &news.record;

			if (event == BUS_RECORD && id_order(&r->id, id) != 0)
				continue;
			if (event == BUS_RECORD && r->kind == RECORD_RECEIPT &&
			    (r->status == RECORD_DELIVERED || r->status == RECORD_STORED)) {
				end = delivered ? end : clock_ms() + OTHERS_MS;
				delivered = true;
			} else if (event == BUS_RECORD && r->kind == RECORD_REFUSED) {
				error = r->status;
			} else if (event == BUS_RECORD) {
				continue;
			}
			strike_off(reach, news.pid);
		}
	}
	return delivered ? MSG_OK : reach->count > 0 ? MSG_UNAVAILABLE : error;
}

static enum msg_error
send_text(struct bus *bus, const struct name *from, const struct name *to, const char *text)
{
	struct record r = {.kind = RECORD_MESSAGE, .sender = *from, .receiver = *to};
	uint8_t random[ID_RANDOM_SIZE];
	struct buf payload = {0};
	struct bus_reach reach;
	struct name store = name_store();
	bool expected;

	r.time = clock_wall_ms();
	randombytes_buf(random, sizeof random);
	id_next(&r.id, r.time, random);
	if (msg_private(&payload, &r.id, from, to, text, r.time) < 0)
		return MSG_UNAVAILABLE;
	r.payload = (const char *)buf_at(&payload);
	r.payload_len = buf_len(&payload);
	if (roster_store(&expected))
		r.status = RECORD_KEEPING | RECORD_UNREACHED; /* the store tells the receiver of it */
	bus_send(bus, r.status ? &store : to, 0, &r, &reach);
	buf_free(&payload);
	if (reach.count == 0)
		return reach.full ? MSG_UNAVAILABLE : MSG_RECEIVER_OFFLINE;
	return wait_for_receipt(bus, &r.id, &reach);
}

int
ctl_send(int argc, char **argv)
{
	enum msg_error error = MSG_RECEIVER_OFFLINE;
	struct name from, to;
	struct buf text = {0};
	struct bus *bus;

	get_name(&from, own_name());
	if (argc > 1 && strcmp(argv[0], "--from") == 0) {
		get_name(&from, argv[1]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || argv[0][0] == '-')
		ctl_misuse(USAGE);
	get_name(&to, argv[0]);
	get_text(&text, argc - 1, argv + 1);
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	if (ctl_enter()) {
		bus = ctl_join();
		error = send_text(bus, &from, &to, (const char *)buf_at(&text));
		bus_hide(bus);
	}
	buf_free(&text);
	if (error == MSG_OK)
		return EX_OK;
	log_line(LOG_ERR, "not delivered to %s: %s", to.text, msg_error_name(error));
	return CTL_NO;
}
