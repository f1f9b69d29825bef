#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

/* Two ways to do the same work, measured in turn so that what else the machine does hits both. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct side {
	const char *name;
	void (*run)(void *arg);
	void *arg;
};

enum unit {
	BYTES,    /* shown as GB/s */
	MESSAGES, /* as millions a second, and ns for one */
};

enum budget {
	NONE,
	AT_LEAST,   /* `least` GB/s */
	OR_A_COPY,  /* `least` GB/s, or what the other side does where that is lower */
	TIMES,      /* `least` times what the other side does */
};

struct row {
	const char *name;
	enum unit unit;
	double amount; /* bytes or messages in one run */
	struct side ours, theirs; /* theirs.run may be NULL */
	enum budget budget;
	double least;
};

/* `brief`: only as long as it takes to see that all works. */
void bench_init(bool brief);

void bench_group(const char *name);

/* Measures a row, prints it as a line of the table and keeps it for the JSON. */
void bench_row(const struct row *row);

/* Ends the program with a message and status 1. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Writes what was measured to a file. */
void bench_json(const char *path);

#endif
