/* Keys and tokens. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scan.h"
#include "ctl/ctl.h"
#include "sys/conf.h"
#include "sys/token.h"

#define KEYGEN_USAGE "keygen [KID]"
#define TOKEN_USAGE "token USER [--ttl N[s|m|h|d]] [--kid KID]"
#define TTL 3600 /* seconds */

/* Of several keys the last by name signs: so the usual name is the time. */
static void
usual_kid(char kid[JWT_KID_MAX + 1])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(kid, JWT_KID_MAX + 1, "%Y%m%dT%H%M%SZ", &tm);
}

/* The exit status for an error with the keys, or else `usual`. */
static int
to_status(int error, int usual)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case EEXIST:
		return CTL_NO;
	case EBADMSG:
		return EX_CONFIG;
	default:
		return usual;
	}
}

/* chat-auth signs with it, and is not root. */
static int
give(const char *path, const char *kid)
{
	char file[PATH_MAX + JWT_KID_MAX + 16];
	int owner = ctl_auth_user();

	snprintf(file, sizeof file, "%s/keys/%s.key", path, kid);
	if (owner < 0 || lchown(file, (uid_t)owner, (gid_t)-1) == 0)
		return 0;
	log_line(LOG_ERR, "%s: %m", file);
	return -1;
}

int
ctl_keygen(int argc, char **argv)
{
	char path[PATH_MAX], kid[JWT_KID_MAX + 1];
	struct name name;

	if (argc > 1 || (argc == 1 && name_make(&name, argv[0], strlen(argv[0])) < 0))
		ctl_misuse(KEYGEN_USAGE);
	ctl_config(path);
	usual_kid(kid);
	if (argc == 1)
		snprintf(kid, sizeof kid, "%s", name.text);
	if (token_generate(path, kid) < 0) {
		log_line(LOG_ERR, "%s/keys/%s: %s", path, kid, errno == EEXIST ? "there is a key of that name" : strerror(errno));
		return to_status(errno, EX_CANTCREAT);
	}
	if (give(path, kid) < 0)
		return EX_CANTCREAT;
	printf("%s/keys/%s.key signs tokens: keep it secret\n%s/keys/%s.pub checks them\n", path, kid, path, kid);
	return EX_OK;
}

int
ctl_token(int argc, char **argv)
{
	const char *kid = NULL;
	char path[PATH_MAX], audience[JWT_AUDIENCE_MAX + 1];
	struct token_secret secret;
	struct buf token = {0};
	long long ttl = TTL;
	struct name user, key;

	if (argc < 1 || name_make(&user, argv[0], strlen(argv[0])) < 0)
		ctl_misuse(TOKEN_USAGE);
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && strcmp(argv[i], "--kid") == 0 && name_make(&key, argv[i + 1], strlen(argv[i + 1])) == 0)
			kid = key.text;
		else if (i + 1 >= argc || strcmp(argv[i], "--ttl") != 0 || scan_seconds(argv[i + 1], CONF_TTL_MAX, &ttl) < 0)
			ctl_misuse(TOKEN_USAGE);
	}
	ctl_config(path);
	if (conf_audience(audience) < 0)
		return EX_CONFIG;
	if (token_load_secret(&secret, path, kid) < 0)
		return to_status(errno, CTL_NO);
	if (token_sign(&token, &secret, &user, (int64_t)(clock_wall_ms() / 1000), ttl, audience) < 0)
		return EX_OSERR;
	token_forget(&secret);
	ctl_print(&token);
	return EX_OK;
}
