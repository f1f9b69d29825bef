#include "rows.h"

#include <stdio.h>
#include <string.h>

#include "scene.h"

#define HEAD_FAULTS (SCENE_RSV | SCENE_MASK | SCENE_OPCODE | SCENE_STRAY | SCENE_NESTED | SCENE_TOO_BIG)

/* All that a row looks at. */
struct clash {
	const struct scene *scene;
	const struct tape *tape;
	const struct heard *wslay;
	const struct event *l, *w;
};

static bool
says(const struct event *e, enum ws_event kind, uint16_t code)
{
	return e && e->kind == kind && e->code == code;
}

/* The first piece with which `offset` bytes have come; the number of pieces when that never happens. */
static size_t
piece_of(const struct tape *t, size_t offset)
{
	size_t i = 0;

	while (i < t->pieces && t->piece_end[i] < offset)
		i++;
	return i;
}

static size_t
piece_or_never(const struct tape *t, const struct event *e)
{
	return e ? e->piece : t->pieces;
}

static unsigned
close_code(const struct scene *s)
{
	return s->have >= 2 ? (unsigned)s->payload[0] << 8 | s->payload[1] : 0;
}

static bool
is_whole_close(const struct scene *s)
{
	return s->facts == SCENE_CLOSE && s->have == s->len;
}

static bool
is_new_code(unsigned code)
{
	return code >= 1012 && code <= 1014;
}

static bool
wslay_takes_code(unsigned code)
{
	return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1011 && (code < 1004 || code > 1006));
}

static int
reason_utf8(const struct scene *s)
{
	return s->have > 2 ? scene_utf8(s->payload + 2, s->have - 2) : 1;
}

/* What wslay makes of a close reason that comes in pieces: it leaves out the first two bytes of each read. The offset in the
 * payload at which it has found a fault goes to *at. */
static int
wslay_utf8(const struct clash *c, size_t *at)
{
	uint8_t seen[FRAME_CONTROL_MAX];
	size_t start = c->scene->at + c->scene->head, len = 0, from = 0;
	int utf8 = 1;

	for (size_t i = 0; i < c->wslay->cuts && from < c->scene->have; i++) {
		size_t cut = c->wslay->cut[i] < start ? 0 : c->wslay->cut[i] - start;

		if (cut > c->scene->have)
			cut = c->scene->have;
		for (size_t j = from + 2; j < cut; j++)
			seen[len++] = c->scene->payload[j];
		from = cut > from ? cut : from;
		utf8 = scene_utf8(seen, len);
		*at = from;
		if (utf8 < 0)
			break;
	}
	return utf8;
}

static unsigned
no_code(const struct clash *c)
{
	bool its = c->scene->facts & (SCENE_CONTROL_FRAGMENT | SCENE_CONTROL_LONG | SCENE_LENGTH_FORM);

	return its && says(c->l, WS_FAIL, WS_PROTOCOL_ERROR) && says(c->w, WS_FAIL, WS_NO_STATUS) ? WHAT : 0;
}

static unsigned
late(const struct clash *c)
{
	size_t due = c->scene->at + c->scene->head + (c->scene->len > 0);
	bool its = (c->scene->facts & HEAD_FAULTS) && c->l && c->l->kind == WS_FAIL && (!c->w || c->w->kind == WS_FAIL);

	if (!its || piece_or_never(c->tape, c->w) > piece_of(c->tape, due))
		return 0;
	return piece_or_never(c->tape, c->w) > c->l->piece ? WHEN : 0;
}

static unsigned
new_codes(const struct clash *c)
{
	unsigned code = close_code(c->scene);

	if (!is_whole_close(c->scene) || !is_new_code(code) || reason_utf8(c->scene) < 1)
		return 0;
	return says(c->l, WS_CLOSE, (uint16_t)code) && says(c->w, WS_FAIL, WS_PROTOCOL_ERROR) ? WHAT : 0;
}

static unsigned
half_code(const struct clash *c)
{
	if (!is_whole_close(c->scene) || c->scene->len != 1)
		return 0;
	return says(c->l, WS_FAIL, WS_PROTOCOL_ERROR) && says(c->w, WS_CLOSE, WS_NO_STATUS) && c->w->len == 0 ? WHAT : 0;
}

static unsigned
two_faults(const struct clash *c)
{
	bool both = is_whole_close(c->scene) && !wslay_takes_code(close_code(c->scene)) && !is_new_code(close_code(c->scene)) &&
	            reason_utf8(c->scene) < 1;

	return both && says(c->l, WS_FAIL, WS_PROTOCOL_ERROR) && says(c->w, WS_FAIL, WS_BAD_PAYLOAD) ? WHAT : 0;
}

/* Only where those two bytes make the difference. */
static unsigned
skipped(const struct clash *c)
{
	unsigned code = close_code(c->scene);
	bool whole = c->scene->have == c->scene->len;
	size_t at = 0;
	int its;

	if ((c->scene->facts & ~(unsigned)SCENE_CUT) != SCENE_CLOSE || c->scene->have < 2)
		return 0;
	its = wslay_utf8(c, &at);
	if ((reason_utf8(c->scene) == 1) == (its == 1))
		return 0;
	if (its < 1)
		return (whole || its < 0) && says(c->w, WS_FAIL, WS_BAD_PAYLOAD) ? WHEN | WHAT : 0;
	if (!whole)
		return 0;
	return says(c->w, WS_CLOSE, (uint16_t)code) || (!wslay_takes_code(code) && says(c->w, WS_FAIL, WS_PROTOCOL_ERROR)) ? WHAT : 0;
}

