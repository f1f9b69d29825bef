/* What the commands need of the store's database. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "store/db.h"
#include "sys/conf.h"

bool
ctl_has_database(void)
{
	char state[PATH_MAX], path[PATH_MAX + sizeof CONF_DATABASE];

	if (conf_state(state) < 0)
		exit(EX_CONFIG);
	snprintf(path, sizeof path, "%s" CONF_DATABASE, state);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* The link itself, not where it leads: the store's user must not choose whom root becomes. */
void
ctl_database(char *path, size_t size)
{
	char state[PATH_MAX];
	struct stat st;

	if (conf_state(state) < 0)
		exit(EX_CONFIG);
	if (snprintf(path, size, "%s" CONF_DATABASE, state) >= (int)size) {
		log_line(LOG_ERR, "%s: the path is too long", state);
		exit(EX_CONFIG);
	}
	if (lstat(path, &st) < 0) {
		log_line(LOG_ERR, "%s: %m", path);
		exit(errno == EACCES ? EX_NOPERM : CTL_NO);
	}
	if (!S_ISREG(st.st_mode)) {
		log_line(LOG_ERR, "%s is no file", path);
		exit(EX_CONFIG);
	}
	if (st.st_uid != geteuid() && geteuid() != 0) {
		log_line(LOG_ERR, "%s is another user's: try it as root", path);
		exit(EX_NOPERM);
	}
	ctl_become(&st, path);
}

struct db *
ctl_attach(void)
{
	char path[PATH_MAX];
	struct db *db;
	int fault;

	ctl_database(path, sizeof path);
	fault = db_attach(&db, path);
	if (fault == 0)
		return db;
	log_line(LOG_ERR, "%s: %s", path, db ? db_why(db) : "no memory");
	db_close(db);
	exit(fault == DB_MISSING ? CTL_NO : fault == DB_NEWER || fault == DB_OLDER ? EX_CONFIG : EX_TEMPFAIL);
}

void
ctl_fail(const struct db *db)
{
	log_line(LOG_ERR, "%s", *db_why(db) ? db_why(db) : "no memory");
	exit(EX_TEMPFAIL);
}

void
ctl_print(struct buf *line)
{
	fwrite(buf_at(line), 1, buf_len(line), stdout);
	putchar('\n');
	buf_free(line);
}

bool
ctl_json(int *argc, char **argv)
{
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--json") != 0)
			continue;
		memmove(argv + i, argv + i + 1, (size_t)(*argc - i - 1) * sizeof *argv);
		--*argc;
		return true;
	}
	return false;
}
