#include "db_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "made.h"
#include "unit.h"

const struct db_limits place_plenty = {1000, 1 << 20, 0, 0};

void
place_open(struct place *p, const struct db_limits *limits)
{
	int fault = db_open(&p->db, p->path, limits);

	if (fault)
		fail_msg("fault %d: %s", fault, db_why(p->db));
}

void
place_begin(struct place *p, const struct db_limits *limits)
{
	*p = (struct place){.folder = "/tmp/test-db.XXXXXX"};
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/chat.db", p->folder);
	place_open(p, limits);
}

void
place_end(struct place *p)
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

struct id
place_id(unsigned n)
{
	struct id id = {{0}};

	id.bytes[ID_SIZE - 1] = (uint8_t)n;
	id.bytes[ID_SIZE - 2] = (uint8_t)(n >> 8);
	return id;
}

struct db_message
place_message(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body)
{
	p->made++;
	return (struct db_message){
		.id = place_id(p->made), .sender = made_name(sender), .receiver = made_name(receiver), .time = PLACE_START + p->made,
		.ref = ref, .ref_len = strlen(ref), .text = body, .text_len = strlen(body), .body = body, .body_len = strlen(body),
	};
}

enum db_result
place_put(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body)
{
	struct db_message m = place_message(p, sender, receiver, ref, body);
	enum db_result result;

	assert_int_equal(db_begin(p->db), 0);
	result = db_put(p->db, &m);
	assert_int_not_equal(result, DB_FAILED);
	assert_int_equal(db_commit(p->db), 0);
	return result;
}

enum db_result
place_deliver(struct place *p, unsigned n, const char *receiver)
{
	struct id id = place_id(n);
	struct name name = made_name(receiver);
	struct db_message m;
	enum db_result result;

	assert_int_equal(db_begin(p->db), 0);
	result = db_delivered(p->db, &id, &name, PLACE_DELIVERED, &m);
	assert_int_equal(db_commit(p->db), 0);
	return result;
}

void
place_rows(struct place *p, enum db_result result, const char *expected)
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

void
place_pending(struct place *p, const char *user, const char *expected)
{
	struct name name = made_name(user);

	place_rows(p, db_missing(p->db, &name, 0, INT64_MAX, INT_MAX), expected);
}

void
place_search(struct place *p, const char *user, const char *with, const char *words, const char *expected)
{
	struct name name = made_name(user), other = made_name(with ? with : "x");

	place_rows(p, db_search(p->db, &name, with ? &other : NULL, words, 100), expected);
}

void
place_pending_count(struct place *p, const char *user, int64_t messages, int64_t bytes)
{
	struct name name = made_name(user);
	int64_t m, b;

	assert_int_equal(db_pending_count(p->db, &name, &m, &b), DB_OK);
	assert_int_equal(m, messages);
	assert_int_equal(b, bytes);
}

void
place_write(const char *path, const void *data, size_t len, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}
