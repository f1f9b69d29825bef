#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

/* cmocka with what its header wants before it, and what the tables of the tests have in common. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One test of a group: if it fails, the row of the table that was tried is said too. */
#define TEST(function) cmocka_unit_test_teardown(function, unit_teardown)
int unit_teardown(void **state);

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Goes through a table, whose rows unit_row names. */
#define EACH(row, table) for ((row) = (table); (row) < (table) + COUNT(table) || unit_rows_done(); (row)++)
void unit_row(const char *format, ...) __attribute__((format(printf, 1, 2)));
int unit_rows_done(void);

/* A string literal as bytes and their number, which may have NULs in it. */
#define BYTES(literal) (literal), sizeof(literal) - 1

/* The whole of a file of the project, with a NUL, in memory that is the caller's to free. */
char *unit_file(const char *path);

/* The next of a row of numbers that is the same in every run. */
uint32_t unit_random(uint32_t *seed);
void unit_random_bytes(uint32_t *seed, void *bytes, size_t len);

#endif
