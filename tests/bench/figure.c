#include "bench/figure.h"

#include <stdlib.h>

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct figure
figure_of(double *values, size_t count)
{
	qsort(values, count, sizeof *values, by_size);
	return (struct figure){values[count / 2], values[0], values[count - 1]};
}

double
figure_percentile(const double *values, size_t count, double part)
{
	size_t at = (size_t)(part * (double)count);

	return values[at < count ? at : count - 1];
}

void
figure_json(FILE *f, const char *name, const struct figure *figure)
{
	fprintf(f, ", \"%s\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g}", name, figure->median, figure->least, figure->most);
}
