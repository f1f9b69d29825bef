#include "session/confirms.h"

#include <stdlib.h>

struct confirm *
confirms_at(const struct confirms *c, size_t i)
{
	return &c->entries[(c->first + i) % CONFIRMS_MAX];
}

static void
take(struct confirms *c, size_t count)
{
	c->first = (c->first + count) % CONFIRMS_MAX;
	c->count -= count;
	c->told -= count < c->told ? count : c->told;
}

void
confirms_add(struct confirms *c, const struct id *id, const struct name *from)
{
	if (!c->entries)
		c->entries = calloc(CONFIRMS_MAX, sizeof *c->entries);
	if (!c->entries)
		return;
	if (c->count == CONFIRMS_MAX)
		take(c, 1);
	*confirms_at(c, c->count++) = (struct confirm){*id, *from};
}

const struct confirm *
confirms_tell(struct confirms *c)
{
	return c->told < c->count ? confirms_at(c, c->told++) : NULL;
}

void
confirms_untell(struct confirms *c)
{
	if (c->told > 0)
		c->told--;
}

void
confirms_untell_all(struct confirms *c)
{
	c->told = 0;
}

bool
confirms_done(struct confirms *c, const struct id *id)
{
	for (size_t i = 0; i < c->told; i++) {
		if (id_order(&confirms_at(c, i)->id, id) == 0) {
			take(c, i + 1);
			return true;
		}
	}
	return false;
}

void
confirms_free(struct confirms *c)
{
	free(c->entries);
	*c = (struct confirms){0};
}
