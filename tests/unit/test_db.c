#include "store/db.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "made.h"
#include "unit.h"

#define START 1700000000000

static const struct db_limits plenty = {1000, 1 << 20, 0, 0};

/* A database of its own for each test, and what was put into it. */
struct place {
	char folder[32], path[96];
	struct db *db;
	unsigned made;
};

static void
open_it(struct place *p, const struct db_limits *limits)
{
	int fault = db_open(&p->db, p->path, limits);

	if (fault)
		fail_msg("fault %d: %s", fault, db_why(p->db));
}

static void
begin(struct place *p, const struct db_limits *limits)
{
	*p = (struct place){.folder = "/tmp/test-db.XXXXXX"};
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/chat.db", p->folder);
	open_it(p, limits);
}

static void
end(struct place *p)
{
	DIR *dir = opendir(p->folder);
	const struct dirent *entry;

	db_close(p->db);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	closedir(dir);
	assert_int_equal(rmdir(p->folder), 0);
}

static struct id
id_of(unsigned n)
{
	struct id id = {{0}};

	id.bytes[ID_SIZE - 1] = (uint8_t)n;
	id.bytes[ID_SIZE - 2] = (uint8_t)(n >> 8);
	return id;
}

/* The next message; its body is its text, too. */
static struct db_message
message(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body)
{
	p->made++;
	return (struct db_message){
		.id = id_of(p->made), .sender = made_name(sender), .receiver = made_name(receiver), .time = START + p->made,
		.ref = ref, .ref_len = strlen(ref), .text = body, .text_len = strlen(body), .body = body, .body_len = strlen(body),
	};
}

static enum db_result
put(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body)
{
	struct db_message m = message(p, sender, receiver, ref, body);
	enum db_result result;

	assert_int_equal(db_begin(p->db), 0);
	result = db_put(p->db, &m);
	assert_int_not_equal(result, DB_FAILED);
	assert_int_equal(db_commit(p->db), 0);
	return result;
}

static enum db_result
deliver(struct place *p, unsigned n, const char *receiver)
{
	struct id id = id_of(n);
	struct name name = made_name(receiver);
	struct db_message m;
	enum db_result result;

	assert_int_equal(db_begin(p->db), 0);
	result = db_delivered(p->db, &id, &name, START + 5000, &m);
	assert_int_equal(db_commit(p->db), 0);
	return result;
}

/* The bodies of a query's rows, in a row. */
static void
rows_are(struct place *p, enum db_result result, const char *expected)
{
	struct buf line = {0};
	struct db_message m;

	while (result == DB_OK) {
		result = db_next(p->db, &m);
		if (result == DB_OK) {
			buf_add(&line, " ", buf_len(&line) > 0);
			buf_add(&line, m.body, m.body_len);
		}
	}
	assert_int_equal(result, DB_NONE);
	buf_add(&line, "", 1);
	assert_string_equal((char *)buf_at(&line), expected);
	buf_free(&line);
}

static void
pending_are(struct place *p, const char *user, const char *expected)
{
	struct name name = made_name(user);

	rows_are(p, db_pending(p->db, &name, 0), expected);
}

static void
search_is(struct place *p, const char *user, const char *with, const char *words, const char *expected)
{
	struct name name = made_name(user), other = made_name(with ? with : "x");

	rows_are(p, db_search(p->db, &name, with ? &other : NULL, words, 100), expected);
}

static void
pending_count_is(struct place *p, const char *user, int64_t messages, int64_t bytes)
{
	struct name name = made_name(user);
	int64_t m, b;

	assert_int_equal(db_pending_count(p->db, &name, &m, &b), DB_OK);
	assert_int_equal(m, messages);
	assert_int_equal(b, bytes);
}

static void
what_waits_is_found_in_the_order_in_which_it_came_until_it_is_delivered(void **state)
{
	struct place p;

	(void)state;
	begin(&p, &plenty);
	put(&p, "alice", "bob", "", "a");
	put(&p, "carla", "bob", "", "b");
	put(&p, "bob", "alice", "", "c");
	put(&p, "alice", "bob", "", "dd");
	pending_are(&p, "bob", "a b dd");
	pending_are(&p, "alice", "c");
	pending_are(&p, "nobody", "");
	pending_count_is(&p, "bob", 3, 4);
	assert_int_equal(deliver(&p, 2, "bob"), DB_OK);
	assert_int_equal(deliver(&p, 2, "bob"), DB_AGAIN);
	pending_are(&p, "bob", "a dd");
	pending_count_is(&p, "bob", 2, 3);
	assert_int_equal(deliver(&p, 4, "alice"), DB_NONE); /* not hers to say */
	pending_are(&p, "bob", "a dd");
	end(&p);
}

