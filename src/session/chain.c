#include "session/chain.h"

#include <stdlib.h>

struct chain_peer {
	struct name user;
	struct id last;
	bool delivered, before; /* it is known to have arrived; so was the one before it */
	uint64_t used;
};

/* The entry of a user; with `make` a new one for the one that was not used for longest. NULL if there is none. */
static struct chain_peer *
find(struct chain *c, const struct name *user, bool make)
{
	struct chain_peer *oldest;

	if (!c->peers && make)
		c->peers = calloc(CHAIN_PEERS, sizeof *c->peers);
	if (!c->peers)
		return NULL;
	oldest = c->peers;
	for (struct chain_peer *p = c->peers; p < c->peers + CHAIN_PEERS; p++) {
		if (name_equal(&p->user, user)) {
			p->used = ++c->uses;
			return p;
		}
		if (p->used < oldest->used)
			oldest = p;
	}
	if (!make)
		return NULL;
	*oldest = (struct chain_peer){.user = *user, .used = ++c->uses};
	return oldest;
}

struct id
chain_last(struct chain *c, const struct name *user, bool stored)
{
	const struct chain_peer *p = find(c, user, false);

	if (!p || (p->delivered && !stored))
		return (struct id){0};
	return p->last;
}

void
chain_sent(struct chain *c, const struct name *user, const struct id *id)
{
	struct chain_peer *p = find(c, user, true);

	if (!p)
		return;
	p->last = *id;
	p->before = p->delivered;
	p->delivered = false;
}

void
chain_refused(struct chain *c, const struct name *user, const struct id *id, const struct id *prev)
{
	struct chain_peer *p = find(c, user, false);

	if (!p || id_order(&p->last, id) != 0)
		return;
	p->last = *prev;
	p->delivered = p->before;
	p->before = false;
}

void
chain_delivered(struct chain *c, const struct name *user, const struct id *id)
{
	struct chain_peer *p = find(c, user, false);

	if (p && id_order(&p->last, id) == 0)
		p->delivered = true;
}

void
chain_free(struct chain *c)
{
	free(c->peers);
	*c = (struct chain){0};
}
