#include "sys/token.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FOLDER "/keys"
#define FILE_MAX 1024
#define FILE_NAME_MAX (JWT_KID_MAX + 8)
#define SEED_SIZE 32

_Static_assert(TOKEN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES && TOKEN_SECRET_SIZE == crypto_sign_SECRETKEYBYTES &&
               SEED_SIZE == crypto_sign_SEEDBYTES && JWT_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");

/* The two forms of a key's file (RFC 8410): what stands before the 32 bytes is the same in every one. */
static const struct form {
	const char *suffix, *begin, *end;
	uint8_t head[16];
	size_t head_len;
	mode_t mode;
} public_form = {
	".pub", "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----",
	{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, 12, 0644,
}, secret_form = {
	".key", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
	{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20}, 16, 0600,
};

/* Whether a file is to be a key's. */
static bool
is_key(const char *file, const struct form *form)
{
	size_t len = strlen(file), tail = strlen(form->suffix);

	return file[0] != '.' && len >= tail && strcmp(file + len - tail, form->suffix) == 0;
}

/* Takes the suffix off the name of a key's file. False if no key may be called so. */
static bool
to_kid(char kid[JWT_KID_MAX + 1], const char *file, const struct form *form)
{
	size_t len = strlen(file), tail = strlen(form->suffix);
	struct name name;

	if (!is_key(file, form) || len - tail > JWT_KID_MAX || name_make(&name, file, len - tail) < 0)
		return false;
	memcpy(kid, file, len - tail);
	kid[len - tail] = 0;
	return true;
}

static void
name_file(char file[FILE_NAME_MAX], const char *kid, const struct form *form)
{
	snprintf(file, FILE_NAME_MAX, "%s%s", kid, form->suffix);
}

/* The 32 bytes out of the text of a key's file. */
static int
read_form(const struct form *form, const char *text, uint8_t bytes[32])
{
	const char *begin = strstr(text, form->begin), *end = begin ? strstr(begin, form->end) : NULL;
	uint8_t der[64];
	size_t len;

	if (!end)
		return -1;
	begin += strlen(form->begin);
	if (sodium_base642bin(der, sizeof der, begin, (size_t)(end - begin), "\r\n", &len, NULL, sodium_base64_VARIANT_ORIGINAL) < 0 ||
	    len != form->head_len + 32 || memcmp(der, form->head, form->head_len) != 0)
		return -1;
	memcpy(bytes, der + form->head_len, 32);
	sodium_memzero(der, sizeof der);
	return 0;
}

static int
read_file(int folder, const char *file, const struct form *form, uint8_t bytes[32])
{
	int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = -1;
	char text[FILE_MAX + 1];
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, FILE_MAX);
	close(fd);
	if (n >= 0) {
		text[n] = 0;
		r = read_form(form, text, bytes);
		if (r < 0)
			errno = EBADMSG;
	}
	sodium_memzero(text, sizeof text);
	return r;
}

/* Opens the folder of keys. NULL with errno. */
static DIR *
open_folder(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s" FOLDER, directory) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return opendir(path);
}

static int
load_key(struct token_keys *keys, int folder, const char *file, const char *directory)
{
	struct token_key *key = &keys->keys[keys->count];

	if (keys->count == TOKEN_KEYS_MAX)
		log_line(LOG_ERR, "%s" FOLDER ": over %d keys", directory, TOKEN_KEYS_MAX);
	else if (!to_kid(key->kid, file, &public_form))
		log_line(LOG_ERR, "%s" FOLDER "/%s: no key may be called so", directory, file);
	else if (read_file(folder, file, &public_form, key->public) < 0)
		log_line(LOG_ERR, "%s" FOLDER "/%s: %s", directory, file,
		         errno == EBADMSG ? "is no public key of Ed25519 (PEM)" : strerror(errno));
	else {
		keys->count++;
		return 0;
	}
	return -1;
}

/* The next file of a key. NULL at the end, with errno or 0. */
static const char *
next_key(DIR *dir, const struct form *form)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && !is_key(entry->d_name, form));
	return entry ? entry->d_name : NULL;
}

/* A key that was passed over might be the only one, and names were free: so one that can't be read is a fault. */
int
token_load(struct token_keys *keys, const char *directory)
{
	DIR *dir = open_folder(directory);
	const char *file;
	int r = 0;

	keys->count = 0;
	if (!dir && errno == ENOENT)
		return 0;
	while (dir && r == 0 && (file = next_key(dir, &public_form)))
		r = load_key(keys, dirfd(dir), file, directory);
	if (r == 0 && errno) {
		log_line(LOG_ERR, "%s" FOLDER ": %m", directory);
		r = -1;
	}
	if (dir)
		closedir(dir);
	return r;
}

const char *
token_check(const struct token_keys *keys, const char *text, size_t len, const char *audience, int64_t now, struct name *user,
            int64_t *until)
{
	struct jwt t;
	const char *fault = jwt_parse(&t, text, len, audience);
	bool known = false, good = false;

	if (fault)
		return fault;
	for (size_t i = 0; i < keys->count && !good; i++) {
		const struct token_key *key = &keys->keys[i];

		if (*t.kid && strcmp(t.kid, key->kid) != 0)
			continue;
		known = true;
		good = crypto_sign_verify_detached(t.signature, (const unsigned char *)t.input, t.input_len, key->public) == 0;
	}
	if (!good)
		return known ? "the token's signature is not good" : "the token is signed with a key that is not known here";
	*user = t.user;
	*until = t.exp + JWT_SKEW;
	return jwt_time_fault(&t, now);
}

