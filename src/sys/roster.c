#include "sys/roster.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/scan.h"
#include "sys/roster_inside.h"

#define BUS "bus"
#define LISTINGS 16
#define SETTLED_NS 20000000 /* a directory may change again within one tick of the clock that stamps it */

/* Enters one directory and makes sure that nobody else can put anything there: the sessions own it. The store may be another
 * user, of the same group. */
static int
enter_own(const char *path, bool as_store)
{
	struct stat st;

	if (mkdir(path, ROSTER_FOLDER_MODE) < 0 && errno != EEXIST)
		return -1;
	if (chdir(path) < 0 || stat(".", &st) < 0)
		return -1;
	if ((st.st_uid != geteuid() && !as_store) || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
roster_enter(const char *runtime)
{
	return enter_own(runtime, false) < 0 ? -1 : enter_own(BUS, false);
}

int
roster_enter_as_store(const char *runtime)
{
	return enter_own(runtime, true) < 0 ? -1 : enter_own(BUS, true);
}

void
roster_path(char path[ROSTER_PATH_SIZE], const struct name *user, pid_t pid)
{
	snprintf(path, ROSTER_PATH_SIZE, "%s/%ld", user->text, (long)pid);
}

/* Whether a process is one of the sessions' user or the store's. One that is hidden from us (hidepid of proc(5)) may be. */
static bool
is_of_the_bus(pid_t pid)
{
	struct stat process, bus, store;
	char path[32];

	snprintf(path, sizeof path, "/proc/%ld", (long)pid);
	if (stat(path, &process) < 0)
		return true;
	if (stat(".", &bus) == 0 && process.st_uid == bus.st_uid)
		return true;
	return stat(name_store().text, &store) == 0 && process.st_uid == store.st_uid;
}

/* Any other process can be none of the bus: its number was used again. It is not sent a signal 0, which Landlock would refuse. */
bool
roster_alive(pid_t pid)
{
	struct pollfd ended = {.events = POLLIN};
	bool alive;

	ended.fd = pidfd_open(pid, 0);
	if (ended.fd < 0)
		return errno != ESRCH && is_of_the_bus(pid); /* no descriptor is left to ask with */
	alive = is_of_the_bus(pid) && poll(&ended, 1, 0) == 0;
	close(ended.fd);
	return alive;
}

bool
roster_to_pid(const char *text, pid_t *pid)
{
	long long n;

	if (scan_number(text, 1, 0x7fffffff, &n) < 0)
		return false;
	*pid = (pid_t)n;
	return true;
}

/* What was read of a folder: good while the folder's time stays the same, if that was not too close to the reading. */
struct listing {
	struct name user;
	struct timespec changed;
	bool settled;
	size_t count;
	pid_t pids[ROSTER_CONNECTIONS_MAX];
};

/* Keeps the list ascending; of too many the lowest stay, as all who look see it. */
static void
insert(struct listing *list, pid_t pid)
{
	size_t i = list->count < ROSTER_CONNECTIONS_MAX ? list->count++ : ROSTER_CONNECTIONS_MAX - 1;

	if (i == ROSTER_CONNECTIONS_MAX - 1 && list->pids[i] && list->pids[i] < pid)
		return;
	for (; i > 0 && list->pids[i - 1] > pid; i--)
		list->pids[i] = list->pids[i - 1];
	list->pids[i] = pid;
}

static int
read_folder(struct listing *list)
{
	DIR *dir = opendir(list->user.text);
	const struct dirent *entry;
	pid_t pid;

	memset(list->pids, 0, sizeof list->pids);
	list->count = 0;
	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(dir)))
		if (roster_to_pid(entry->d_name, &pid) && roster_alive(pid))
			insert(list, pid);
	closedir(dir);
	return 0;
}

bool
roster_changed(const char *path, struct timespec *changed, bool *settled)
{
	struct timespec now;
	struct stat st;

	if (stat(path, &st) < 0)
		st.st_mtim = (struct timespec){0};
	if (*settled && st.st_mtim.tv_sec == changed->tv_sec && st.st_mtim.tv_nsec == changed->tv_nsec)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	*changed = st.st_mtim;
	*settled = (now.tv_sec - st.st_mtim.tv_sec) * 1000000000LL + now.tv_nsec - st.st_mtim.tv_nsec > SETTLED_NS;
	return true;
}

int
roster_listed(const struct name *user, pid_t pids[ROSTER_CONNECTIONS_MAX])
{
	static struct listing listings[LISTINGS];
	struct listing *list = &listings[((unsigned char)user->text[0] + (unsigned char)user->text[user->len - 1] + user->len) % LISTINGS];

	if (!name_equal(&list->user, user))
		*list = (struct listing){.user = *user};
	if (roster_changed(user->text, &list->changed, &list->settled) && read_folder(list) < 0) {
		list->settled = false;
		return -1;
	}
	memcpy(pids, list->pids, list->count * sizeof *pids);
	return (int)list->count;
}

size_t
roster_pids(const struct name *user, pid_t pids[ROSTER_CONNECTIONS_MAX])
{
	int listed = roster_listed(user, pids);
	size_t count = 0;

	for (int i = 0; i < listed; i++)
		if (roster_alive(pids[i]))
			pids[count++] = pids[i];
	return count;
}

int
roster_each(void (*each)(void *context, const struct name *user), void *context)
{
	DIR *dir = opendir(".");
	const struct dirent *entry;
	struct name name;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (name_make(&name, entry->d_name, strlen(entry->d_name)) == 0)
			each(context, &name);
	closedir(dir);
	return 0;
}

struct list {
	struct name *users;
	size_t count, cap;
	bool failed;
};

static void
list_user(void *context, const struct name *user)
{
	struct list *list = context;
	pid_t pids[ROSTER_CONNECTIONS_MAX];

	struct name *users;

	if (list->failed || roster_pids(user, pids) == 0)
		return;
	users = array_room(list->users, list->count, &list->cap, sizeof *users);
	list->failed = !users;
	if (!users)
		return;
	list->users = users;
	list->users[list->count++] = *user;
}

static int
by_name(const void *a, const void *b)
{
	return name_order(a, b);
}

int
roster_users(struct name **users, size_t *count)
{
	struct list list = {0};

	if (roster_each(list_user, &list) < 0)
		return -1;
	if (list.failed) {
		free(list.users);
		errno = ENOMEM;
		return -1;
	}
	if (list.count > 0)
		qsort(list.users, list.count, sizeof *list.users, by_name);
	*users = list.users;
	*count = list.count;
	return 0;
}

pid_t
roster_store(bool *expected)
{
	struct name store = name_store();
	pid_t pids[ROSTER_CONNECTIONS_MAX];

	*expected = access(store.text, F_OK) == 0;
	return *expected && roster_pids(&store, pids) > 0 ? pids[0] : 0;
}
