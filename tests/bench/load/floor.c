#include "floor.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/figure.h"
#include "chat/msg.h"
#include "lines.h"
#include "measure.h"
#include "scratch.h"
#include "store/db.h"

#define SYNCS 200
#define PAGE 4096

static const struct db_limits limits = {1000000000, 1LL << 40, 0, 0};

static struct name
name_of(const char *who, size_t number)
{
	struct name name;
	char text[PERSON_NAME_SIZE];
	int n = snprintf(text, sizeof text, "%s%zu", who, number);

	if (name_make(&name, text, (size_t)n) < 0)
		errx(1, "%s: no name", text);
	return name;
}

static void
put(struct db *db, size_t line, unsigned number)
{
	static struct buf text;
	static struct id last;
	char body[LINE_TEXT + 1] = {0}, ref[32];
	uint8_t random[ID_RANDOM_SIZE];
	struct db_message m = {.sender = name_of("sender", line), .receiver = name_of("receiver", line), .time = clock_wall_ms()};

	randombytes_buf(random, sizeof random);
	id_next(&last, m.time, random);
	line_text(body, line, number);
	buf_clear(&text);
	if (msg_private(&text, &last, &m.sender, &m.receiver, body, m.time) < 0)
		errx(1, "no memory");
	m.id = last;
	m.ref = ref;
	m.ref_len = (size_t)snprintf(ref, sizeof ref, "%zu.%u", line, number);
	m.text = (const char *)buf_at(&text);
	m.text_len = buf_len(&text);
	m.body = body;
	m.body_len = LINE_TEXT;
	if (db_begin(db) < 0 || db_put(db, &m) != DB_OK || db_commit(db) < 0)
		errx(1, "the database: %s", db_why(db));
}

static unsigned
put_for(struct db *db, size_t senders, double seconds)
{
	int64_t until = clock_us() + (int64_t)(seconds * 1e6);
	static unsigned number;
	unsigned before = number;

	while (clock_us() < until) {
		put(db, number % senders, number);
		number++;
	}
	return number - before;
}

double
floor_of(const char *name, size_t senders, double seconds)
{
	char path[PATH_MAX];
	struct db *db;
	int64_t start;
	unsigned count;

	scratch_path(path, name);
	if (db_open(&db, path, &limits) != 0)
		errx(1, "%s: %s", path, db_why(db));
	put_for(db, senders, seconds / 4);
	start = clock_us();
	count = put_for(db, senders, seconds);
	seconds = (double)(clock_us() - start) / 1e6;
	db_close(db);
	return count / seconds;
}

static const char *
type_of(long magic)
{
	static const struct {
		long magic;
		const char *name;
	} types[] = {
		{0xef53, "ext4"}, {0x58465342, "XFS"}, {0x9123683e, "Btrfs"}, {0xf2f52010, "F2FS"}, {0x2fc12fc1, "ZFS"}, {0x6969, "NFS"},
		{0x794c7630, "overlayfs"}, {0x01021994, "tmpfs: nothing is durable there, and the figures mean nothing"},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].magic == magic)
			return types[i].name;
	return "unknown";
}

/* What the log of a database gets: pages behind those that are there, or in place of old ones. */
static void
time_syncs(const char *what, int fd)
{
	char page[PAGE] = {0};
	double us[SYNCS];
	struct figure f;

	for (int i = 0; i < SYNCS; i++) {
		int64_t start = clock_us();

		if (pwrite(fd, page, sizeof page, i * PAGE) < 0 || fdatasync(fd) < 0)
			err(1, "the disk");
		us[i] = (double)(clock_us() - start);
	}
	f = figure_of(us, SYNCS);
	measure_fact(what, "median %.0f us, 99th percentile %.0f us", f.median, figure_percentile(us, SYNCS, 0.99));
}

void
floor_disk(void)
{
	char path[PATH_MAX];
	struct statfs fs;
	int fd;

	scratch_path(path, "sync");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		err(1, "%s", path);
	measure_fact("file system", "%s (%#lx)", type_of((long)fs.f_type), (long)fs.f_type);
	time_syncs("fdatasync of 4 KiB more", fd);
	time_syncs("fdatasync of 4 KiB in place of others", fd);
	close(fd);
	unlink(path);
}
