#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

int
scan_seconds(const char *text, long long most, long long *seconds)
{
	static const struct {
		char unit;
		long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t len = strlen(text);
	char number[24];
	long long n, factor = 1;

	if (len == 0 || len >= sizeof number)
		return -1;
	memcpy(number, text, len + 1);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (number[len - 1] == units[i].unit) {
			number[len - 1] = 0;
			factor = units[i].seconds;
			break;
		}
	}
	if (scan_number(number, 1, most / factor, &n) < 0)
		return -1;
	*seconds = n * factor;
	return 0;
}
