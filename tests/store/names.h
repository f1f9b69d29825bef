#ifndef TESTS_STORE_NAMES_H
#define TESTS_STORE_NAMES_H

#include <err.h>
#include <string.h>

#include "chat/name.h"

static inline struct name
name_of(const char *text)
{
	struct name name;

	if (name_make(&name, text, strlen(text)) < 0)
		errx(1, "%s: no name", text);
	return name;
}

#endif
