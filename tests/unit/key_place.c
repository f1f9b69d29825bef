#include "key_place.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char place[64];

const char *
key_place_path(const char *file)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/keys/%s", place, file);
	return path;
}

const char *
key_place(void)
{
	strcpy(place, "/tmp/chat-keys.XXXXXX");
	assert_non_null(mkdtemp(place));
	assert_int_equal(mkdir(key_place_path(""), 0755), 0);
	return place;
}

void
key_place_end(void)
{
	DIR *dir = opendir(key_place_path(""));
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			assert_int_equal(remove(key_place_path(entry->d_name)), 0);
	if (dir)
		closedir(dir);
	rmdir(key_place_path(""));
	assert_int_equal(rmdir(place), 0);
}

void
key_place_put(const char *file, const char *text)
{
	FILE *f = fopen(key_place_path(file), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}
