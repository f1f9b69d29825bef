/* Keys and tokens. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scan.h"
#include "ctl/ctl.h"
#include "sys/conf.h"
#include "sys/token.h"

#define KEYGEN_USAGE "keygen [KID]"
#define TOKEN_USAGE "token USER [--ttl N[s|m|h|d]] [--kid KID]"
#define TTL 3600            /* seconds, */
#define TTL_MAX 315360000LL /* and at most: ten years */

static void
config_directory(char path[PATH_MAX])
{
	if (sodium_init() < 0)
		exit(EX_SOFTWARE);
	if (conf_directory(path) < 0)
		exit(EX_CONFIG);
}

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

int
ctl_keygen(int argc, char **argv)
{
	char path[PATH_MAX], kid[JWT_KID_MAX + 1];
	struct name name;

	if (argc > 1 || (argc == 1 && name_make(&name, argv[0], strlen(argv[0])) < 0))
		ctl_misuse(KEYGEN_USAGE);
	config_directory(path);
	usual_kid(kid);
	if (argc == 1)
		snprintf(kid, sizeof kid, "%s", name.text);
	if (token_generate(path, kid) < 0) {
		log_line(LOG_ERR, "%s/keys/%s: %s", path, kid, errno == EEXIST ? "there is a key of that name" : strerror(errno));
		return to_status(errno, EX_CANTCREAT);
	}
	printf("%s/keys/%s.key signs tokens: keep it secret\n%s/keys/%s.pub checks them\n", path, kid, path, kid);
	return EX_OK;
}

/* A time to live: a number and its unit, seconds if it has none. -1 if it is none. */
static long long
scan_ttl(const char *text)
{
	static const struct {
		char unit;
		long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t len = strlen(text);
	char number[24];
	long long n, factor = 1;

	if (len == 0 || len >= sizeof number)
		return -1;
	memcpy(number, text, len + 1);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (number[len - 1] == units[i].unit) {
			number[len - 1] = 0;
			factor = units[i].seconds;
			break;
		}
	}
	return scan_number(number, 1, TTL_MAX / factor, &n) < 0 ? -1 : n * factor;
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
		if (i + 1 < argc && strcmp(argv[i], "--ttl") == 0)
			ttl = scan_ttl(argv[i + 1]);
		else if (i + 1 < argc && strcmp(argv[i], "--kid") == 0 && name_make(&key, argv[i + 1], strlen(argv[i + 1])) == 0)
			kid = key.text;
		else
			ttl = -1;
		if (ttl < 0)
			ctl_misuse(TOKEN_USAGE);
	}
	config_directory(path);
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