static void
a_message_that_is_sent_again_is_the_first(void **state)
{
	struct db_message m;
	struct place p;

	(void)state;
	begin(&p, &plenty);
	assert_int_equal(put(&p, "alice", "bob", "r1", "hello"), DB_OK);
	assert_int_equal(put(&p, "alice", "bob", "r1", "hello"), DB_AGAIN);
	assert_int_equal(put(&p, "alice", "bob", "r1", "other words"), DB_OK);
	assert_int_equal(put(&p, "alice", "carla", "r1", "hello"), DB_OK);
	assert_int_equal(put(&p, "carla", "bob", "r1", "hello"), DB_OK);
	assert_int_equal(put(&p, "alice", "bob", "", "hello"), DB_OK);
	assert_int_equal(put(&p, "alice", "bob", "", "hello"), DB_OK);
	pending_are(&p, "bob", "hello other words hello hello hello");
	deliver(&p, 1, "bob");
	m = message(&p, "alice", "bob", "r1", "hello");
	db_begin(p.db);
	assert_int_equal(db_put(p.db, &m), DB_AGAIN);
	assert_int_equal(m.seq, 1);
	assert_memory_equal(&m.id, &(struct id[]){id_of(1)}, sizeof m.id);
	assert_int_equal(m.delivered, START + 5000);
	m = message(&p, "alice", "bob", "", "hello"); /* the same record, to a store that was started anew */
	m.id = id_of(6);
	assert_int_equal(db_put(p.db, &m), DB_AGAIN);
	assert_int_equal(m.seq, 5);
	db_commit(p.db);
	end(&p);
}

static void
what_was_read_before_it_came_in_does_not_wait(void **state)
{
	struct place p;

	(void)state;
	begin(&p, &plenty);
	assert_int_equal(deliver(&p, 1, "carla"), DB_NONE); /* of a message that is for somebody else, as will be seen */
	assert_int_equal(deliver(&p, 2, "bob"), DB_NONE);
	put(&p, "alice", "bob", "", "a");
	put(&p, "alice", "bob", "", "b");
	pending_are(&p, "bob", "a");
	pending_count_is(&p, "bob", 1, 1);
	assert_int_equal(deliver(&p, 2, "bob"), DB_AGAIN);
	end(&p);
}

static void
a_mailbox_has_room_for_so_many_and_so_much(void **state)
{
	static const struct db_limits few = {3, 10, 0, 0};
	struct place p;

	(void)state;
	begin(&p, &few);
	assert_int_equal(put(&p, "alice", "bob", "", "1234567"), DB_OK);
	assert_int_equal(put(&p, "alice", "bob", "", "1234"), DB_MAILBOX_FULL);
	assert_int_equal(put(&p, "alice", "bob", "", "123"), DB_OK);
	assert_int_equal(put(&p, "alice", "carla", "", "1"), DB_OK);
	assert_int_equal(put(&p, "alice", "carla", "", "2"), DB_OK);
	assert_int_equal(put(&p, "alice", "carla", "", "3"), DB_OK);
	assert_int_equal(put(&p, "alice", "carla", "", "4"), DB_MAILBOX_FULL);
	deliver(&p, 5, "carla");
	assert_int_equal(put(&p, "alice", "carla", "", "5"), DB_OK);
	pending_are(&p, "carla", "1 3 5");
	end(&p);
}

static void
who_is_blocked_gets_nothing_in(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct place p;

	(void)state;
	begin(&p, &plenty);
	assert_int_equal(db_block(p.db, &bob, &alice, true), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, true), DB_AGAIN);
	assert_int_equal(put(&p, "alice", "bob", "", "a"), DB_BLOCKED);
	assert_int_equal(put(&p, "carla", "bob", "", "c"), DB_OK);
	assert_int_equal(put(&p, "bob", "alice", "", "b"), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, false), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, false), DB_AGAIN);
	assert_int_equal(put(&p, "alice", "bob", "", "d"), DB_OK);
	pending_are(&p, "bob", "c d");
	end(&p);
}

