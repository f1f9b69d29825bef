/* ws [--brief] JSON: measures libws beside libwslay, the C library and zlib; prints tables, and writes JSON. It fails where
 * the two do not deliver the same. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "parts.h"

int
main(int argc, char **argv)
{
	bool brief = argc > 1 && strcmp(argv[1], "--brief") == 0;

	if (argc != 2 + brief)
		bench_fail("usage: ws [--brief] JSON");
	bench_init(brief);
	measure_mask();
	measure_utf8();
	measure_receive();
	measure_send();
	measure_deflate();
	bench_json(argv[1 + brief]);
}
