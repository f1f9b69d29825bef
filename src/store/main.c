#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/usage.h"
#include "store/group.h"
#include "sys/bus.h"
#include "sys/conf.h"
#include "sys/roster.h"
#include "sys/sandbox.h"
#include "sys/signals.h"
#include "sys/status.h"

#define USAGE "usage: chat-store\n" \
              "Keeps messages for the sessions of this machine, as long as there are any. Started by systemd; see chat.socket.\n"
#define TIDY_MS 1000   /* between two looks for what is not to be kept any more, */
#define TIDY_MORE_MS 20 /* and if that was not all of it */
#define GATHER_US 100

static int
to_status(int fault)
{
	return fault == DB_NEWER ? EX_CONFIG : EX_TEMPFAIL;
}

/* One of an earlier version is brought up to date, which may take minutes: sessions, which are started after this program,
 * don't wait for that. */
static void
look_at_version(const char *path)
{
	struct db *db;

	if (db_attach(&db, path) == DB_OLDER) {
		log_line(LOG_NOTICE, "the database %s is that of an earlier version, and is brought up to date first", path);
		status_ready();
	}
	db_close(db);
}

static int
open_database(struct db **db, const struct conf *conf)
{
	struct db_limits limits = {conf->mailbox_messages, conf->mailbox_bytes, conf->keep_age, conf->keep_count};
	char path[PATH_MAX + sizeof CONF_DATABASE];
	int fault;

	if (conf_state(path) < 0)
		return EX_CONFIG;
	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		log_line(LOG_ERR, "the state directory %s: %m", path);
		return EX_TEMPFAIL;
	}
	strcat(path, CONF_DATABASE);
	look_at_version(path);
	fault = db_open(db, path, &limits);
	if (fault == 0)
		return 0;
	log_line(LOG_ERR, "the database %s can't be used, and is left as it is: %s", path, *db ? db_why(*db) : strerror(ENOMEM));
	return to_status(fault);
}

/* Waits for records. Where there are few, they are not run for at once: when a message comes, the process of its receiver has been
 * woken, too, and for that somebody waits; and what comes meanwhile is in the same group. */
static void
wait_for_records(const struct bus *bus, long ms, const sigset_t *during)
{
	const struct timespec t = {.tv_nsec = ms * 1000000L}, gather = {.tv_nsec = GATHER_US * 1000L};
	struct pollfd polled = {.fd = bus_fd(bus), .events = POLLIN};

	if (ppoll(&polled, 1, &t, during) > 0 && ms > 0 && group_was_small())
		ppoll(NULL, 0, &gather, during);
}

/* Group after group, until told to end. */
static void
serve(struct bus *bus, struct db *db, const sigset_t *during)
{
	int64_t tidied_at = clock_ms();
	bool more = false;
	long wait, tidy_ms = TIDY_MS;

	group_begin();
	while (!signals_end()) {
		wait = more ? 0 : bus_busy(bus) ? BUS_LOOK_INTERVAL : group_waits() ? GROUP_WAIT_MS : TIDY_MS - 1;
		if (wait > tidy_ms)
			wait = tidy_ms;
		wait_for_records(bus, wait, during);
		if (bus_busy(bus))
			bus_look(bus);
		more = group_run(bus, db);
		bus_flush(bus);
		if (clock_ms() - tidied_at >= tidy_ms) {
			tidy_ms = group_tidy(db) ? TIDY_MORE_MS : TIDY_MS;
			roster_sweep_if_due();
			tidied_at = clock_ms();
		}
	}
}

int
main(int argc, char **argv)
{
	struct name me = name_store();
	struct bus *bus;
	struct conf conf;
	struct db *db = NULL;
	sigset_t during;
	int status;

	if (argc > 1)
		return usage_answer("chat-store", USAGE, argc, argv);
	if (conf_load(&conf) < 0)
		return EX_CONFIG;
	if (sandbox_harden() < 0)
		return EX_OSERR;
	signals_take(&during, false);
	if (roster_enter_as_store(conf.runtime) < 0 || roster_prepare(&me) < 0) {
		log_line(LOG_ERR, "the runtime directory %s: %m", conf.runtime);
		return EX_CONFIG;
	}
	status = open_database(&db, &conf);
	if (status == 0 && bus_join(&bus, &me) < 0) {
		log_line(LOG_ERR, "can't join the bus: %m");
		status = EX_TEMPFAIL;
	}
	if (status == 0) {
		status_ready();
		serve(bus, db, &during);
		group_end(bus, db);
		bus_hide(bus);
	}
	db_close(db);
	_exit(status); /* nng's threads still run */
}
