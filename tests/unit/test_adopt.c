#include "store/adopt.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "made.h"
#include "unit.h"

/* A record in a spool; `text` NULL: no payload. */
struct entry {
	enum record_kind kind;
	unsigned status, n;
	const char *text, *sender;
};

#define SENT(n) {RECORD_MESSAGE, RECORD_KEEPING, n, "words", "alice"}
#define HAD(n) {RECORD_MESSAGE, RECORD_HAD, n, NULL, "alice"}
#define TOLD_AN_ERROR(n) {RECORD_REFUSED, 0, n, NULL, "alice"}
#define READ(n) {RECORD_RECEIPT, RECORD_DELIVERED, n, NULL, "alice"}
#define END {0}
#define ENTRIES 10

static void
add(struct buf *spool, const struct entry *e)
{
	struct record r = {.kind = e->kind, .status = (uint8_t)e->status, .time = 5, .sender = made_name(e->sender), .receiver = made_name("bob")};

	r.id.bytes[ID_SIZE - 1] = (uint8_t)e->n;
	r.payload = e->text;
	r.payload_len = e->text ? strlen(e->text) : 0;
	assert_int_equal(record_encode(&r, spool), 0);
}

static void
note(void *context, const struct record *r)
{
	struct buf *line = context;
	char text[32];
	int n = snprintf(text, sizeof text, "%s%s%d", buf_len(line) > 0 ? "; " : "", r->kind == RECORD_RECEIPT ? "read " : "", r->id.bytes[ID_SIZE - 1]);

	assert_string_equal(r->sender.text, "alice");
	assert_string_equal(r->receiver.text, "bob");
	assert_int_equal(buf_add(line, text, (size_t)n), 0);
	if (r->kind == RECORD_MESSAGE) {
		assert_memory_equal(r->payload, "words", 5);
		made_flags(line, r->status);
	} else {
		assert_int_equal(r->kind, RECORD_RECEIPT);
		assert_int_equal(r->status, RECORD_DELIVERED);
	}
}

/* What is adopted of the first `len` bytes. */
static void
adopted(const struct buf *spool, size_t len, const char *expected)
{
	struct buf b = {.data = guard_put(0, buf_at(spool), len), .end = len, .cap = len};
	struct name alice = made_name("alice");
	struct buf line = {0};

	adopt(&alice, &b, note, &line);
	made_line(&line, expected);
	buf_free(&line);
}

static void
what_is_adopted_of_what_was_spooled(void **state)
{
	static const struct {
		const char *adopted;
		struct entry entries[ENTRIES];
	} vectors[] = {
		{"", {END}},
		{"1 keeping unreached", {SENT(1), END}},
		{"2 keeping unreached; 1 keeping unreached", {SENT(2), SENT(1), END}},
		{"1 keeping unreached had; 2 keeping unreached", {SENT(1), SENT(2), HAD(1), END}},
		{"1 keeping unreached had", {HAD(1), SENT(1), END}},
		{"1 keeping unreached had", {SENT(1), HAD(1), HAD(1), END}},
		{"1 keeping unreached had", {{RECORD_MESSAGE, RECORD_KEEPING | RECORD_HAD, 1, "words", "alice"}, END}},
		{"1 unreached", {{RECORD_MESSAGE, 0, 1, "words", "alice"}, END}},
		{"1 unreached away", {{RECORD_MESSAGE, RECORD_UNREACHED | RECORD_AWAY, 1, "words", "alice"}, END}},
		{"2 keeping unreached", {SENT(1), TOLD_AN_ERROR(1), SENT(2), END}},
		{"", {SENT(1), HAD(1), TOLD_AN_ERROR(1), END}},
		{"", {HAD(1), TOLD_AN_ERROR(2), END}},
		{"read 7", {READ(7), END}},
		{"1 keeping unreached; read 7; 2 keeping unreached; read 1", {SENT(1), READ(7), SENT(2), READ(1), END}},
		{"read 1", {SENT(1), READ(1), TOLD_AN_ERROR(1), END}}, /* of what others sent, whatever its id */
		{"", {{RECORD_RECEIPT, RECORD_READ, 1, NULL, "alice"}, {RECORD_RECEIPT, RECORD_STORED, 1, NULL, "alice"}, END}},
		{"", {{RECORD_TYPING, 1, 1, NULL, "alice"}, {RECORD_LOGIN, 0, 1, NULL, "alice"}, {RECORD_QUERY, 0, 1, "words", "alice"}, END}},
		{"2 keeping unreached", {{RECORD_MESSAGE, RECORD_KEEPING, 1, "words", "eve"}, SENT(2), END}},
		{"", {{RECORD_RECEIPT, RECORD_DELIVERED, 1, NULL, "eve"}, END}},
		{"1 keeping unreached", {SENT(1), {RECORD_MESSAGE, RECORD_HAD, 1, NULL, "eve"}, {RECORD_REFUSED, 0, 1, NULL, "eve"}, END}},
		{"1 keeping unreached; 1 keeping unreached", {SENT(1), SENT(1), END}}, /* the store knows it by its id */
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct buf spool = {0};

		unit_row("%s", v->adopted);
		for (const struct entry *e = v->entries; e->kind; e++)
			add(&spool, e);
		adopted(&spool, buf_len(&spool), v->adopted);
		buf_free(&spool);
	}
}