static void
a_receipt_waits_for_its_user_and_is_taken_once(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct db_receipt r = {.id = id_of(7), .receiver = bob, .status = 1, .time = START, .ref = "r1", .ref_len = 2}, got;
	struct place p;

	(void)state;
	begin(&p, &plenty);
	assert_int_equal(db_owe(p.db, &alice, &r), DB_OK);
	r.status = 2;
	r.ref_len = 0;
	assert_int_equal(db_owe(p.db, &alice, &r), DB_OK);
	assert_int_equal(db_claim(p.db, &bob, &got), DB_NONE);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_OK);
	assert_true(got.status == 1 && got.time == START && got.ref_len == 2 && memcmp(got.ref, "r1", 2) == 0);
	assert_true(name_equal(&got.receiver, &bob) && memcmp(&got.id, &r.id, sizeof r.id) == 0);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_OK);
	assert_true(got.status == 2 && got.ref_len == 0);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_NONE);
	end(&p);
}

static void
reading_up_to_a_message_counts_once_and_for_what_was_sent_to_the_reader(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct id second = id_of(2), third = id_of(3), none = id_of(99);
	struct place p;

	(void)state;
	begin(&p, &plenty);
	put(&p, "alice", "bob", "", "a");
	put(&p, "alice", "bob", "", "b");
	put(&p, "alice", "bob", "", "c");
	assert_int_equal(db_read(p.db, &bob, &alice, &second, START), DB_OK);
	assert_int_equal(db_read(p.db, &bob, &alice, &second, START), DB_AGAIN);
	assert_int_equal(db_read(p.db, &bob, &alice, &third, START), DB_OK);
	assert_int_equal(db_read(p.db, &alice, &bob, &third, START), DB_NONE);
	assert_int_equal(db_read(p.db, &bob, &alice, &none, START), DB_NONE);
	end(&p);
}

/* Pages of three while more comes in: each message of the first look once, in order. */
static void
paging_neither_skips_nor_repeats_while_messages_come_in(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct buf line = {0};
	struct id before;
	struct place p;
	bool more = true;

	(void)state;
	begin(&p, &plenty);
	for (unsigned i = 0; i < 20; i++) {
		char body[2] = {(char)('a' + i), 0};

		put(&p, i & 1 ? "alice" : "bob", i & 1 ? "bob" : "alice", "", body);
		put(&p, "alice", "carla", "", "another conversation");
	}
	for (int page = 0; more; page++) {
		enum db_result result = page & 1 ? db_history(p.db, &alice, &bob, page ? &before : NULL, 3)
		                                 : db_history(p.db, &bob, &alice, page ? &before : NULL, 3);
		struct db_message m;

		for (more = false; result == DB_OK && (result = db_next(p.db, &m)) == DB_OK; more = true) {
			buf_add(&line, m.body, m.body_len);
			before = m.id;
		}
		put(&p, "alice", "bob", "", "late");
	}
	buf_add(&line, "", 1);
	assert_string_equal((char *)buf_at(&line), "tsrqponmlkjihgfedcba");
	before = id_of(9999);
	assert_int_equal(db_history(p.db, &alice, &bob, &before, 3), DB_NONE);
	buf_free(&line);
	end(&p);
}

static void
a_search_finds_words_in_what_the_asker_took_part_in(void **state)
{
	struct place p;

	(void)state;
	begin(&p, &plenty);
	put(&p, "alice", "bob", "", "disk full");
	put(&p, "bob", "alice", "", "which disk?");
	put(&p, "alice", "carla", "", "Disks");
	put(&p, "carla", "dave", "", "disk, too");
	put(&p, "alice", "bob", "", "Stra\xc3\x9f" "e, caf\xc3\xa9");
	search_is(&p, "alice", NULL, "disk", "Disks which disk? disk full");
	search_is(&p, "alice", "bob", "disk", "which disk? disk full");
	search_is(&p, "bob", NULL, "disk", "which disk? disk full");
	search_is(&p, "dave", NULL, "full", "");
	search_is(&p, "alice", NULL, "full disk", "disk full");
	search_is(&p, "alice", NULL, " CAFE ", "Stra\xc3\x9f" "e, caf\xc3\xa9");
	search_is(&p, "alice", NULL, "ful", "disk full");
	search_is(&p, "alice", NULL, "ful disk", ""); /* only the last word may go on */
	/* nothing in it is an operator */
	search_is(&p, "alice", NULL, "disk OR carla", "");
	search_is(&p, "alice", NULL, "\"disk", "Disks which disk? disk full");
	search_is(&p, "alice", NULL, "dis* NOT full", "");
	search_is(&p, "alice", NULL, "body:disk (", "");
	search_is(&p, "alice", NULL, "\" \" * ^ ) -", "");
	search_is(&p, "alice", NULL, " \t ", "");
	end(&p);
}

