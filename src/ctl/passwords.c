/* Passwords: asked for, and kept in the file that chat-auth reads. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "auth/passwd.h"
#include "base/log.h"
#include "chat/login.h"
#include "ctl/ctl.h"
#include "sys/conf.h"
#include "ws/utf8.h"

#define AUTH_USER "chat-auth"

static struct termios shown; /* the terminal as it was */
static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

int
ctl_auth_user(void)
{
	const struct passwd *entry = geteuid() == 0 ? getpwnam(AUTH_USER) : NULL;

	return entry ? (int)entry->pw_uid : -1;
}

void
ctl_config(char path[PATH_MAX])
{
	if (sodium_init() < 0)
		exit(EX_SOFTWARE);
	if (conf_directory(path) < 0)
		exit(EX_CONFIG);
}

int
ctl_config_fault(void)
{
	return errno == EACCES || errno == EPERM || errno == EROFS ? EX_NOPERM : EX_CANTCREAT;
}

static void
show_again(int number)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	signal(number, SIG_DFL);
	raise(number);
}

/* What is typed is not shown; nor does the terminal stay so if somebody gives up. */
static void
hide(void)
{
	struct termios hidden;

	tcgetattr(STDIN_FILENO, &shown);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		signal(fatal[i], show_again);
	signal(SIGTSTP, SIG_IGN);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

static void
show(void)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		signal(fatal[i], SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
}

/* All of standard input, or of a terminal one line, into what is all zero. The end of the line is no part of it. */
static size_t
take(char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(STDIN_FILENO, text + len, size - len)) > 0) {
		len += (size_t)n;
		if (text[len - 1] == '\n' && isatty(STDIN_FILENO))
			break;
	}
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = 0;
	return len;
}

static const char *
fault_of(const char *password, size_t len)
{
	if (strlen(password) != len)
		return "password: has a control character";
	if (len < LOGIN_PASSWORD_LEAST)
		return "password: under 8 bytes";
	return utf8_is(password, len) ? login_password_fault(password) : "password: not UTF-8";
}

static const char *
ask(const char *what, char password[LOGIN_PASSWORD_MAX + 3])
{
	size_t len;

	memset(password, 0, LOGIN_PASSWORD_MAX + 3);
	fputs(what, stderr);
	len = take(password, LOGIN_PASSWORD_MAX + 2);
	if (*what)
		fputc('\n', stderr);
	return fault_of(password, len);
}

static const char *
ask_twice(char password[LOGIN_PASSWORD_MAX + 3])
{
	char again[LOGIN_PASSWORD_MAX + 3];
	const char *fault;

	hide();
	fault = ask("Password: ", password);
	if (!fault) {
		ask("The same again: ", again);
		fault = strcmp(password, again) == 0 ? NULL : "password: the two are not the same";
	}
	show();
	sodium_memzero(again, sizeof again);
	return fault;
}

void
ctl_ask_password(char hash[PASSWD_HASH_SIZE])
{
	char password[LOGIN_PASSWORD_MAX + 3];
	const char *fault;
	int r = -1;

	if (sodium_init() < 0)
		exit(EX_SOFTWARE);
	fault = isatty(STDIN_FILENO) ? ask_twice(password) : ask("", password);
	if (!fault)
		r = passwd_hash(hash, password);
	sodium_memzero(password, sizeof password);
	if (fault) {
		log_line(LOG_ERR, "%s", fault);
		exit(EX_DATAERR);
	}
	if (r < 0) {
		log_line(LOG_ERR, "the password can't be hashed: %m");
		exit(EX_OSERR);
	}
}

int
ctl_edit_password(enum passwd_edit edit, const struct name *user, const char *hash)
{
	char path[PATH_MAX];

	ctl_config(path);
	if (edit == PASSWD_ADD && mkdir(path, 0755) < 0 && errno != EEXIST) {
		log_line(LOG_ERR, "%s: %m", path);
		return ctl_config_fault();
	}
	if (passwd_edit(path, edit, user, hash, ctl_auth_user()) == 0)
		return EX_OK;
	if (errno == EEXIST || errno == ENOENT)
		return CTL_NO;
	log_line(LOG_ERR, "%s: the passwords can't be written: %m", path);
	return ctl_config_fault();
}
