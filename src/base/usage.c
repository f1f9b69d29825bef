#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

int
usage_answer(const char *program, const char *usage, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s " VERSION "\n", program);
		return EX_OK;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EX_OK;
	}
	fputs(usage, stderr);
	return EX_USAGE;
}
