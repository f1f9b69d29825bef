#include "sys/conf.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/origin.h"
#include "base/scan.h"

#define RUNTIME_DEFAULT "/run/chat"
#define STATE_DEFAULT "/var/lib/chat"
#define CONFIG_DEFAULT "/etc/chat"
#define HOUR_MS (60 * 60 * 1000LL)
#define TOKEN_TTL (12 * 60 * 60) /* seconds */
#define OPEN_LOGIN_TIMEOUT 300 /* seconds: in open mode a person may be typing the first message by hand */

/* Every number that can be set: docs/settings.md has the same table. */
static const struct setting {
	const char *name;
	size_t offset; /* of an int64_t in struct conf */
	long long usual, least, most, unit;
} settings[] = {
	{"CHAT_MAX_MESSAGE", offsetof(struct conf, max_message), 64 << 10, 128, 16 << 20, 1},
	{"CHAT_RATE", offsetof(struct conf, rate), 1000, 1, 1000000, 1},
	{"CHAT_BURST", offsetof(struct conf, burst), 2000, 1, 1000000, 1},
	{"CHAT_PING_INTERVAL", offsetof(struct conf, ping_interval), 30, 1, 3600, 1000},
	{"CHAT_HEAD_TIMEOUT", offsetof(struct conf, head_timeout), 10, 1, 3600, 1000},
	{"CHAT_LOGIN_TIMEOUT", offsetof(struct conf, login_timeout), 10, 1, 3600, 1000},
	{"CHAT_STALL_TIMEOUT", offsetof(struct conf, stall_timeout), 60, 1, 3600, 1000},
	{"CHAT_MAILBOX_MESSAGES", offsetof(struct conf, mailbox_messages), 10000, 1, 1000000000, 1},
	{"CHAT_MAILBOX_BYTES", offsetof(struct conf, mailbox_bytes), 16 << 20, 1024, 1LL << 40, 1},
};

static int
load_number(struct conf *conf, const struct setting *s)
{
	const char *text = getenv(s->name);
	long long n = s->usual;

	if (text && scan_number(text, s->least, s->most, &n) < 0) {
		log_line(LOG_ERR, "%s=%s: must be a number from %lld to %lld", s->name, text, s->least, s->most);
		return -1;
	}
	*(int64_t *)((char *)conf + s->offset) = n * s->unit;
	return 0;
}

static int
load_flag(const char *name, bool *to, bool usual)
{
	const char *text = getenv(name);
	int flag = usual;

	if (text && scan_flag(text, &flag) < 0) {
		log_line(LOG_ERR, "%s=%s: must be yes or no", name, text);
		return -1;
	}
	*to = flag;
	return 0;
}

static int
load_origins(struct conf *conf)
{
	conf->origins = getenv("CHAT_ORIGINS");
	if (!conf->origins || origin_list_valid(conf->origins))
		return 0;
	log_line(LOG_ERR, "CHAT_ORIGINS=%s: must be origins like https://chat.example, without a path, with commas between", conf->origins);
	return -1;
}

static int
load_door(struct conf *conf)
{
	if (load_flag("CHAT_OPEN_TO_ALL", &conf->open_to_all, false) < 0 || load_flag("CHAT_TRUST_PROXY", &conf->trust_proxy, false) < 0)
		return -1;
	return load_origins(conf);
}

/* One word of CHAT_RETENTION: an age, in days or hours, or a number of messages. */
static int
scan_retention(struct conf *conf, char *word)
{
	size_t len = strlen(word);
	char unit = len > 0 ? word[len - 1] : 0;
	long long n;

	if (unit == 'd' || unit == 'h')
		word[len - 1] = 0;
	if (scan_number(word, 0, 1000000000, &n) < 0)
		return -1;
	if (unit == 'd' || unit == 'h')
		conf->keep_age = n * (unit == 'd' ? 24 : 1) * HOUR_MS;
	else
		conf->keep_count = n;
	return 0;
}

static int
load_retention(struct conf *conf)
{
	const char *text = getenv("CHAT_RETENTION");
	char words[64], *rest = words, *word;

	conf->keep_age = conf->keep_count = 0;
	snprintf(words, sizeof words, "%s", text ? text : "365d");
	while ((word = strsep(&rest, ","))) {
		if (scan_retention(conf, word) < 0) {
			log_line(LOG_ERR, "CHAT_RETENTION=%s: must be an age (30d, 12h), a number of messages, both with a comma, or 0", text);
			return -1;
		}
	}
	return 0;
}

