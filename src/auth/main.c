#include <signal.h>
#include <sodium.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/judge.h"
#include "auth/request.h"
#include "base/usage.h"

#define USAGE "usage: chat-auth\n" \
              "Answers one request on standard input and output: is this the password? Started by chat-auth.socket; see chat.socket.\n"
#define READ_SECONDS 5
#define JUDGE_SECONDS 10 /* most of it in line, behind others */

/* The session takes an end without an answer for "unavailable". */
static void
too_late(int number)
{
	(void)number;
	_exit(EX_OK);
}

int
main(int argc, char **argv)
{
	static struct judge judge;
	static struct login login;
	static struct login_answer answer;

	if (argc > 1)
		return usage_answer("chat-auth", USAGE, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, too_late);
	alarm(READ_SECONDS);
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	if (judge_load(&judge) < 0)
		return EX_CONFIG;
	if (!request_allowed(judge.runtime) || request_read(&login) < 0)
		return EX_OK;
	alarm(JUDGE_SECONDS);
	judge_login(&judge, &login, &answer);
	login_forget(&login);
	request_answer(&answer);
	return EX_OK;
}
