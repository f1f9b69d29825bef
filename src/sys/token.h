#ifndef SYS_TOKEN_H
#define SYS_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/jwt.h"
#include "chat/name.h"

/*
 * The keys of tokens: Ed25519, as openssl(1) and others read and write them, in the folder `keys` of the configuration
 * directory. KID.pub is a public key (SubjectPublicKeyInfo, PEM), which sessions read; KID.key the secret one that goes with it
 * (PKCS #8, PEM), for who signs. KID, the name of a file, is what a token calls the key by; it is as a user's name is.
 */
#define TOKEN_KEYS_MAX 16
#define TOKEN_PUBLIC_SIZE 32
#define TOKEN_SECRET_SIZE 64

struct token_keys {
	size_t count;
	struct token_key {
		char kid[JWT_KID_MAX + 1];
		uint8_t public[TOKEN_PUBLIC_SIZE];
	} keys[TOKEN_KEYS_MAX];
};

/* Reads all public keys of a configuration directory: none if it has no such folder. 0, or -1 after a line in the log, also
 * where one of them is none, or can't be read. */
int token_load(struct token_keys *keys, const char *directory);

/* Checks a token at `now`, seconds since 1970. NULL with whose it is and until when, or what is wrong, for people. */
const char *token_check(const struct token_keys *keys, const char *text, size_t len, const char *audience, int64_t now,
                        struct name *user, int64_t *until);

/* The key to sign with: `kid`, or with NULL the last by name. */
struct token_secret {
	char kid[JWT_KID_MAX + 1];
	uint8_t secret[TOKEN_SECRET_SIZE];
};

/* Reads it. 0, or -1 with errno after a line in the log: EBADMSG if that is no key. token_forget overwrites it. */
int token_load_secret(struct token_secret *secret, const char *directory, const char *kid);
void token_forget(struct token_secret *secret);

/* A token for a user from `now` on, for `ttl` seconds, at the end of `out`. 0, or -1 with errno. */
int token_sign(struct buf *out, const struct token_secret *secret, const struct name *user, int64_t now, int64_t ttl,
               const char *audience);

/* Makes a pair of keys in a configuration directory, which is made if need be, as its folder of keys is. The secret one may be
 * read by its owner alone. 0, or -1 with errno and no key: EEXIST if there is one of that name. */
int token_generate(const char *directory, const char *kid);

#endif
