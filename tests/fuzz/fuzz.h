#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A target's one function, which libFuzzer calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the program, and says where, if that does not hold. */
#define CHECK(holds) fuzz_check((holds), #holds, __FILE__, __LINE__)
void fuzz_check(bool holds, const char *what, const char *file, int line);

/* The bytes in a block of the heap that ends with the last of them, or starts with the first: a step past them is seen.
 * The block has `len` bytes for both; what is free in front or behind is not touched. fuzz_block is to be freed. */
void *fuzz_block(const void *data, size_t len);
void *fuzz_at_end(void *block, size_t size, const void *data, size_t len);

/* Where to cut so that all of a short input and enough of a long one are tried: the step from cut to cut. */
size_t fuzz_step(size_t len);

/* What is left of an input that says how to use the rest of it; at its end each number is zero. */
struct fuzz_input {
	const uint8_t *at;
	size_t len;
};

uint8_t fuzz_byte(struct fuzz_input *in);
uint64_t fuzz_number(struct fuzz_input *in, size_t bytes);

/* Takes as many bytes as there are, `*len` at most; *len is how many. */
const uint8_t *fuzz_take(struct fuzz_input *in, size_t *len);

/* UTF-8 by the table of RFC 3629, section 4, character by character: slow, and not the code that is tested. */
bool fuzz_is_utf8(const void *data, size_t len);

#endif
