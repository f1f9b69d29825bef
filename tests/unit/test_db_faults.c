/* Kills, a full disk, files that are not what they should be. */
#include "store/db.h"
#include "store/statements.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db_place.h"
#include "unit.h"

static void
a_group_is_all_or_nothing_and_there_after_a_kill(void **state)
{
	struct db_message m;
	struct place p;
	pid_t child;
	int status;

	(void)state;
	place_begin(&p, &place_plenty);
	db_begin(p.db);
	m = place_message(&p, "alice", "bob", "", "abandoned");
	assert_int_equal(db_put(p.db, &m), DB_OK);
	db_abandon(p.db);
	place_pending(&p, "bob", "");
	db_close(p.db);
	child = fork();
	if (child == 0) {
		place_open(&p, &place_plenty);
		place_put(&p, "alice", "bob", "", "committed");
		db_begin(p.db);
		m = place_message(&p, "alice", "bob", "", "not committed");
		db_put(p.db, &m);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	place_open(&p, &place_plenty);
	place_pending(&p, "bob", "committed");
	place_end(&p);
}

/* What has been found in a group holds nothing after it: the log is written back, and begun anew. */
static void
the_log_does_not_grow_for_ever(void **state)
{
	static char big[20000];
	struct stat st;
	struct place p;
	char log[112];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	place_begin(&p, &place_plenty);
	snprintf(log, sizeof log, "%s-wal", p.path);
	for (unsigned i = 0; i < 800; i++) {
		assert_int_equal(place_put(&p, "alice", "bob", "", big), DB_OK);
		assert_int_equal(place_deliver(&p, p.made, "bob"), DB_OK);
	}
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size < 8 << 20); /* 1,000 pages are some 4 MiB; 16 MiB and more were put in */
	place_end(&p);
}

/* Files may not grow past what they have: as on a disk that is full. */
static void
a_full_disk_fails_the_group_and_keeps_what_was_there(void **state)
{
	static char big[1 << 20];
	struct place p;
	pid_t child;
	int status;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "before");
	db_close(p.db);
	child = fork();
	if (child == 0) {
		struct db_message m;

		place_open(&p, &place_plenty);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){200 << 10, 200 << 10});
		memset(big, 'x', sizeof big - 1);
		m = place_message(&p, "alice", "carla", "", big);
		db_begin(p.db);
		if (db_put(p.db, &m) == DB_FAILED)
			db_abandon(p.db);
		else if (db_commit(p.db) == 0)
			_exit(1);
		_exit(place_put(&p, "alice", "bob", "", "small") == DB_OK && *db_why(p.db) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	place_open(&p, &place_plenty);
	place_pending(&p, "bob", "before small");
	place_pending(&p, "carla", "");
	place_end(&p);
}

static void
fault_is(struct place *p, int fault)
{
	assert_int_equal(db_open(&p->db, p->path, &place_plenty), fault);
	assert_true(*db_why(p->db));
	db_close(p->db);
	p->db = NULL;
}

static void
what_can_t_be_used_is_said_and_left_as_it_is(void **state)
{
	static const char garbage[4096] = "this is no database at all";
	static const uint8_t later[4] = {0, 0, 0, 99};
	char kept[sizeof garbage];
	struct place p, other;
	int fd;

	(void)state;
	place_begin(&p, &place_plenty);
	other = p;
	assert_int_equal(db_open(&other.db, p.path, &place_plenty), DB_BUSY);
	db_close(other.db);
	db_close(p.db);
	place_write(p.path, later, sizeof later, 60); /* user_version: SQLite's file format, 1.3.15 */
	fault_is(&p, DB_NEWER);
	place_write(p.path, (uint8_t[4]){0, 0, 0, STATEMENTS_SCHEMA}, 4, 60);
	place_open(&p, &place_plenty);
	db_close(p.db);
	place_write(p.path, later, sizeof later, 68); /* application_id */
	fault_is(&p, DB_NEWER);
	place_write(p.path, garbage, sizeof garbage, 0);
	fault_is(&p, DB_DAMAGED);
	fd = open(p.path, O_RDONLY);
	assert_int_equal(read(fd, kept, sizeof kept), sizeof kept);
	close(fd);
	assert_memory_equal(kept, garbage, sizeof kept);
	place_end(&p);
	place_begin(&p, &place_plenty);
	other = p;
	snprintf(other.path, sizeof other.path, "%s/no/such", p.folder);
	fault_is(&other, DB_UNUSABLE);
	place_end(&p);
}

/* By whoever is not root, who may write whatever its mode is. */
static void
what_can_only_be_read_is_not_served(void **state)
{
	char lock[112];
	struct place p;
	pid_t child;
	int status;

	(void)state;
	place_begin(&p, &place_plenty);
	snprintf(lock, sizeof lock, "%s.lock", p.path);
	db_close(p.db);
	p.db = NULL;
	assert_true(chmod(p.folder, 0777) == 0 && chmod(lock, 0666) == 0 && chmod(p.path, 0444) == 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(1);
		_exit(db_open(&p.db, p.path, &place_plenty) == DB_UNUSABLE && strstr(db_why(p.db), "chat.db: Permission denied") ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	place_end(&p);
}

static void
copy(const char *path, const char *to, int fault)
{
	struct db *db;

	place_write(to, "", 0, 0);
	assert_int_equal(db_copy_open(&db, to), 0);
	assert_int_equal(db_copy_fill(db, path), fault);
	assert_int_equal(*db_why(db) != 0, fault != 0);
	db_close(db);
}

static void
a_copy_is_made_while_it_is_in_use(void **state)
{
	struct place p, copied;
	char to[80], other[80];
	struct db *none;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "kept");
	copied = p;
	snprintf(to, sizeof to, "%s/copy.db", p.folder);
	copy(p.path, to, 0);
	place_put(&p, "alice", "bob", "", "later");
	memcpy(copied.path, to, strlen(to) + 1);
	place_open(&copied, &place_plenty);
	place_pending(&copied, "bob", "kept");
	db_close(copied.db);
	snprintf(to, sizeof to, "%s/none.db", p.folder);
	assert_int_equal(db_copy_open(&none, to), DB_UNUSABLE);
	assert_true(*db_why(none));
	db_close(none);
	snprintf(other, sizeof other, "%s/other", p.folder);
	place_write(other, "", 0, 0);
	assert_int_equal(symlink("other", to), 0);
	assert_int_equal(db_copy_open(&none, to), DB_UNUSABLE);
	db_close(none);
	unlink(to);
	copy("/nonexistent/x", to, DB_UNUSABLE);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_is_all_or_nothing_and_there_after_a_kill),
		TEST(the_log_does_not_grow_for_ever),
		TEST(a_full_disk_fails_the_group_and_keeps_what_was_there),
		TEST(what_can_t_be_used_is_said_and_left_as_it_is),
		TEST(what_can_only_be_read_is_not_served),
		TEST(a_copy_is_made_while_it_is_in_use),
	};

	return cmocka_run_group_tests_name("db faults", tests, NULL, NULL);
}
