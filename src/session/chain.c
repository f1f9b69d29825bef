#include "session/chain.h"

#include <stdlib.h>

struct chain_peer {
	struct name user;
	struct id last;
	bool delivered;          /* it is known to have arrived */
	struct id refused, kept; /* the last that will not be there, and the one before all such in a row */
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

bool
chain_knows(struct chain *c, const struct name *user)
{
	const struct chain_peer *p = find(c, user, false);

	return p && id_is_set(&p->last);
}

void
chain_sent(struct chain *c, const struct name *user, const struct id *id)
{
	struct chain_peer *p = find(c, user, true);

	if (!p)
		return;
	p->last = *id;
	p->delivered = false;
}

void
chain_refused(struct chain *c, const struct name *user, const struct id *id, const struct id *prev)
{
	struct chain_peer *p = find(c, user, false);

	if (!p)
		return;
	if (!id_is_set(&p->refused) || id_order(&p->refused, prev) != 0)
		p->kept = *prev;
	p->refused = *id;
	if (id_order(&p->last, id) != 0)
		return;
	p->last = p->kept;
	p->delivered = false;
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
