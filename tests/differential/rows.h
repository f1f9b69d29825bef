#ifndef DIFFERENTIAL_ROWS_H
#define DIFFERENTIAL_ROWS_H

#include "heard.h"

/* Where two that heard the same tape part: NULL is for silence up to its end. */
struct difference {
	const struct event *libws, *wslay;
	unsigned aspects; /* of enum aspect */
};

enum aspect {
	WHEN = 1, /* the same event with another piece, or never */
	WHAT = 2, /* another event */
};

/* Compares: false when there is no difference. */
bool rows_compare(struct difference *d, const struct heard *libws, const struct heard *wslay);

/* Whether the table explains all of a difference; those rows that do are counted. */
bool rows_explain(const struct difference *d, const struct tape *t, const struct heard *wslay);

/* Prints the table for README.md, or how often each row was met. */
void rows_print(void);
void rows_print_counts(void);

/* The name of a row that was never met, or NULL. */
const char *rows_dead(void);

#endif
