#ifndef LOAD_MEASURE_H
#define LOAD_MEASURE_H

#include <stddef.h>

#define MEASURE_ROUNDS 9

/* Figures of two ways to do the same, measured in turn, round for round: a table on standard output, and JSON. */

enum measure_budget {
	MEASURE_NONE,
	MEASURE_AT_LEAST, /* so many times what is beside it */
	MEASURE_AT_MOST,
};

struct measure_row {
	char name[80];
	const char *unit;
	double ours[MEASURE_ROUNDS], theirs[MEASURE_ROUNDS];
	size_t rounds;
	enum measure_budget budget;
	double times;
};

/* Something that the figures depend on: a line, and a string of the JSON. */
void measure_fact(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The rows that follow compare these two. */
void measure_group(const char *name, const char *ours, const char *theirs);

/* Enters the figures of a round. */
void measure_round(struct measure_row *row, double ours, double theirs);

/* Prints a row whose rounds are all there, and keeps it. */
void measure_done(const struct measure_row *row);

void measure_json(const char *path);

#endif
