#ifndef DIFFERENTIAL_SCENE_H
#define DIFFERENTIAL_SCENE_H

#include "tape.h"

/* What is the matter with a frame, found by reading the tape as a whole: apart from both libraries, and without a verdict. */
enum scene_fact {
	SCENE_RSV = 1,                 /* a reserved bit */
	SCENE_MASK = 2,                /* masked where it must not be, or the other way round */
	SCENE_OPCODE = 4,              /* a reserved opcode */
	SCENE_STRAY = 8,               /* a continuation of nothing */
	SCENE_NESTED = 16,             /* a new message inside another */
	SCENE_CONTROL_FRAGMENT = 32,
	SCENE_CONTROL_LONG = 64,
	SCENE_LENGTH_FORM = 128,       /* not the shortest, or over 2^63 */
	SCENE_TOO_BIG = 256,           /* the message is over the limit with it */
	SCENE_EMPTY = 512,             /* an empty fragment more than libws takes */
	SCENE_CONTROL_OVER_LIMIT = 1024, /* a control frame longer than the limit of messages */
	SCENE_BAD_TEXT = 2048,
	SCENE_CLOSE = 4096,
	SCENE_CUT = 8192,              /* the tape ends inside it */
};

/* The first frame with something the matter. */
struct scene {
	unsigned facts; /* 0: there is none */
	size_t at;      /* the tape's offset */
	size_t head;    /* the length of its head, all of it, even where the tape ends before */
	uint64_t len;   /* what its head says of the payload */
	size_t have;    /* what there is of the payload */
	uint8_t payload[TAPE_MAX];
};

void scene_find(struct scene *s, const struct tape *t);

/* Of UTF-8: 1 for a whole text, 0 for the start of one, -1 for what no text starts with. */
int scene_utf8(const uint8_t *p, size_t len);

#endif
