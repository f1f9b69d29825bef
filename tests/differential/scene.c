#include "scene.h"

#include <string.h>

#define KIND_NONE 0

/* The message under way. */
struct message {
	unsigned kind;
	size_t len, empties;
	uint8_t bytes[TAPE_MAX];
};

/* Whether any character lies in the range, which is that of what its missing bits may be. */
static bool
has_character(uint32_t first, uint32_t last, uint32_t least, uint32_t most)
{
	if (first < least)
		first = least;
	if (last > most)
		last = most;
	return first <= last && !(first >= 0xd800 && last <= 0xdfff);
}

int
scene_utf8(const uint8_t *p, size_t len)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}, most[] = {0x7f, 0x7ff, 0xffff, 0x10ffff};

	for (size_t i = 0; i < len;) {
		uint8_t lead = p[i++];
		unsigned more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 4, got = 0;
		uint32_t c = more == 0 ? lead : lead & (0x3fu >> more);

		if (more == 4)
			return -1;
		for (; got < more && i < len && p[i] >> 6 == 2; got++)
			c = c << 6 | (p[i++] & 0x3f);
		c <<= 6 * (more - got);
		if (!has_character(c, c | ((1u << 6 * (more - got)) - 1), least[more], most[more]))
			return -1;
		if (got < more)
			return i < len ? -1 : 0;
	}
	return 1;
}

static unsigned
head_facts(const struct tape *t, const struct message *m, const uint8_t *p)
{
	unsigned opcode = p[0] & 15, facts = 0;

	if (p[0] & 0x70)
		facts |= SCENE_RSV;
	if ((p[1] >= 0x80) != (t->role == WS_SERVER))
		facts |= SCENE_MASK;
	if ((opcode > 2 && opcode < 8) || opcode > 10)
		facts |= SCENE_OPCODE;
	if (opcode == 0 && m->kind == KIND_NONE)
		facts |= SCENE_STRAY;
	if ((opcode == 1 || opcode == 2) && m->kind != KIND_NONE)
		facts |= SCENE_NESTED;
	if (opcode >= 8 && p[0] < 0x80)
		facts |= SCENE_CONTROL_FRAGMENT;
	if (opcode >= 8 && (p[1] & 0x7f) > 125)
		facts |= SCENE_CONTROL_LONG;
	if (opcode == 8)
		facts |= SCENE_CLOSE;
	return facts;
}

/* The length; where it is not there yet, 0 and a fact. */
static unsigned
length(struct scene *s, const uint8_t *p, size_t have)
{
	size_t wide = (p[1] & 0x7f) == 126 ? 2 : (p[1] & 0x7f) == 127 ? 8 : 0;

	s->head = 2 + wide + (p[1] >= 0x80 ? 4 : 0);
	s->len = wide ? 0 : p[1] & 0x7f;
	if (have < 2 + wide)
		return SCENE_CUT;
	for (size_t i = 0; i < wide; i++)
		s->len = s->len << 8 | p[2 + i];
	if (wide && (s->len < (wide == 2 ? 126 : 65536) || s->len >= (uint64_t)1 << 63))
		return SCENE_LENGTH_FORM;
	return have < s->head ? SCENE_CUT : 0;
}

static void
unmask(struct scene *s, const uint8_t *p, size_t have)
{
	uint64_t payload = have > s->head ? have - s->head : 0;

	s->have = (size_t)(payload < s->len ? payload : s->len);
	for (size_t i = 0; i < s->have; i++)
		s->payload[i] = p[s->head + i] ^ (p[1] >= 0x80 ? p[s->head - 4 + i % 4] : 0);
	if (s->have < s->len)
		s->facts |= SCENE_CUT;
}

/* A data frame becomes part of its message. */
static void
add(struct scene *s, struct message *m, const struct tape *t, unsigned first)
{
	if (first & 15) {
		m->kind = first & 15;
		m->len = m->empties = 0;
	}
	if (s->len > t->limit - m->len) {
		s->facts |= SCENE_TOO_BIG;
		return;
	}
	m->empties += s->len == 0;
	if (m->empties > WS_EMPTY_FRAGMENTS_MAX)
		s->facts |= SCENE_EMPTY;
	memcpy(m->bytes + m->len, s->payload, s->have);
	m->len += s->have;
	if (m->kind == 1) {
		int utf8 = scene_utf8(m->bytes, m->len);

		if (utf8 < 0 || (utf8 == 0 && first >= 0x80 && !(s->facts & SCENE_CUT)))
			s->facts |= SCENE_BAD_TEXT;
	}
	if (first >= 0x80)
		m->kind = KIND_NONE;
}

void
scene_find(struct scene *s, const struct tape *t)
{
	static struct message m;

	m.kind = KIND_NONE;
	s->facts = 0;
	for (s->at = 0; s->at < t->len && !s->facts; s->at += s->facts ? 0 : s->head + s->have) {
		const uint8_t *p = t->bytes + s->at;
		size_t have = t->len - s->at;

		s->have = 0;
		if (have < 2) {
			s->facts = SCENE_CUT;
			break;
		}
		s->facts = head_facts(t, &m, p) | length(s, p, have);
		if (!(s->facts & ~(unsigned)SCENE_CLOSE))
			unmask(s, p, have);
		if ((p[0] & 8) && s->len > t->limit)
			s->facts |= SCENE_CONTROL_OVER_LIMIT;
		if (!(p[0] & 8) && !(s->facts & ~(unsigned)SCENE_CUT) && !((s->facts & SCENE_CUT) && have < s->head))
			add(s, &m, t, p[0]);
	}
}
