#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Texts, the same in every run. */
enum sample {
	SAMPLE_ASCII,
	SAMPLE_MIXED,   /* characters of 1, 2, 3 and 4 bytes, one as likely as the other */
	SAMPLE_GERMAN,  /* ASCII with some of 2 */
	SAMPLE_RUSSIAN, /* words of 2 and spaces */
	SAMPLE_GREEK,
	SAMPLE_CHINESE, /* 3 */
	SAMPLE_EMOJI,   /* 4 */
	SAMPLE_CHAT,    /* messages of a chat as JSON */
	SAMPLES,
};

extern const char *const sample_names[SAMPLES];

/* Fills `len` bytes with valid UTF-8. Another `seed`, another text. */
void sample_fill(enum sample sample, uint32_t seed, void *out, size_t len);

#endif
