/* instructions libws|libwslay text|binary SIZE ROUNDS: receives a read of messages, ROUNDS times, to be counted. It prints
 * how many messages a round has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "codec.h"
#include "sample.h"

#define TOTAL (16 << 10)

int
main(int argc, char **argv)
{
	static uint8_t payload[TOTAL], bytes[2 * TOTAL];
	struct wire wire = {.data = bytes, .most = ENDLESS};
	unsigned long size, rounds;
	bool ours, text;

	if (argc != 5)
		bench_fail("usage: instructions libws|libwslay text|binary SIZE ROUNDS");
	ours = strcmp(argv[1], "libws") == 0;
	text = strcmp(argv[2], "text") == 0;
	size = strtoul(argv[3], NULL, 10);
	rounds = strtoul(argv[4], NULL, 10);
	wire.messages = TOTAL / size;
	sample_fill(SAMPLE_CHAT, 1, payload, sizeof payload);
	wire.len = wire_fill(bytes, text ? FRAME_TEXT : FRAME_BINARY, payload, size, wire.messages, NULL);
	for (unsigned long i = 0; i < rounds; i++)
		(ours ? receive_with_libws : receive_with_wslay)(&wire);
	if (wire.tally.messages != rounds * wire.messages || wire.tally.bytes != wire.tally.messages * size)
		bench_fail("a message was lost");
	printf("%zu\n", wire.messages);
}
