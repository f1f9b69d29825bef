#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stddef.h>
#include <stdio.h>

/* What was measured several times. */
struct figure {
	double median, least, most;
};

/* Sorts the values, of which there is at least one. */
struct figure figure_of(double *values, size_t count);

/* That part of the values, which are sorted, is not above the one that is found: 0.99 for the 99th percentile. */
double figure_percentile(const double *values, size_t count, double part);

/* Writes it as a member of a JSON object that has one before it. */
void figure_json(FILE *f, const char *name, const struct figure *figure);

#endif