static void
what_is_too_old_or_too_much_goes_a_bit_at_a_time_and_what_waits_stays(void **state)
{
	static const struct db_limits limits = {1000, 1 << 20, 1000, 4};
	struct place p;

	(void)state;
	begin(&p, &limits);
	for (unsigned i = 1; i <= 10; i++) {
		char body[2] = {(char)('a' + i - 1), 0};

		put(&p, "alice", "bob", "", body);
		if (i != 2)
			deliver(&p, i, "bob");
	}
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, START, 2), 2);
	db_commit(p.db);
	search_is(&p, "alice", NULL, "a", "");
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, START, 100), 4);
	assert_int_equal(db_prune(p.db, START, 100), 0);
	db_commit(p.db);
	rows_are(&p, db_history(p.db, &(struct name[]){made_name("alice")}[0], &(struct name[]){made_name("bob")}[0], NULL, 99), "j i h b");
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, START + 1009, 100), 1);
	assert_int_equal(db_prune(p.db, START + 5000, 100), 2);
	db_commit(p.db);
	pending_are(&p, "bob", "b");
	pending_count_is(&p, "bob", 1, 1);
	end(&p);
}

static void
removing_a_user_takes_all_that_is_hers(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct db_receipt r = {.id = id_of(1), .receiver = bob, .status = 1};
	struct place p;

	(void)state;
	begin(&p, &plenty);
	assert_int_equal(db_user_known(p.db, &alice), DB_NONE);
	assert_int_equal(db_user_add(p.db, &alice, START), DB_OK);
	assert_int_equal(db_user_known(p.db, &alice), DB_OK);
	assert_int_equal(db_user_add(p.db, &alice, START + 1), DB_OK);
	put(&p, "alice", "bob", "", "one");
	put(&p, "bob", "alice", "", "two");
	put(&p, "carla", "bob", "", "three");
	assert_int_equal(db_user_known(p.db, &bob), DB_NONE); /* a message makes nobody known */
	db_owe(p.db, &alice, &r);
	db_block(p.db, &bob, &alice, true);
	assert_int_equal(db_user_remove(p.db, &alice, 1), 1);
	assert_int_equal(db_user_remove(p.db, &alice, 2), 1);
	assert_int_equal(db_user_remove(p.db, &alice, 2), 0);
	assert_int_equal(db_user_known(p.db, &alice), DB_NONE);
	assert_int_equal(db_claim(p.db, &alice, &r), DB_NONE);
	pending_are(&p, "bob", "three");
	pending_count_is(&p, "bob", 1, 5);
	search_is(&p, "bob", NULL, "two", "");
	assert_int_equal(put(&p, "alice", "bob", "", "back again"), DB_OK);
	end(&p);
}