static int
set_path(char path[PATH_MAX], const char *text, const char *tail)
{
	int n = snprintf(path, PATH_MAX, "%s%s", text, tail);

	if (n < 0 || n >= PATH_MAX || path[0] != '/') {
		log_line(LOG_ERR, "the directory %s: must be an absolute path", text);
		return -1;
	}
	return 0;
}

static int
can_be_had(const char *path, bool make)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return st.st_uid == geteuid() || geteuid() == 0;
	return make && mkdir(path, 0700) == 0;
}

int
conf_runtime(char path[PATH_MAX], bool make)
{
	const char *text = getenv("CHAT_RUNTIME_DIR");
	char own[64];

	if (!text)
		text = getenv("RUNTIME_DIRECTORY");
	if (text)
		return set_path(path, text, "");
	if (can_be_had(RUNTIME_DEFAULT, make))
		return set_path(path, RUNTIME_DEFAULT, "");
	text = getenv("XDG_RUNTIME_DIR");
	if (text)
		return set_path(path, text, "/chat");
	snprintf(own, sizeof own, "/tmp/chat-%ld", (long)geteuid());
	return set_path(path, own, "");
}

/* A directory: our own setting, else what systemd says, else the usual one. */
static int
find_path(char path[PATH_MAX], const char *ours, const char *systemds, const char *usual)
{
	const char *text = getenv(ours);

	if (!text)
		text = getenv(systemds);
	return set_path(path, text ? text : usual, "");
}

int
conf_state(char path[PATH_MAX])
{
	return find_path(path, "CHAT_STATE_DIR", "STATE_DIRECTORY", STATE_DEFAULT);
}

int
conf_directory(char path[PATH_MAX])
{
	return find_path(path, "CHAT_CONFIG_DIR", "CONFIGURATION_DIRECTORY", CONFIG_DEFAULT);
}

int
conf_audience(char audience[JWT_AUDIENCE_MAX + 1])
{
	const char *text = getenv("CHAT_AUDIENCE");

	if (text && strlen(text) > JWT_AUDIENCE_MAX) {
		log_line(LOG_ERR, "CHAT_AUDIENCE: over %d bytes", JWT_AUDIENCE_MAX);
		return -1;
	}
	snprintf(audience, JWT_AUDIENCE_MAX + 1, "%s", text ? text : "");
	return 0;
}

int
conf_token_ttl(long long *seconds)
{
	const char *text = getenv("CHAT_TOKEN_TTL");

	*seconds = TOKEN_TTL;
	if (text && scan_seconds(text, CONF_TTL_MAX, seconds) < 0) {
		log_line(LOG_ERR, "CHAT_TOKEN_TTL=%s: must be a time (12h, 30m), of ten years at most", text);
		return -1;
	}
	return 0;
}

/* Who has put a key there wants it to be asked for: only without any is the door open. */
static int
load_auth(struct conf *conf)
{
	const char *text = getenv("CHAT_AUTH");
	char path[PATH_MAX];

	conf->auth = CONF_OPEN;
	conf->keys.count = 0;
	if (conf_audience(conf->audience) < 0)
		return -1;
	if (text && strcmp(text, "open") == 0)
		return 0;
	if (text && strcmp(text, "token") != 0 && strcmp(text, "password") != 0) {
		log_line(LOG_ERR, "CHAT_AUTH=%s: must be open, token or password", text);
		return -1;
	}
	if (conf_directory(path) < 0 || token_load(&conf->keys, path) < 0)
		return -1;
	if (text && conf->keys.count == 0) {
		log_line(LOG_ERR, "CHAT_AUTH=%s: there is no key in %s/keys; chatctl keygen makes one", text, path);
		return -1;
	}
	if (conf->keys.count > 0)
		conf->auth = text && *text == 'p' ? CONF_PASSWORD : CONF_TOKEN;
	return 0;
}

int
conf_load(struct conf *conf)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (load_number(conf, &settings[i]) < 0)
			return -1;
	if (load_auth(conf) < 0 || load_door(conf) < 0 || load_flag("CHAT_DEFLATE", &conf->deflate, true) < 0 ||
	    load_flag("CHAT_STORE", &conf->store, true) < 0 || load_retention(conf) < 0)
		return -1;
	if (conf->auth == CONF_OPEN && !getenv("CHAT_LOGIN_TIMEOUT"))
		conf->login_timeout = OPEN_LOGIN_TIMEOUT * 1000;
	return conf_runtime(conf->runtime, true);
}