/* The last secret key by name. */
static bool
find_last(DIR *dir, char kid[JWT_KID_MAX + 1])
{
	char found[JWT_KID_MAX + 1];
	const char *file;
	bool any = false;

	while ((file = next_key(dir, &secret_form))) {
		if (to_kid(found, file, &secret_form) && (!any || strcmp(found, kid) > 0)) {
			memcpy(kid, found, sizeof found);
			any = true;
		}
	}
	return any;
}

int
token_load_secret(struct token_secret *secret, const char *directory, const char *kid)
{
	DIR *dir = open_folder(directory);
	char file[FILE_NAME_MAX];
	uint8_t seed[SEED_SIZE], public[TOKEN_PUBLIC_SIZE];
	int r = -1;

	if (!dir) {
		log_line(LOG_ERR, "%s" FOLDER ": %m; chatctl keygen makes a key", directory);
		return -1;
	}
	if (kid)
		snprintf(secret->kid, sizeof secret->kid, "%s", kid);
	if (!kid && !find_last(dir, secret->kid)) {
		log_line(LOG_ERR, "%s" FOLDER ": no key to sign with; chatctl keygen makes one", directory);
		errno = ENOENT;
	} else {
		name_file(file, secret->kid, &secret_form);
		r = read_file(dirfd(dir), file, &secret_form, seed);
		if (r < 0)
			log_line(LOG_ERR, "%s" FOLDER "/%s: %s", directory, file,
			         errno == EBADMSG ? "is no secret key of Ed25519 (PEM)" : strerror(errno));
		else
			crypto_sign_seed_keypair(public, secret->secret, seed);
	}
	sodium_memzero(seed, sizeof seed);
	closedir(dir);
	return r;
}

void
token_forget(struct token_secret *secret)
{
	sodium_memzero(secret, sizeof *secret);
}

int
token_sign(struct buf *out, const struct token_secret *secret, const struct name *user, int64_t now, int64_t ttl, const char *audience)
{
	size_t before = buf_len(out);
	uint8_t signature[JWT_SIGNATURE_SIZE];

	if (jwt_make(out, secret->kid, user, now, now + ttl, audience) < 0)
		return -1;
	crypto_sign_detached(signature, NULL, buf_at(out) + before, buf_len(out) - before, secret->secret);
	return jwt_seal(out, signature);
}

/* A new file, or none. */
static int
write_file(int folder, const char *kid, const struct form *form, const uint8_t bytes[32])
{
	char file[FILE_NAME_MAX], base64[128], text[FILE_MAX];
	uint8_t der[64];
	int fd, n, r;

	memcpy(der, form->head, form->head_len);
	memcpy(der + form->head_len, bytes, 32);
	sodium_bin2base64(base64, sizeof base64, der, form->head_len + 32, sodium_base64_VARIANT_ORIGINAL);
	n = snprintf(text, sizeof text, "%s\n%s\n%s\n", form->begin, base64, form->end);
	name_file(file, kid, form);
	fd = openat(folder, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, form->mode);
	r = fd < 0 ? -1 : fchmod(fd, form->mode) < 0 || write(fd, text, (size_t)n) != n || fsync(fd) < 0 ? -1 : 0;
	if (fd >= 0) {
		int kept = errno;

		close(fd);
		if (r < 0)
			unlinkat(folder, file, 0);
		errno = kept;
	}
	sodium_memzero(der, sizeof der);
	sodium_memzero(base64, sizeof base64);
	sodium_memzero(text, sizeof text);
	return r;
}

/* The secret one first: whoever finds the public one can sign for it. Both, or none. */
static int
write_pair(int folder, const char *kid)
{
	uint8_t public[TOKEN_PUBLIC_SIZE], secret[TOKEN_SECRET_SIZE];
	char file[FILE_NAME_MAX];
	int r, kept;

	crypto_sign_keypair(public, secret);
	r = write_file(folder, kid, &secret_form, secret);
	if (r == 0 && write_file(folder, kid, &public_form, public) < 0) {
		kept = errno;
		name_file(file, kid, &secret_form);
		unlinkat(folder, file, 0);
		errno = kept;
		r = -1;
	}
	sodium_memzero(secret, sizeof secret);
	return r;
}

/* A folder that sessions, as whoever they run, can look into. */
static int
make_folder(const char *path)
{
	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755);
	return errno == EEXIST ? 0 : -1;
}

int
token_generate(const char *directory, const char *kid)
{
	char path[PATH_MAX];
	int folder, r;

	if (snprintf(path, sizeof path, "%s" FOLDER, directory) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (make_folder(directory) < 0 || make_folder(path) < 0)
		return -1;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	r = write_pair(folder, kid);
	if (r == 0)
		r = fsync(folder);
	close(folder);
	return r;
}