static void
a_group_is_all_or_nothing_and_there_after_a_kill(void **state)
{
	struct db_message m;
	struct place p;
	pid_t child;
	int status;

	(void)state;
	begin(&p, &plenty);
	db_begin(p.db);
	m = message(&p, "alice", "bob", "", "abandoned");
	assert_int_equal(db_put(p.db, &m), DB_OK);
	db_abandon(p.db);
	pending_are(&p, "bob", "");
	db_close(p.db);
	child = fork();
	if (child == 0) {
		open_it(&p, &plenty);
		put(&p, "alice", "bob", "", "committed");
		db_begin(p.db);
		m = message(&p, "alice", "bob", "", "not committed");
		db_put(p.db, &m);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	open_it(&p, &plenty);
	pending_are(&p, "bob", "committed");
	end(&p);
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
	begin(&p, &plenty);
	put(&p, "alice", "bob", "", "before");
	db_close(p.db);
	child = fork();
	if (child == 0) {
		struct db_message m;

		open_it(&p, &plenty);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){200 << 10, 200 << 10});
		memset(big, 'x', sizeof big - 1);
		m = message(&p, "alice", "carla", "", big);
		db_begin(p.db);
		if (db_put(p.db, &m) == DB_FAILED)
			db_abandon(p.db);
		else if (db_commit(p.db) == 0)
			_exit(1);
		_exit(put(&p, "alice", "bob", "", "small") == DB_OK && *db_why(p.db) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	open_it(&p, &plenty);
	pending_are(&p, "bob", "before small");
	pending_are(&p, "carla", "");
	end(&p);
}

static void
write_file(const char *path, const void *data, size_t len, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}

static void
fault_is(struct place *p, int fault)
{
	assert_int_equal(db_open(&p->db, p->path, &plenty), fault);
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
	begin(&p, &plenty);
	other = p;
	assert_int_equal(db_open(&other.db, p.path, &plenty), DB_BUSY);
	db_close(other.db);
	db_close(p.db);
	write_file(p.path, later, sizeof later, 60); /* user_version: SQLite's file format, 1.3.15 */
	fault_is(&p, DB_NEWER);
	write_file(p.path, (uint8_t[4]){0, 0, 0, 1}, 4, 60);
	open_it(&p, &plenty);
	db_close(p.db);
	write_file(p.path, later, sizeof later, 68); /* application_id */
	fault_is(&p, DB_NEWER);
	write_file(p.path, garbage, sizeof garbage, 0);
	fault_is(&p, DB_DAMAGED);
	fd = open(p.path, O_RDONLY);
	assert_int_equal(read(fd, kept, sizeof kept), sizeof kept);
	close(fd);
	assert_memory_equal(kept, garbage, sizeof kept);
	end(&p);
	begin(&p, &plenty);
	other = p;
	snprintf(other.path, sizeof other.path, "%s/no/such", p.folder);
	fault_is(&other, DB_UNUSABLE);
	end(&p);
}

static void
a_backup_is_made_while_it_is_in_use(void **state)
{
	char to[80], why[DB_WHY_SIZE];
	struct place p, copy;

	(void)state;
	begin(&p, &plenty);
	put(&p, "alice", "bob", "", "kept");
	copy = p;
	snprintf(to, sizeof to, "%s/copy.db", p.folder);
	assert_int_equal(db_backup(p.path, to, why), 0);
	put(&p, "alice", "bob", "", "later");
	assert_int_equal(db_backup(p.path, to, why), -1);
	assert_non_null(strstr(why, "there already"));
	memcpy(copy.path, to, strlen(to) + 1);
	open_it(&copy, &plenty);
	pending_are(&copy, "bob", "kept");
	db_close(copy.db);
	snprintf(to, sizeof to, "%s/none.db", p.folder);
	assert_int_equal(db_backup("/nonexistent/x", to, why), -1);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_is_found_in_the_order_in_which_it_came_until_it_is_delivered),
		TEST(a_message_that_is_sent_again_is_the_first),
		TEST(what_was_read_before_it_came_in_does_not_wait),
		TEST(a_mailbox_has_room_for_so_many_and_so_much),
		TEST(who_is_blocked_gets_nothing_in),
		TEST(a_receipt_waits_for_its_user_and_is_taken_once),
		TEST(reading_up_to_a_message_counts_once_and_for_what_was_sent_to_the_reader),
		TEST(paging_neither_skips_nor_repeats_while_messages_come_in),
		TEST(a_search_finds_words_in_what_the_asker_took_part_in),
		TEST(what_is_too_old_or_too_much_goes_a_bit_at_a_time_and_what_waits_stays),
		TEST(removing_a_user_takes_all_that_is_hers),
		TEST(a_group_is_all_or_nothing_and_there_after_a_kill),
		TEST(a_full_disk_fails_the_group_and_keeps_what_was_there),
		TEST(what_can_t_be_used_is_said_and_left_as_it_is),
		TEST(a_backup_is_made_while_it_is_in_use),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
