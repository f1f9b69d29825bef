#include "scratch.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn.h"

#define DEPTH 16   /* descriptors for the removal */
#define SHOWN 2000 /* bytes of the log */

static char directory[PATH_MAX];
static int log_fd = -1;

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* Its end. */
static void
show_log(void)
{
	char text[SHOWN];
	struct stat st;
	ssize_t n;

	if (fstat(log_fd, &st) < 0)
		return;
	n = pread(log_fd, text, sizeof text, st.st_size > SHOWN ? st.st_size - SHOWN : 0);
	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

static void
clear(int status, void *unused)
{
	(void)unused;
	spawn_kill_all();
	if (status != 0)
		show_log();
	nftw(directory, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS);
}

void
scratch_open(const char *beside)
{
	char copy[PATH_MAX], folder[PATH_MAX], log[PATH_MAX];

	snprintf(copy, sizeof copy, "%s", beside);
	if (!realpath(dirname(copy), folder))
		err(1, "the folder of %s", beside);
	if (snprintf(directory, sizeof directory, "%s/load.XXXXXX", folder) >= (int)sizeof directory || !mkdtemp(directory))
		err(1, "a directory in %s", folder);
	scratch_path(log, "log");
	log_fd = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		err(1, "%s", log);
	on_exit(clear, NULL);
}

void
scratch_path(char path[PATH_MAX], const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		errx(1, "%s: the path is too long", name);
}

int
scratch_log(void)
{
	return log_fd;
}
