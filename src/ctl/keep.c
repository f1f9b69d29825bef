#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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

/* Whether a file that is not whole is one of ours that nobody writes any more. */
static bool
is_left(const char *partial)
{
	int fd = open(partial, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool left = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd >= 0)
		close(fd);
	return left;
}

static int
make_new(const char *partial)
{
	return open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int
make(const char *partial)
{
	int fd = make_new(partial);

	if (fd < 0 && errno == EEXIST) {
		if (is_left(partial))
			unlink(partial);
		fd = make_new(partial);
	}
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB);
	return fd;
}

/* The copy is opened before this process becomes the database's owner, who need not be able to. */
static int
fill(const char *partial)
{
	char path[PATH_MAX];
	struct db *copy;
	int fault = db_copy_open(&copy, partial);

	if (fault == 0) {
		ctl_database(path, sizeof path);
		fault = db_copy_fill(copy, path);
	}
	if (fault)
		log_line(LOG_ERR, "can't make the copy: %s", copy ? db_why(copy) : "no memory");
	db_close(copy);
	return fault == 0 ? EX_OK : fault == DB_FULL ? EX_IOERR : EX_TEMPFAIL;
}

/* In a process of its own, for this one stays who it is, to give the copy its name. */
static int
fill_as_owner(const char *partial)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(fill(partial));
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return EX_OSERR;
	return WEXITSTATUS(status);
}

/* What has the name is whole, and on disk. Not all file systems can do without an overwriting. */
static int
give_name(int fd, const char *partial, const char *file)
{
	int folder;

	if (fsync(fd) < 0)
		return -1;
	if (renameat2(AT_FDCWD, partial, AT_FDCWD, file, RENAME_NOREPLACE) < 0 && (errno != EINVAL || rename(partial, file) < 0))
		return -1;
	folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0)
		fsync(folder);
	return 0;
}

static int
back_up(const char *file, const char *partial)
{
	int fd, status;

	if (access(file, F_OK) == 0) {
		log_line(LOG_ERR, "%s: is there already", file);
		return CTL_NO;
	}
	fd = make(partial);
	if (fd < 0) {
		log_line(LOG_ERR, "%s: %s", partial, errno == EEXIST ? "is there already, and being written or another's" : strerror(errno));
		return errno == EACCES ? EX_NOPERM : CTL_NO;
	}
	status = fill_as_owner(partial);
	if (status == EX_OK && give_name(fd, partial, file) < 0) {
		log_line(LOG_ERR, "%s: %m", file);
		status = EX_IOERR;
	}
	if (status != EX_OK)
		unlink(partial);
	return status;
}

/* The folder is entered: who owns it can't lead this process elsewhere then. */
int
ctl_backup(int argc, char **argv)
{
	char folder[PATH_MAX], partial[NAME_MAX + sizeof "./.partial"];
	const char *file, *slash;

	if (argc != 1 || argv[0][0] == '-')
		ctl_misuse("backup FILE");
	slash = strrchr(argv[0], '/');
	file = slash ? slash + 1 : argv[0];
	if (!*file || snprintf(partial, sizeof partial, "./%s.partial", file) >= (int)sizeof partial)
		ctl_misuse("backup FILE");
	snprintf(folder, sizeof folder, "%.*s", (int)(file - argv[0]), argv[0]);
	if (slash && chdir(folder) < 0) {
		log_line(LOG_ERR, "%s: %m", folder);
		return errno == EACCES ? EX_NOPERM : CTL_NO;
	}
	return back_up(file, partial);
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
