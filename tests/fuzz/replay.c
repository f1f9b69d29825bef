/* replay FILE...: runs a target over inputs, without libFuzzer and sanitizers: for valgrind. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MOST (1 << 20)

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		uint8_t *data = malloc(MOST), *exact;
		size_t len;

		CHECK(file && data);
		len = fread(data, 1, MOST, file);
		fclose(file);
		exact = fuzz_block(data, len); /* so that a step past its end shows */
		free(data);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
