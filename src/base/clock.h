#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds, and microseconds, of a clock that only goes on; milliseconds since 1970 as the machine believes. */
int64_t clock_ms(void);
int64_t clock_us(void);
uint64_t clock_wall_ms(void);

/* The sooner of two times, of which -1 is never. */
int64_t clock_sooner(int64_t a, int64_t b);

#endif