static void
cut_off_anywhere_it_has_the_whole_records_before(void **state)
{
	static const struct entry entries[] = {SENT(1), SENT(2), HAD(1), READ(9), TOLD_AN_ERROR(2), SENT(3)};
	static const char *const expected[] = {
		"",
		"1 keeping unreached",
		"1 keeping unreached; 2 keeping unreached",
		"1 keeping unreached had; 2 keeping unreached",
		"1 keeping unreached had; 2 keeping unreached; read 9",
		"1 keeping unreached had; read 9",
		"1 keeping unreached had; read 9; 3 keeping unreached",
	};
	struct buf spool = {0};
	size_t ends[COUNT(entries)], whole = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(entries); i++) {
		add(&spool, &entries[i]);
		ends[i] = buf_len(&spool);
	}
	for (size_t len = 0; len <= buf_len(&spool); len++) {
		if (len == ends[whole])
			whole++;
		unit_row("%zu bytes", len);
		adopted(&spool, len, expected[whole]);
	}
	assert_int_equal(whole, COUNT(entries));
	unit_rows_done();
	buf_free(&spool);
}

static void
a_record_of_a_later_version_is_stepped_over(void **state)
{
	struct buf spool = {0};
	size_t second;

	(void)state;
	add(&spool, &(struct entry)SENT(1));
	second = buf_len(&spool);
	add(&spool, &(struct entry)SENT(2));
	buf_at(&spool)[second] = 99;
	add(&spool, &(struct entry)SENT(3));
	adopted(&spool, buf_len(&spool), "1 keeping unreached; 3 keeping unreached");
	buf_free(&spool);
}

static void
more_marks_than_there_was_room_for_at_first_are_all_found(void **state)
{
	struct buf spool = {0}, line = {0};
	struct name alice = made_name("alice");

	(void)state;
	for (unsigned n = 200; n > 0; n--) {
		add(&spool, &(struct entry)SENT(n));
		add(&spool, n % 2 ? &(struct entry)HAD(n) : &(struct entry)TOLD_AN_ERROR(n));
	}
	adopt(&alice, &spool, note, &line);
	for (unsigned n = 199;; n -= 2) {
		char text[64];
		int len = snprintf(text, sizeof text, "%s%u keeping unreached had", n < 199 ? "; " : "", n);

		assert_in_range(len, 0, buf_len(&line));
		assert_memory_equal(buf_at(&line), text, (size_t)len);
		buf_take(&line, (size_t)len);
		if (n == 1)
			break;
	}
	assert_int_equal(buf_len(&line), 0);
	buf_free(&spool);
	buf_free(&line);
}

static void
count(void *context, const struct record *r)
{
	assert_string_equal(r->sender.text, "alice");
	++*(size_t *)context;
}

/* A session is not believed in what is in its file. */
static void
rubbish_does_no_harm(void **state)
{
	struct name alice = made_name("alice");
	uint32_t seed = 1;
	struct buf spool = {0};
	size_t taken = 0;

	(void)state;
	for (unsigned n = 1; n < 8; n++)
		add(&spool, n % 3 ? &(struct entry)SENT(n) : &(struct entry)HAD(n - 1));
	for (int i = 0; i < 50000; i++) {
		size_t len = buf_len(&spool);
		unsigned char *at = guard_put(0, buf_at(&spool), len);
		struct buf b = {.data = at, .end = len, .cap = len};

		for (uint32_t k = unit_random(&seed) % 4; k > 0; k--)
			at[unit_random(&seed) % len] = (unsigned char)(unit_random(&seed) >> 8);
		if (i % 10 == 0)
			unit_random_bytes(&seed, at, len);
		adopt(&alice, &b, count, &taken);
	}
	assert_in_range(taken, 50000, 5 * 50000);
	buf_free(&spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_adopted_of_what_was_spooled),
		TEST(cut_off_anywhere_it_has_the_whole_records_before),
		TEST(a_record_of_a_later_version_is_stepped_over),
		TEST(more_marks_than_there_was_room_for_at_first_are_all_found),
		TEST(rubbish_does_no_harm),
	};

	return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
