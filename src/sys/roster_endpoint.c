/* The endpoints themselves: whose they are, how they come, and how the dead are cleared away. */
#include "sys/roster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sys/roster_inside.h"
#include "sys/spool.h"

#define NEW_SECONDS 5
#define SWEPT ".swept" /* its time says when the dead were last cleared away */
#define JOINING ".joining." /* and a process id */
#define TRIES 1000 /* somebody may remove empty folders all the time: once in some times the file is faster */

/* Connects to an endpoint. The descriptor, or -1 with errno: ECONNREFUSED if nobody listens there. */
static int
connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int kept = errno;

		close(fd);
		errno = kept;
		return -1;
	}
	return fd;
}

enum roster_proof
roster_proves(const struct name *user, pid_t pid)
{
	struct ucred credentials = {0};
	socklen_t size = sizeof credentials;
	char path[ROSTER_PATH_SIZE];
	bool proved;
	int fd;

	roster_path(path, user, pid);
	fd = connect_to(path);
	if (fd < 0)
		return errno == ENOENT || errno == ECONNREFUSED || errno == EACCES ? ROSTER_NO : ROSTER_LATER;
	proved = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 && credentials.pid == pid;
	close(fd);
	return proved ? ROSTER_YES : ROSTER_NO;
}

/* Whether an endpoint is a killed process's: that is gone, or its number is another's, who does not listen there. One
 * that was made just now may not listen yet. */
static bool
is_dead(const char *user, const char *file, pid_t pid)
{
	char path[ROSTER_PATH_SIZE];
	struct stat st;
	int fd;

	if (!roster_alive(pid))
		return true;
	snprintf(path, sizeof path, "%.*s/%.*s", NAME_LEN_MAX, user, 12, file);
	if (stat(path, &st) < 0 || time(NULL) - st.st_mtime < NEW_SECONDS)
		return false;
	fd = connect_to(path);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ECONNREFUSED;
}

/* The folder of a user goes with the last endpoint; the store's stays, for only its own user could make it again. */
static void
remove_folder(const char *user)
{
	if (strcmp(user, name_store().text) != 0)
		rmdir(user);
}

/* Whether a file is there for a process that is about to listen. */
static bool
is_joining(const char *file, pid_t *pid)
{
	return strncmp(file, JOINING, sizeof JOINING - 1) == 0 && roster_to_pid(file + sizeof JOINING - 1, pid);
}

/* Removes the dead endpoints of a user, and the folder if nothing is left in it. */
static size_t
clear(const char *user)
{
	DIR *dir = opendir(user);
	const struct dirent *entry;
	size_t count = 0;
	pid_t pid;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (roster_to_pid(entry->d_name, &pid))
			count += is_dead(user, entry->d_name, pid) && unlinkat(dirfd(dir), entry->d_name, 0) == 0;
		else if (is_joining(entry->d_name, &pid) && !roster_alive(pid))
			unlinkat(dirfd(dir), entry->d_name, 0);
		spool_sweep(dirfd(dir), entry->d_name);
	}
	closedir(dir);
	remove_folder(user);
	return count;
}

size_t
roster_clear(const struct name *user)
{
	return clear(user->text);
}

static void
joining_path(char path[ROSTER_PATH_SIZE + sizeof JOINING], const struct name *user)
{
	snprintf(path, ROSTER_PATH_SIZE + sizeof JOINING, "%s/" JOINING "%ld", user->text, (long)getpid());
}

/* A folder that is empty may be swept away at any moment: it is not for one until something is in it. In the store's that stays,
 * if its user could not make the folder again. */
static int
make_folder(const struct name *user)
{
	char path[ROSTER_PATH_SIZE + sizeof JOINING];
	mode_t mask = umask(0);
	int fd = -1;

	joining_path(path, user);
	for (int tries = 0; tries < TRIES && fd < 0; tries++) {
		if (mkdir(user->text, ROSTER_FOLDER_MODE) < 0 && errno != EEXIST)
			break;
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != ENOENT)
			break;
	}
	umask(mask);
	return fd < 0 ? -1 : close(fd);
}

int
roster_prepare(const struct name *user)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	char path[ROSTER_PATH_SIZE];

	if (make_folder(user) < 0)
		return -1;
	clear(user->text);
	roster_path(path, user, getpid());
	unlink(path); /* of an earlier process of the same number */
	if (roster_pids(user, pids) == ROSTER_CONNECTIONS_MAX) {
		roster_abandon(user);
		errno = EUSERS;
		return -1;
	}
	return 0;
}

void
roster_abandon(const struct name *user)
{
	char path[ROSTER_PATH_SIZE + sizeof JOINING];
	int kept = errno;

	joining_path(path, user);
	if (strcmp(user->text, name_store().text) != 0 || access(".", W_OK) == 0)
		unlink(path);
	remove_folder(user->text);
	errno = kept;
}

int
roster_settle(const struct name *user, pid_t pid)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count;

	roster_abandon(user);
	count = roster_pids(user, pids);
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return 0;
	if (count < ROSTER_CONNECTIONS_MAX)
		return 0;
	roster_remove(user, pid);
	errno = EUSERS;
	return -1;
}

void
roster_announce(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* by descriptor, as the sandbox wants it */

	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}

void
roster_remove(const struct name *user, pid_t pid)
{
	char path[ROSTER_PATH_SIZE];

	roster_path(path, user, pid);
	unlink(path);
	remove_folder(user->text);
}

size_t
roster_sweep(void)
{
	DIR *dir = opendir(".");
	const struct dirent *entry;
	size_t count = 0;
	struct name name;
	int fd = open(SWEPT, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0) {
		futimens(fd, NULL);
		close(fd);
	}
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (name_make(&name, entry->d_name, strlen(entry->d_name)) == 0 ||
		    name_service(&name, entry->d_name, strlen(entry->d_name)) == 0)
			count += clear(entry->d_name);
	closedir(dir);
	return count;
}

/* A time to come is one from before the clock was put back. */
void
roster_sweep_if_due(void)
{
	time_t now = time(NULL);
	struct stat st;

	if (stat(".", &st) < 0 || st.st_uid != geteuid())
		return; /* the store may be another user */
	if (stat(SWEPT, &st) < 0 || st.st_mtime > now || now - st.st_mtime >= ROSTER_SWEEP_SECONDS)
		roster_sweep();
}
