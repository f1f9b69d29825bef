#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

int
scan_number(const char *text, long long least, long long most, long long *number)
{
	char *end;
	long long n;

	if (!((*text >= '0' && *text <= '9') || *text == '-'))
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most)
		return -1;
	*number = n;
	return 0;
}

int
scan_flag(const char *text, int *flag)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*flag = i & 1;
			return 0;
		}
	}
	return -1;
}
