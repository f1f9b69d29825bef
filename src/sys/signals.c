#include "sys/signals.h"

static volatile sig_atomic_t asked_to_end, asked_to_kick;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked_to_kick = 1;
	else
		asked_to_end = 1;
}

void
signals_take(sigset_t *during, bool kick)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGUSR1};
	unsigned count = sizeof ours / sizeof *ours - !kick;
	struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	sigemptyset(&held);
	for (unsigned i = 0; i < count; i++)
		sigaddset(&held, ours[i]);
	sigprocmask(SIG_BLOCK, &held, during);
	for (unsigned i = 0; i < count; i++) {
		sigdelset(during, ours[i]);
		sigaction(ours[i], &action, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);
}

bool
signals_end(void)
{
	return asked_to_end;
}

bool
signals_kick(void)
{
	return asked_to_kick;
}
