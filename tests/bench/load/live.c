#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/figure.h"
#include "house.h"
#include "lines.h"
#include "measure.h"
#include "modes.h"
#include "people.h"

#define ROUNDS 5
#define ROUNDS_BRIEF 1
#define MESSAGES 500     /* of a round, */
#define MESSAGES_BRIEF 20
#define TURN 50          /* so many at a time, before the other side's turn, */
#define TURN_WARM_UP 5   /* behind some that do not count */
#define WARM_UP 64       /* the first of a conversation come by way of the store */
#define PACE_US 2000     /* one each so often, with the store and without: the machine is as cold or warm for either */
#define OTHERS 4         /* who send besides, to others who are here, */
#define PAUSE_US 4000    /* each so often */
#define ANSWER_US 5000000
#define BUDGET 1.2       /* times what it takes without the store, for a pair alone */

/* A pair who talk, and others whom they share the server with. */
struct side {
	struct house house;
	struct person senders[1 + OTHERS], receivers[1 + OTHERS];
	struct line lines[1 + OTHERS]; /* the first is the pair's */
	double shown[MESSAGES], stored[MESSAGES]; /* how long it took, in us, in this round */
	int count;
};

static struct side on, off;
static double stored_half[MEASURE_ROUNDS]; /* the median time to `stored` in rounds when nobody else talked */
static size_t stored_rounds;

/* What the machine may do while it waits, and what else is under way. */
struct condition {
	bool awake, busy;
	struct measure_row half, most; /* the 50th and the 99th percentile */
};

static void
open_side(struct side *s, const char *name, bool keeps)
{
	char who[PERSON_NAME_SIZE];

	house_open(&s->house, name, keeps);
	for (size_t i = 0; i <= OTHERS; i++) {
		snprintf(s->lines[i].to, sizeof s->lines[i].to, "receiver%zu", i);
		people_come(&s->receivers[i], &s->house, s->lines[i].to);
		snprintf(who, sizeof who, "sender%zu", i);
		people_come(&s->senders[i], &s->house, who);
		s->lines[i].from = &s->senders[i];
	}
	people_wait(s->receivers, 1 + OTHERS);
	people_wait(s->senders, 1 + OTHERS);
}

static void
close_side(struct side *s)
{
	people_leave(s->senders, 1 + OTHERS);
	people_leave(s->receivers, 1 + OTHERS);
	if (s->house.keeps) {
		char database[PATH_MAX];

		house_kill_store(&s->house);
		house_database(&s->house, database);
		lines_begin(s->lines, 1 + OTHERS);
		lines_check(database);
	}
	house_close(&s->house);
}

static bool
is_answered(const struct line *line, bool keeps)
{
	return line->shown == line->sent && line->delivered == line->sent && (!keeps || line->stored == line->sent);
}

/* The others say what is due. When the next is. */
static int64_t
others(struct side *s, int64_t *due)
{
	static size_t turn;

	for (int64_t now = clock_us(); *due <= now; *due += PAUSE_US / OTHERS)
		line_say(&s->lines[1 + turn++ % OTHERS]);
	return *due;
}

/* Says one message, and waits for all that is said about it, and until it is time for the next. */
static void
say_one(struct side *s, bool busy, int64_t *due, double *shown, double *stored)
{
	int64_t start = clock_us(), next = start + PACE_US, now;
	struct line *pair = s->lines, *line;
	enum line_event event;
	struct news n;

	line_say(pair);
	people_flush();
	while ((now = clock_us()) < next || !is_answered(pair, s->house.keeps)) {
		if (now - start > ANSWER_US)
			errx(1, "message %u: shown %u, stored %u, delivered %u", pair->sent, pair->shown, pair->stored, pair->delivered);
		people_next(clock_sooner(now < next ? next : start + ANSWER_US, busy ? others(s, due) : -1), &n);
		event = lines_enter(&n, &line);
		if (event == LINE_SHOWN && line == pair)
			*shown = (double)(clock_us() - start);
		else if (event == LINE_STORED && line == pair)
			*stored = (double)(clock_us() - start);
	}
}

