#ifndef DIFFERENTIAL_TAPE_H
#define DIFFERENTIAL_TAPE_H

#include "dice.h"
#include "ws/ws.h"

#define TAPE_MAX (1 << 17)
#define TAPE_FRAMES_MAX 4096

/* What one peer sends, and how it arrives. */
struct tape {
	uint64_t seed;
	enum ws_role role; /* of the one that hears it */
	size_t limit;      /* the largest message that is let in */
	size_t len;
	size_t frames, frame_at[TAPE_FRAMES_MAX]; /* where frames begin, as they were made */
	size_t pieces, piece_end[TAPE_MAX + 2];
	uint8_t bytes[TAPE_MAX];
};

/* The tape that this seed stands for. */
void tape_make(struct tape *t, uint64_t seed);

/* A frame, which may be wrong in each of its parts. */
struct tape_frame {
	unsigned first;     /* the first byte */
	const uint8_t *data;
	size_t len;
	uint64_t claimed;   /* the length that the head has, */
	unsigned wide;      /* in this many bytes: 0, 2, 8 */
	bool wrong_mask;    /* masked where it must not be, or the other way round */
};

/* A frame as it should be. */
struct tape_frame tape_frame(unsigned first, const uint8_t *data, size_t len);

/* Adds it; what has no room is left out. */
void tape_put(struct tape *t, struct dice *d, const struct tape_frame *f);

/* Spoils what is there: bits, bytes, lengths, whole frames, the end. */
void tape_mutate(struct tape *t, struct dice *d);

/* Cuts it into the pieces in which it arrives; some are empty. */
void tape_cut(struct tape *t, struct dice *d);

#endif
