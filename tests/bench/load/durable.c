#include <stdio.h>

#include "base/clock.h"
#include "floor.h"
#include "house.h"
#include "lines.h"
#include "measure.h"
#include "modes.h"
#include "people.h"

#define MOST 64
#define AT_ONCE 8    /* people who come */
#define WINDOW 32    /* messages of one sender without `stored` */
#define ROUNDS 5
#define ROUNDS_BRIEF 1
#define SECONDS 1.5  /* of a measurement, */
#define SECONDS_BRIEF 0.05
#define WARM_UP 0.25 /* after that part of it */
#define KINDS 3
#define BUDGET 10.0  /* times the floor, with most senders */

static const size_t counts_usual[KINDS] = {1, 16, MOST}, counts_brief[KINDS] = {1, 2, 4};

static struct person senders[MOST], receivers[MOST];
static struct line lines[MOST];

/* A few at a time: a session waits for the store for a second, and then does without. */
static void
come(const struct house *h, struct person *people, const char *who, size_t count)
{
	char name[PERSON_NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s%zu", who, i);
		people_come(&people[i], h, name);
		if (i % AT_ONCE == AT_ONCE - 1)
			people_wait(people, i + 1);
	}
	people_wait(people, count);
}

/* All send as fast as their windows let them. How many messages a second were stored, after the warm-up. */
static double
send_for(size_t count, double seconds)
{
	int64_t from = clock_us() + (int64_t)(seconds * WARM_UP * 1e6), until = from + (int64_t)(seconds * 1e6), now;
	unsigned long stored = 0;
	struct line *line;
	struct news n;

	for (size_t i = 0; i < count * WINDOW; i++)
		line_say(&lines[i % count]);
	while ((now = clock_us()) < until) {
		people_next(until, &n);
		if (lines_enter(&n, &line) != LINE_STORED)
			continue;
		stored += now >= from;
		line_say(line);
	}
	return (double)stored / seconds;
}

/* The receivers have been here, and are `online` or not. */
static double
run(const char *name, size_t count, bool online, double seconds)
{
	char database[PATH_MAX];
	struct house h;
	double result;

	house_open(&h, name, true);
	come(&h, receivers, "receiver", count);
	if (!online)
		people_leave(receivers, count);
	come(&h, senders, "sender", count);
	for (size_t i = 0; i < count; i++) {
		lines[i] = (struct line){.from = &senders[i]};
		snprintf(lines[i].to, sizeof lines[i].to, "receiver%zu", i);
	}
	lines_begin(lines, count);
	result = send_for(count, seconds);
	lines_settle(true, online);
	people_leave(senders, count);
	if (online)
		people_leave(receivers, count);
	house_kill_store(&h);
	house_database(&h, database);
	lines_check(database);
	house_close(&h);
	return result;
}

/* One round of one number of senders. */
static void
measure(struct measure_row *away, struct measure_row *here, size_t count, double seconds)
{
	char name[40];
	double beside, result;

	snprintf(name, sizeof name, "floor-%zu-%zu", count, away->rounds);
	beside = floor_of(name, count, seconds);
	snprintf(name, sizeof name, "away-%zu-%zu", count, away->rounds);
	result = run(name, count, false, seconds);
	measure_round(away, result, beside);
	snprintf(name, sizeof name, "here-%zu-%zu", count, here->rounds);
	result = run(name, count, true, seconds);
	measure_round(here, result, beside);
}

static void
name_row(struct measure_row *row, size_t count, const char *receivers_are)
{
	*row = (struct measure_row){.unit = "/s"};
	snprintf(row->name, sizeof row->name, "%zu sender%s, %s", count, count > 1 ? "s" : "", receivers_are);
}

void
mode_durable(bool brief)
{
	static struct measure_row away[KINDS], here[KINDS];
	const size_t *counts = brief ? counts_brief : counts_usual;
	double seconds = brief ? SECONDS_BRIEF : SECONDS;

	measure_fact("window", "%d messages of a sender without `stored`", WINDOW);
	for (size_t i = 0; i < KINDS; i++) {
		name_row(&away[i], counts[i], "receivers away");
		name_row(&here[i], counts[i], "receivers here");
	}
	away[KINDS - 1].budget = MEASURE_AT_LEAST;
	away[KINDS - 1].times = BUDGET;
	for (int round = 0; round < (brief ? ROUNDS_BRIEF : ROUNDS); round++)
		for (size_t i = 0; i < KINDS; i++)
			measure(&away[i], &here[i], counts[i], seconds);
	measure_group("messages that got `stored`", "the store", "a commit for each");
	for (size_t i = 0; i < KINDS; i++)
		measure_done(&away[i]);
	for (size_t i = 0; i < KINDS; i++)
		measure_done(&here[i]);
}