static void
take_turn(struct side *s, bool busy, int warm_up, int messages)
{
	int64_t due = clock_us();
	double unused;

	lines_begin(s->lines, 1 + OTHERS);
	for (int i = 0; i < warm_up; i++)
		say_one(s, busy, &due, &unused, &unused);
	for (int i = 0; i < messages; i++, s->count++)
		say_one(s, busy, &due, &s->shown[s->count], &s->stored[s->count]);
	lines_settle(s->house.keeps, true);
}

static void
enter(struct condition *c)
{
	double half_on = figure_of(on.shown, (size_t)on.count).median, half_off = figure_of(off.shown, (size_t)off.count).median;

	measure_round(&c->half, half_on, half_off);
	measure_round(&c->most, figure_percentile(on.shown, (size_t)on.count, 0.99), figure_percentile(off.shown, (size_t)off.count, 0.99));
	if (!c->busy && !c->awake)
		stored_half[stored_rounds++] = figure_of(on.stored, (size_t)on.count).median;
}

/* One round. */
static void
measure(struct condition *c, int messages)
{
	on.count = off.count = 0;
	for (int i = 0; on.count < messages || off.count < messages; i++) {
		struct side *s = i % 2 ? &off : &on;
		int left = messages - s->count;

		take_turn(s, c->busy, c->half.rounds == 0 && i < 2 ? WARM_UP : TURN_WARM_UP, left < TURN ? left : TURN);
	}
	enter(c);
}

/* Keeps the processors from sleeping as long as it is open (Documentation/power/pm_qos_interface). -1 if that can't be done. */
static int
stay_awake(void)
{
	int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC), us = 0;

	if (fd >= 0 && write(fd, &us, sizeof us) != sizeof us) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
set_up(struct condition *c, bool awake, bool busy)
{
	const char *machine = awake ? "kept awake" : "as it is", *load = busy ? ", others talk" : "";

	*c = (struct condition){.awake = awake, .busy = busy, .half = {.unit = "us"}, .most = {.unit = "us"}};
	snprintf(c->half.name, sizeof c->half.name, "p50, machine %s%s", machine, load);
	snprintf(c->most.name, sizeof c->most.name, "p99, machine %s%s", machine, load);
	if (busy)
		return;
	c->half.budget = c->most.budget = MEASURE_AT_MOST;
	c->half.times = c->most.times = BUDGET;
}

void
mode_live(bool brief)
{
	static struct condition conditions[4];
	struct figure stored;
	size_t count = 0;
	int fd = stay_awake();

	measure_fact("/dev/cpu_dma_latency", "%s", fd < 0 ? "can't be had: the machine may sleep at all times" : "held at 0 where it says so");
	if (fd >= 0)
		close(fd);
	for (int awake = 0; awake <= (fd >= 0); awake++)
		for (int busy = 0; busy < 2; busy++)
			set_up(&conditions[count++], awake, busy);
	open_side(&on, "on", true);
	open_side(&off, "off", false);
	for (int round = 0; round < (brief ? ROUNDS_BRIEF : ROUNDS); round++) {
		for (size_t i = 0; i < count; i++) {
			fd = conditions[i].awake ? stay_awake() : -1;
			measure(&conditions[i], brief ? MESSAGES_BRIEF : MESSAGES);
			if (fd >= 0)
				close(fd);
		}
	}
	close_side(&on);
	close_side(&off);
	stored = figure_of(stored_half, stored_rounds);
	measure_fact("pace", "one message each %d us", PACE_US);
	measure_fact("`stored` comes", "after %.0f us (%.0f to %.0f)", stored.median, stored.least, stored.most);
	measure_fact("others", "%d, who send %d messages a second each", OTHERS, 1000000 / PAUSE_US);
	measure_group("from the sender's client to the receiver's, 64 bytes", "with the store", "without");
	for (size_t i = 0; i < count; i++) {
		measure_done(&conditions[i].half);
		measure_done(&conditions[i].most);
	}
}
