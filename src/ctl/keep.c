#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "chat/msg.h"
#include "chat/rows.h"
#include "ctl/ctl.h"
#include "store/db.h"

/* All of a file to the end of another, onto the disk. 0, or -1 with errno. */
static int
copy(int from, int to)
{
	ssize_t n;

	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? -1 : fsync(to);
}

/* As the database's owner, who need not be able to write where the copy is to be: so it is made beside the database. */
static int
back_up(int to)
{
	char path[PATH_MAX], made[PATH_MAX], why[DB_WHY_SIZE];
	int from, r;

	ctl_database(path, sizeof path);
	if (snprintf(made, sizeof made, "%s.backup-%ld", path, (long)getpid()) >= (int)sizeof made)
		return EX_CONFIG;
	umask(077);
	if (db_backup(path, made, why) < 0) {
		log_line(LOG_ERR, "%s: %s", path, why);
		return EX_TEMPFAIL;
	}
	from = open(made, O_RDONLY | O_CLOEXEC);
	unlink(made);
	r = from < 0 ? -1 : copy(from, to);
	if (r < 0)
		log_line(LOG_ERR, "can't write the copy: %m");
	return r < 0 ? EX_IOERR : EX_OK;
}

/* Its own process becomes the owner, and this one stays who it is, to take away what is not whole. */
int
ctl_backup(int argc, char **argv)
{
	int fd, status;
	pid_t child;

	if (argc != 1 || argv[0][0] == '-')
		ctl_misuse("backup FILE");
	fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_line(LOG_ERR, "%s: %s", argv[0], errno == EEXIST ? "is there already" : strerror(errno));
		return errno == EACCES ? EX_NOPERM : CTL_NO;
	}
	child = fork();
	if (child == 0)
		_exit(back_up(fd));
	if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == EX_OK)
		return EX_OK;
	unlink(argv[0]);
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR;
}

static void
print_time(const char *what, uint64_t ms)
{
	char text[MSG_TIME_SIZE] = "-";

	if (ms)
		msg_time(text, ms);
	printf("%-9s %s\n", what, text);
}

static void
print_stats(const struct db_stats *s)
{
	printf("users     %lld\nmessages  %lld\npending   %lld\nbytes     %lld\n", (long long)s->users, (long long)s->messages,
	       (long long)s->pending, (long long)s->bytes);
	print_time("oldest", s->oldest);
	print_time("newest", s->newest);
}

int
ctl_stats(int argc, char **argv)
{
	bool json = ctl_json(&argc, argv);
	struct buf text = {0};
	struct db_stats s;
	struct db *db;

	if (argc > 0)
		ctl_misuse("stats [--json]");
	db = ctl_attach();
	if (db_stats(db, &s) != DB_OK)
		ctl_fail(db);
	db_close(db);
	if (!json) {
		print_stats(&s);
		return EX_OK;
	}
	if (rows_stats(&text, &(struct rows_stats){s.users, s.messages, s.pending, s.bytes, s.oldest, s.newest}) < 0)
		return EX_OSERR;
	ctl_print(&text);
	return EX_OK;
}
