#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/figure.h"

#define ROUNDS 9
#define ROUND_TIME 0.025 /* seconds in which a side runs again and again */
#define BRIEF_ROUNDS 5
#define BRIEF_TIME 0.0005
#define ROWS_MAX 100
#define NAME_SIZE 80 /* bytes */

struct result {
	struct row row;
	char name[NAME_SIZE], beside[NAME_SIZE]; /* of the row and its other side, whose memory may not last */
	const char *group;
	struct figure ours, theirs, ratio; /* a second; of each round */
};

static struct result results[ROWS_MAX];
static size_t n_results;
static const char *group;
static int rounds = ROUNDS;
static double round_time = ROUND_TIME;

void
bench_init(bool brief)
{
	if (brief) {
		rounds = BRIEF_ROUNDS;
		round_time = BRIEF_TIME;
	}
}

void
bench_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
time_of(const struct side *side, unsigned long times)
{
	double start = now();

	for (unsigned long i = 0; i < times; i++)
		side->run(side->arg);
	return now() - start;
}

/* How often a side has to run to fill a round. It warms the side up, too. */
static unsigned long
times_for(const struct side *side)
{
	unsigned long times = 1;

	for (;;) {
		double t = time_of(side, times);

		if (t >= round_time / 2)
			return (unsigned long)((double)times * round_time / t) + 1;
		times *= 2;
	}
}

static void
measure(struct result *r)
{
	const struct row *row = &r->row;
	bool alone = !row->theirs.run;
	unsigned long times = times_for(&row->ours), other_times = alone ? 0 : times_for(&row->theirs);
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];

	for (int i = 0; i < rounds; i++) {
		ours[i] = row->amount * (double)times / time_of(&row->ours, times);
		if (!alone) {
			theirs[i] = row->amount * (double)other_times / time_of(&row->theirs, other_times);
			ratio[i] = ours[i] / theirs[i];
		}
	}
	r->ours = figure_of(ours, (size_t)rounds);
	if (!alone) {
		r->theirs = figure_of(theirs, (size_t)rounds);
		r->ratio = figure_of(ratio, (size_t)rounds);
	}
}

/* What the budget of a row comes to, in its own terms; met or not. */
static bool
budget(const struct result *r, char *text, size_t size)
{
	double least = r->row.least;

	switch (r->row.budget) {
	case AT_LEAST:
		snprintf(text, size, "%g GB/s", least);
		return r->ours.median >= least * 1e9;
	case OR_A_COPY:
		if (r->theirs.median < least * 1e9)
			snprintf(text, size, "the copy's %.1f GB/s", r->theirs.median / 1e9);
		else
			snprintf(text, size, "%g GB/s", least);
		return r->ours.median >= least * 1e9 || r->ratio.median >= 1;
	case TIMES:
		snprintf(text, size, "%g times", least);
		return r->ratio.median >= least;
	default:
		*text = 0;
		return true;
	}
}

static void
show(enum unit unit, const struct figure *f)
{
	if (unit == BYTES && f->median < 1e9)
		printf("%.0f MB/s (%.0f to %.0f) | ", f->median / 1e6, f->least / 1e6, f->most / 1e6);
	else if (unit == BYTES)
		printf("%.2f GB/s (%.2f to %.2f) | ", f->median / 1e9, f->least / 1e9, f->most / 1e9);
	else
		printf("%.2f M/s (%.2f to %.2f), %.0f ns | ", f->median / 1e6, f->least / 1e6, f->most / 1e6, 1e9 / f->median);
}

void
bench_group(const char *name)
{
	group = name;
	printf("\n### %s\n\n| what | libws | beside it | | times | budget | |\n| --- | --- | --- | --- | --- | --- | --- |\n", name);
}

void
bench_row(const struct row *row)
{
	struct result *r = &results[n_results];
	char text[64];
	bool met;

	if (n_results++ == ROWS_MAX)
		bench_fail("too many rows");
	*r = (struct result){.row = *row, .group = group};
	snprintf(r->name, sizeof r->name, "%s", row->name);
	snprintf(r->beside, sizeof r->beside, "%s", row->theirs.run ? row->theirs.name : "");
	measure(r);
	printf("| %s | ", r->name);
	show(row->unit, &r->ours);
	if (row->theirs.run) {
		printf("%s | ", r->beside);
		show(row->unit, &r->theirs);
		printf("%.2f (%.2f to %.2f) | ", r->ratio.median, r->ratio.least, r->ratio.most);
	} else {
		printf("| | | ");
	}
	met = budget(r, text, sizeof text);
	printf("%s | %s |\n", text, row->budget == NONE ? "" : met ? "met" : "MISSED");
	fflush(stdout);
}

void
bench_json(const char *path)
{
	FILE *f = fopen(path, "w");
	char text[64];

	if (!f)
		bench_fail("%s can't be written", path);
	fprintf(f, "{\"rounds\": %d, \"rows\": [", rounds);
	for (size_t i = 0; i < n_results; i++) {
		const struct result *r = &results[i];

		fprintf(f, "%s\n{\"group\": \"%s\", \"name\": \"%s\", \"unit\": \"%s/s\"", i ? "," : "", r->group, r->name,
		        r->row.unit == BYTES ? "bytes" : "messages");
		figure_json(f, "libws", &r->ours);
		if (r->row.theirs.run) {
			fprintf(f, ", \"beside\": \"%s\"", r->beside);
			figure_json(f, "theirs", &r->theirs);
			figure_json(f, "times", &r->ratio);
		}
		if (r->row.budget != NONE) {
			bool met = budget(r, text, sizeof text);

			fprintf(f, ", \"budget\": \"%s\", \"met\": %s", text, met ? "true" : "false");
		}
		fputc('}', f);
	}
	fputs("\n]}\n", f);
	if (fclose(f) < 0)
		bench_fail("%s can't be written", path);
}
