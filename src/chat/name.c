#include "name.h"

#include <string.h>

#define OPERATOR ".ctl"
#define STORE ".store"

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void
set(struct name *name, const char *bytes, size_t len)
{
	memset(name, 0, sizeof *name);
	memcpy(name->text, bytes, len);
	name->len = (uint8_t)len;
}

int
name_make(struct name *name, const char *bytes, size_t len)
{
	if (len < 1 || len > NAME_LEN_MAX || !is_alnum(bytes[0]))
		return -1;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(bytes[i]) && (bytes[i] == 0 || !strchr("._@+-", bytes[i])))
			return -1;
	set(name, bytes, len);
	return 0;
}

int
name_service(struct name *name, const char *bytes, size_t len)
{
	static const char *const services[] = {OPERATOR, STORE};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		if (len == strlen(services[i]) && memcmp(bytes, services[i], len) == 0) {
			set(name, bytes, len);
			return 0;
		}
	}
	return -1;
}

struct name
name_operator(void)
{
	struct name name;

	set(&name, OPERATOR, strlen(OPERATOR));
	return name;
}

struct name
name_store(void)
{
	struct name name;

	set(&name, STORE, strlen(STORE));
	return name;
}

bool
name_is_service(const struct name *name)
{
	return name->text[0] == '.';
}

bool
name_is_store(const struct name *name)
{
	return strcmp(name->text, STORE) == 0;
}

bool
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

int
name_order(const struct name *a, const struct name *b)
{
	return strcmp(a->text, b->text);
}
