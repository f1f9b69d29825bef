#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

/* The groups of rows. */
void measure_mask(void);
void measure_utf8(void);
void measure_receive(void);
void measure_send(void);
void measure_deflate(void);

#endif