static unsigned
early(const struct clash *c)
{
	size_t at = 0;

	if ((c->scene->facts & ~(unsigned)SCENE_CUT) != SCENE_CLOSE || !says(c->w, WS_FAIL, WS_BAD_PAYLOAD) || wslay_utf8(c, &at) >= 0)
		return 0;
	at += c->scene->at + c->scene->head;
	return piece_of(c->tape, at) == c->w->piece && c->w->piece < piece_or_never(c->tape, c->l) ? WHEN : 0;
}

static unsigned
control_limit(const struct clash *c)
{
	bool its = c->scene->facts & SCENE_CONTROL_OVER_LIMIT;

	return its && says(c->w, WS_FAIL, WS_TOO_BIG) ? WHEN | WHAT : 0;
}

static unsigned
empties(const struct clash *c)
{
	return c->scene->facts & SCENE_EMPTY && says(c->l, WS_FAIL, WS_POLICY) ? WHEN | WHAT : 0;
}

static const struct row {
	const char *name, *what, *right;
	unsigned (*explains)(const struct clash *c);
} rows[] = {
	{"no code", "a control frame in fragments or over 125 bytes, a length not in its shortest form: libws closes with 1002, wslay "
	            "with a close frame without a code", "libws: RFC 6455, 7.1.7 wants the appropriate code, and 7.4.1 has 1002 for it", no_code},
	{"head first", "a fault in a frame's head: libws fails with the bytes that show it, wslay when the head and a byte of the "
	               "payload have come", "both: RFC 6455, 7.1.7 does not say when; what comes can not mend it", late},
	{"new close codes", "close codes 1012, 1013, 1014: libws takes them, wslay fails with 1002",
	 "libws: they are registered with IANA, as RFC 6455, 7.4.2 and 11.7 provide for", new_codes},
	{"half a code", "a close frame of one byte: libws fails with 1002, wslay takes it for one without a code",
	 "libws: RFC 6455, 5.5.1: if there is a body, its first two bytes must be a code", half_code},
	{"code and reason", "a close frame with a bad code and a reason that is not UTF-8: libws fails with 1002 for the code, wslay with "
	                    "1007 for the reason", "both: RFC 6455 has no order of checks", two_faults},
	{"reason in pieces", "a close frame that comes in pieces: wslay leaves out the first two bytes of each for the code, and so "
	                     "takes a bad reason or refuses a good one", "libws: RFC 6455, 5.5.1: the code is at the start of the body", skipped},
	{"reason at once", "a close reason that is not UTF-8: wslay fails with the first bad byte, libws when the frame is whole",
	 "both: RFC 6455, 8.1; a control frame has 125 bytes at the most", early},
	{"control over limit", "a control frame longer than the limit of messages: libws takes it, wslay fails with 1009",
	 "libws: RFC 6455, 5.5: a control frame may have 125 bytes whatever a message may have", control_limit},
	{"empty fragments", "more than WS_EMPTY_FRAGMENTS_MAX empty fragments in a message: libws fails with 1008, wslay takes them",
	 "both: RFC 6455, 10.4 lets an implementation have limits", empties},
};

#define ROWS (sizeof rows / sizeof *rows)

static uint64_t counts[ROWS];

static bool
same_event(const struct heard *a, const struct event *x, const struct heard *b, const struct event *y)
{
	return x->kind == y->kind && x->code == y->code && x->len == y->len && memcmp(a->bytes + x->at, b->bytes + y->at, x->len) == 0;
}

bool
rows_compare(struct difference *d, const struct heard *libws, const struct heard *wslay)
{
	for (size_t i = 0; i < libws->count || i < wslay->count; i++) {
		const struct event *l = i < libws->count ? &libws->events[i] : NULL, *w = i < wslay->count ? &wslay->events[i] : NULL;

		*d = (struct difference){.libws = l, .wslay = w};
		if (!l || !w || l->piece != w->piece)
			d->aspects |= WHEN;
		if (l && w && !same_event(libws, l, wslay, w))
			d->aspects |= WHAT;
		if (d->aspects)
			return true;
	}
	return false;
}

bool
rows_explain(const struct difference *d, const struct tape *t, const struct heard *wslay)
{
	static struct scene scene;
	struct clash c = {&scene, t, wslay, d->libws, d->wslay};
	unsigned left = d->aspects;

	scene_find(&scene, t);
	for (size_t i = 0; i < ROWS; i++) {
		unsigned explained = rows[i].explains(&c) & d->aspects;

		counts[i] += explained != 0;
		left &= ~explained;
	}
	return left == 0;
}

void
rows_print(void)
{
	for (const struct row *row = rows; row < rows + ROWS; row++)
		printf("| %s | %s | %s |\n", row->name, row->what, row->right);
}

void
rows_print_counts(void)
{
	for (size_t i = 0; i < ROWS; i++)
		printf("%12llu  %s\n", (unsigned long long)counts[i], rows[i].name);
}

const char *
rows_dead(void)
{
	for (size_t i = 0; i < ROWS; i++)
		if (counts[i] == 0)
			return rows[i].name;
	return NULL;
}
