#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/usage.h"
#include "session/loop.h"
#include "sys/conf.h"
#include "sys/io.h"
#include "sys/peer.h"
#include "sys/roster.h"
#include "sys/sandbox.h"
#include "sys/status.h"

#define USAGE "usage: chat-session\n" \
              "Serves one chat connection on standard input and output. Started by systemd, inetd and the like; see chat.socket.\n"

/* Each watched user costs a descriptor: take as many as may be had. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	struct conf conf;
	struct peer peer;
	struct io io;
	int error, status;

	if (argc > 1)
		return usage_answer("chat-session", USAGE, argc, argv);
	log_begin();
	closefrom(STDERR_FILENO + 1); /* what whoever started us forgot is nobody's to find */
	status_init(argc, argv);
	if (conf_load(&conf) < 0)
		return EX_CONFIG;
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	raise_limits();
	peer_find(&peer, STDIN_FILENO, STDOUT_FILENO);
	if (io_init(&io, STDIN_FILENO, STDOUT_FILENO) < 0) {
		log_line(LOG_ERR, "standard input and output: %m");
		return EX_USAGE;
	}
	error = roster_enter(conf.runtime) < 0 ? errno : 0;
	if (error)
		log_line(LOG_ERR, "the runtime directory %s: %s", conf.runtime,
		         error == EPERM ? "not this user's own, or others may write there" : strerror(error));
	tzset(); /* the last file that the C library reads */
	if (sandbox_begin(error == 0) < 0) {
		log_line(LOG_ERR, "the sandbox: %m");
		return EX_TEMPFAIL;
	}
	status = loop_run(&conf, &io, &peer, error);
	io_finish(&io);
	_exit(status); /* nng's threads still run: it is not to be taken apart under them */
}
