#include "measure.h"

#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/figure.h"

#define ROWS 64
#define FACTS 16

struct result {
	struct measure_row row;
	const char *group, *ours_name, *theirs_name;
	struct figure ours, theirs, ratio; /* the last of each round */
};

static struct result results[ROWS];
static size_t n_results;
static struct {
	char name[40], text[120];
} facts[FACTS];
static size_t n_facts;
static const char *group, *ours_name, *theirs_name;

void
measure_fact(const char *name, const char *format, ...)
{
	va_list args;

	if (n_facts == FACTS)
		errx(1, "too many facts");
	snprintf(facts[n_facts].name, sizeof facts->name, "%s", name);
	va_start(args, format);
	vsnprintf(facts[n_facts].text, sizeof facts->text, format, args);
	va_end(args);
	printf("%s: %s\n", name, facts[n_facts].text);
	n_facts++;
}

void
measure_group(const char *name, const char *ours, const char *theirs)
{
	group = name;
	ours_name = ours;
	theirs_name = theirs;
	printf("\n### %s\n\n| | %s | %s | times | budget | |\n| --- | --- | --- | --- | --- | --- |\n", name, ours, theirs);
}

void
measure_round(struct measure_row *row, double ours, double theirs)
{
	if (row->rounds == MEASURE_ROUNDS)
		errx(1, "too many rounds");
	row->ours[row->rounds] = ours;
	row->theirs[row->rounds++] = theirs;
}

static bool
is_met(const struct result *r)
{
	return r->row.budget == MEASURE_AT_LEAST ? r->ratio.median >= r->row.times : r->ratio.median <= r->row.times;
}

static void
show(const struct result *r)
{
	printf("| %s | %.0f %s (%.0f to %.0f) | %.0f %s (%.0f to %.0f) | %.2f (%.2f to %.2f) | ", r->row.name, r->ours.median, r->row.unit,
	       r->ours.least, r->ours.most, r->theirs.median, r->row.unit, r->theirs.least, r->theirs.most, r->ratio.median, r->ratio.least,
	       r->ratio.most);
	if (r->row.budget == MEASURE_NONE)
		printf("| |\n");
	else
		printf("at %s %g | %s |\n", r->row.budget == MEASURE_AT_LEAST ? "least" : "most", r->row.times, is_met(r) ? "met" : "MISSED");
	fflush(stdout);
}

void
measure_done(const struct measure_row *row)
{
	struct result *r = &results[n_results];
	double ratio[MEASURE_ROUNDS];

	if (n_results++ == ROWS || row->rounds == 0)
		errx(1, "too many rows, or a row without figures");
	*r = (struct result){.row = *row, .group = group, .ours_name = ours_name, .theirs_name = theirs_name};
	for (size_t i = 0; i < row->rounds; i++)
		ratio[i] = row->ours[i] / row->theirs[i];
	r->ratio = figure_of(ratio, row->rounds);
	r->ours = figure_of(r->row.ours, row->rounds);
	r->theirs = figure_of(r->row.theirs, row->rounds);
	show(r);
}

static void
put_row(FILE *f, const struct result *r)
{
	fprintf(f, "{\"group\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"rounds\": %zu, \"of\": \"%s\", \"beside\": \"%s\"", r->group,
	        r->row.name, r->row.unit, r->row.rounds, r->ours_name, r->theirs_name);
	figure_json(f, "ours", &r->ours);
	figure_json(f, "theirs", &r->theirs);
	figure_json(f, "times", &r->ratio);
	if (r->row.budget != MEASURE_NONE)
		fprintf(f, ", \"budget\": \"at %s %g\", \"met\": %s", r->row.budget == MEASURE_AT_LEAST ? "least" : "most", r->row.times,
		        is_met(r) ? "true" : "false");
	fputc('}', f);
}

void
measure_json(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		err(1, "%s", path);
	fputs("{\"facts\": {", f);
	for (size_t i = 0; i < n_facts; i++)
		fprintf(f, "%s\"%s\": \"%s\"", i ? ", " : "", facts[i].name, facts[i].text);
	fputs("},\n\"rows\": [", f);
	for (size_t i = 0; i < n_results; i++) {
		fputs(i ? ",\n" : "\n", f);
		put_row(f, &results[i]);
	}
	fputs("\n]}\n", f);
	if (fclose(f) < 0)
		err(1, "%s", path);
}
