/* The file of passwords. */
#include "auth/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made.h"
#include "unit.h"

static char folder[] = "/tmp/test-passwd.XXXXXX", file[64];

static int
set_up(void **state)
{
	(void)state;
	assert_true(sodium_init() >= 0);
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/passwords", folder);
	return 0;
}

static int
tear_down(void **state)
{
	unlink(file);
	assert_int_equal(rmdir(folder), 0); /* nothing else is left in it */
	return unit_teardown(state);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static void
file_is(const char *text)
{
	char is[512];
	FILE *f = fopen(file, "r");
	size_t len;

	assert_non_null(f);
	len = fread(is, 1, sizeof is - 1, f);
	fclose(f);
	is[len] = 0;
	assert_string_equal(is, text);
}

static int
edit(enum passwd_edit what, const char *user, const char *hash)
{
	struct name name = made_name(user);

	return passwd_edit(folder, what, &name, hash, -1);
}

static const char *
find(const char *user)
{
	static char hash[PASSWD_HASH_SIZE];
	struct name name = made_name(user);
	bool known;

	assert_int_equal(passwd_find(folder, &name, hash, &known), 0);
	if (known)
		return hash;
	assert_string_equal(hash, passwd_nobody);
	return NULL;
}

static void
users_are_added_changed_and_removed(void **state)
{
	(void)state;
	assert_int_equal(edit(PASSWD_ADD, "alice", "A"), 0);
	assert_int_equal(edit(PASSWD_ADD, "bob", "B"), 0);
	file_is("alice:A\nbob:B\n");
	assert_int_equal(edit(PASSWD_CHANGE, "alice", "C"), 0);
	file_is("bob:B\nalice:C\n");
	assert_string_equal(find("alice"), "C");
	assert_string_equal(find("bob"), "B");
	assert_int_equal(edit(PASSWD_REMOVE, "bob", NULL), 0);
	file_is("alice:C\n");
	assert_null(find("bob"));
}

static void
what_can_not_be_done_changes_nothing(void **state)
{
	struct stat before, after;

	(void)state;
	assert_int_equal(edit(PASSWD_REMOVE, "alice", NULL), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(edit(PASSWD_CHANGE, "alice", "A"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(access(file, F_OK), -1);
	write_file("alice:A\n");
	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(edit(PASSWD_ADD, "alice", "B"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(edit(PASSWD_CHANGE, "bob", "B"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(edit(PASSWD_REMOVE, "bob", NULL), -1);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	file_is("alice:A\n");
}

static void
a_user_is_the_whole_name_and_nothing_else(void **state)
{
	(void)state;
	write_file("alice2:1\nali:2\nAlice:3\n alice:4\nalice\nxalice:5\n:6\n\nbob:7");
	assert_null(find("alice"));
	assert_string_equal(find("bob"), "7");
	assert_string_equal(find("ali"), "2");
	assert_int_equal(edit(PASSWD_ADD, "alice", "8"), 0);
	file_is("alice2:1\nali:2\nAlice:3\n alice:4\nalice\nxalice:5\n:6\n\nbob:7\nalice:8\n");
}

static void
a_hash_that_is_too_long_is_none(void **state)
{
	char text[512] = "alice:";

	(void)state;
	memset(text + 6, 'x', PASSWD_HASH_SIZE - 1);
	write_file(text);
	assert_int_equal(strlen(find("alice")), PASSWD_HASH_SIZE - 1);
	memset(text + 6, 'x', PASSWD_HASH_SIZE);
	write_file(text);
	assert_null(find("alice"));
}

static void
only_its_owner_may_read_it_whatever_the_umask_and_what_was_there(void **state)
{
	mode_t kept = umask(0);
	struct stat st;

	(void)state;
	assert_int_equal(edit(PASSWD_ADD, "alice", "A"), 0);
	umask(kept);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	chmod(file, 0644);
	assert_int_equal(edit(PASSWD_ADD, "bob", "B"), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
it_keeps_its_owner_or_gets_another(void **state)
{
	struct name bob = made_name("bob");
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("alice:A\n");
	assert_int_equal(chown(file, 1234, 1235), 0);
	assert_int_equal(edit(PASSWD_CHANGE, "alice", "B"), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 1235);
	assert_int_equal(passwd_edit(folder, PASSWD_ADD, &bob, "B", 1236), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, 1236);
}

static void
what_a_killed_writer_left_is_in_nobodys_way(void **state)
{
	char new[80];
	int fd;

	(void)state;
	snprintf(new, sizeof new, "%s.new", file);
	write_file("alice:A\n");
	fd = open(new, O_WRONLY | O_CREAT, 0400);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half a li", 9), 9);
	close(fd);
	assert_int_equal(edit(PASSWD_ADD, "bob", "B"), 0);
	file_is("alice:A\nbob:B\n");
	assert_int_equal(access(new, F_OK), -1);
}

static void
a_file_that_can_not_be_read_is_an_error_and_none_is_not(void **state)
{
	struct name alice = made_name("alice");
	char hash[PASSWD_HASH_SIZE];
	bool known = true;

	(void)state;
	assert_null(find("alice"));
	assert_int_equal(passwd_find("/nonexistent", &alice, hash, &known), 0);
	assert_false(known);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(passwd_find(folder, &alice, hash, &known), -1);
	assert_int_equal(rmdir(file), 0);
}

static void
a_password_is_known_by_its_hash_and_no_other_one_is(void **state)
{
	char hash[PASSWD_HASH_SIZE], again[PASSWD_HASH_SIZE];

	(void)state;
	assert_int_equal(passwd_hash(hash, "correct horse"), 0);
	assert_int_equal(passwd_hash(again, "correct horse"), 0);
	assert_string_not_equal(hash, again);
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
	assert_true(passwd_is(hash, "correct horse"));
	assert_false(passwd_is(hash, "correct horsf"));
	assert_false(passwd_is(hash, "correct horse "));
	assert_false(passwd_is("", "correct horse"));
	assert_false(passwd_is("x", "correct horse"));
}

static void
nobodys_hash_costs_what_everybodys_does(void **state)
{
	char hash[PASSWD_HASH_SIZE] = "";

	(void)state;
	strcpy(hash, passwd_nobody);
	assert_int_equal(crypto_pwhash_str_needs_rehash(hash, PASSWD_OPS, PASSWD_MEMORY), 0);
	assert_false(passwd_is(passwd_nobody, ""));
	assert_false(passwd_is(passwd_nobody, "correct horse"));
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(users_are_added_changed_and_removed),
		FILE_TEST(what_can_not_be_done_changes_nothing),
		FILE_TEST(a_user_is_the_whole_name_and_nothing_else),
		FILE_TEST(a_hash_that_is_too_long_is_none),
		FILE_TEST(only_its_owner_may_read_it_whatever_the_umask_and_what_was_there),
		FILE_TEST(it_keeps_its_owner_or_gets_another),
		FILE_TEST(what_a_killed_writer_left_is_in_nobodys_way),
		FILE_TEST(a_file_that_can_not_be_read_is_an_error_and_none_is_not),
		FILE_TEST(a_password_is_known_by_its_hash_and_no_other_one_is),
		FILE_TEST(nobodys_hash_costs_what_everybodys_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
