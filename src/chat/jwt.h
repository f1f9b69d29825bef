#ifndef CHAT_JWT_H
#define CHAT_JWT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/name.h"

#define JWT_MAX 4096        /* bytes of a token */
#define JWT_KID_MAX 64      /* bytes of a key's name */
#define JWT_AUDIENCE_MAX 256
#define JWT_SIGNATURE_SIZE 64
#define JWT_SKEW 30         /* seconds that the clock of who signed it may differ from ours */

/* A JSON Web Token (RFC 7519), signed with Ed25519 (RFC 8037), taken apart. Nothing in it is to be believed before the signature
 * of `input` has been checked with the key that `kid` names. */
struct jwt {
	const char *input; /* what is signed: in the text that was parsed */
	size_t input_len;
	uint8_t signature[JWT_SIGNATURE_SIZE];
	char kid[JWT_KID_MAX + 1]; /* "": it names none */
	struct name user;          /* sub */
	int64_t exp, nbf, iat;     /* seconds since 1970; nbf and iat 0 if it has none */
};

/* Takes a token apart and looks at all but the signature and the times. `audience`: who we are, "" for nobody in particular;
 * then a token that is for somebody is for somebody else. NULL, or what is wrong, for people. */
const char *jwt_parse(struct jwt *t, const char *text, size_t len, const char *audience);

/* What is wrong with its times at `now`, in seconds since 1970; NULL if nothing is. */
const char *jwt_time_fault(const struct jwt *t, int64_t now);

/* What is to be signed, at the end of `out`; then, behind it, the signature, which makes it whole. `audience` may be "". 0, or -1 with
 * errno. */
int jwt_make(struct buf *out, const char *kid, const struct name *user, int64_t now, int64_t exp, const char *audience);
int jwt_seal(struct buf *out, const uint8_t signature[JWT_SIGNATURE_SIZE]);

#endif
