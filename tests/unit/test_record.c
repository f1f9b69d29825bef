#include "chat/record.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static struct name
name_of(const char *text)
{
	struct name name;

	if (name_make(&name, text, strlen(text)) < 0)
		assert_int_equal(name_service(&name, text, strlen(text)), 0);
	return name;
}

static struct record
sample(void)
{
	struct record r = {
		.kind = RECORD_MESSAGE,
		.status = 7,
		.id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
		.time = 0x1122334455667788,
		.sender = name_of("alice"),
		.receiver = name_of("bob"),
		.ref = "ref-1",
		.ref_len = 5,
		.payload = "payload",
		.payload_len = 7,
	};

	return r;
}

static const char sample_bytes[] = "\x01\x01\x07\x05\x05\x03\x35\x00\x07\x00\x00\x00\x00\x00\x00\x00"
                                   "\x88\x77\x66\x55\x44\x33\x22\x11"
                                   "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
                                   "ref-1" "alice" "bob" "payload";

#define SAMPLE_SIZE (sizeof sample_bytes - 1)

static int
decode(struct record *r, const void *data, size_t len)
{
	return record_decode(r, guard_put(0, data, len), len);
}

static void
check_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->status, b->status);
	assert_memory_equal(a->id.bytes, b->id.bytes, ID_SIZE);
	assert_true(a->time == b->time);
	assert_true(name_equal(&a->sender, &b->sender));
	assert_string_equal(a->sender.text, b->sender.text);
	assert_true(name_equal(&a->receiver, &b->receiver));
	assert_int_equal(a->ref_len, b->ref_len);
	if (a->ref_len)
		assert_memory_equal(a->ref, b->ref, a->ref_len);
	assert_int_equal(a->payload_len, b->payload_len);
	if (a->payload_len)
		assert_memory_equal(a->payload, b->payload, a->payload_len);
}

static void
a_record_has_the_bytes_that_the_header_says(void **state)
{
	struct record r = sample(), back;
	struct buf out = {0};

	(void)state;
	assert_int_equal(record_size(&r), SAMPLE_SIZE);
	assert_int_equal(record_encode(&r, &out), 0);
	assert_int_equal(buf_len(&out), SAMPLE_SIZE);
	assert_memory_equal(buf_at(&out), sample_bytes, SAMPLE_SIZE);
	assert_int_equal(decode(&back, sample_bytes, SAMPLE_SIZE), SAMPLE_SIZE);
	check_same(&r, &back);
	buf_free(&out);
}

static void
records_come_back_as_they_were(void **state)
{
	static const char *const names[] = {"a", "bob", "n123456789012345678901234567890123456789012345678901234567890123", ".ctl", ".store"};
	static const size_t refs[] = {0, 1, 63, 64}, payloads[] = {0, 1, 100, 70000};
	static char ref[RECORD_REF_MAX], payload[70000];
	uint32_t seed = 40;

	(void)state;
	unit_random_bytes(&seed, ref, sizeof ref);
	unit_random_bytes(&seed, payload, sizeof payload);
	for (unsigned n = 0; n < 7 * 5 * 5 * 4 * 4; n++) {
		struct record r = {.kind = (enum record_kind)(1 + n % 7), .status = (uint8_t)n}, back;
		struct buf out = {0};

		unit_row("%u", n);
		unit_random_bytes(&seed, r.id.bytes, ID_SIZE);
		r.time = (uint64_t)unit_random(&seed) << 32 | unit_random(&seed);
		r.sender = name_of(names[n / 7 % 5]);
		r.receiver = name_of(names[n / 35 % 5]);
		r.ref_len = refs[n / 175 % 4];
		r.ref = r.ref_len ? ref : NULL;
		r.payload_len = payloads[n / 700];
		r.payload = r.payload_len ? payload : NULL;
		assert_int_equal(record_encode(&r, &out), 0);
		assert_int_equal(buf_len(&out), record_size(&r));
		assert_true(record_size(&r) - r.payload_len <= RECORD_HEAD_MAX);
		assert_int_equal(decode(&back, buf_at(&out), buf_len(&out)), buf_len(&out));
		check_same(&r, &back);
		buf_free(&out);
	}
	unit_rows_done();
}

static void
records_in_a_row_are_taken_one_by_one(void **state)
{
	struct record r = sample(), back;
	struct buf out = {0};

	(void)state;
	for (int i = 0; i < 5; i++) {
		r.status = (uint8_t)i;
		r.payload_len = (size_t)i;
		assert_int_equal(record_encode(&r, &out), 0);
	}
	for (int i = 0; i < 5; i++) {
		int n = decode(&back, buf_at(&out), buf_len(&out));

		assert_int_equal(n, SAMPLE_SIZE - 7 + (size_t)i);
		assert_int_equal(back.status, i);
		buf_take(&out, (size_t)n);
	}
	assert_int_equal(buf_len(&out), 0);
	buf_free(&out);
}

static void
a_record_that_is_cut_anywhere_is_none(void **state)
{
	(void)state;
	for (size_t len = 0; len < SAMPLE_SIZE; len++) {
		struct record r;

		assert_int_equal(decode(&r, sample_bytes, len), -1);
	}
}

static void
what_follows_a_record_does_not_count(void **state)
{
	char data[SAMPLE_SIZE + 3];
	struct record r, expected = sample();

	(void)state;
	memcpy(data, sample_bytes, SAMPLE_SIZE);
	memcpy(data + SAMPLE_SIZE, "\xff\xff\xff", 3);
	assert_int_equal(decode(&r, data, sizeof data), SAMPLE_SIZE);
	check_same(&r, &expected);
}

static void
lengths_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t byte;
	} vectors[] = {
		{"a ref of 65 bytes", 3, 65},
		{"a ref beyond the head", 3, 6},
		{"a sender beyond the head", 4, 6},
		{"a receiver beyond the head", 5, 4},
		{"a receiver of 255 bytes", 5, 255},
		{"no sender", 4, 0},
		{"no receiver", 5, 0},
		{"a head of 39 bytes", 6, 39},
		{"an empty head", 6, 0},
		{"a head without the last letter", 6, 0x34},
		{"a head beyond the end", 6, SAMPLE_SIZE + 1},
		{"a head far beyond the end", 7, 0xff},
		{"a payload one byte too long", 8, 8},
		{"a payload of 2^31 bytes", 11, 0x80},
		{"a payload of 2^32 bytes", 11, 0xff},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char data[SAMPLE_SIZE];
		struct record r;

		unit_row("%s", v->name);
		memcpy(data, sample_bytes, SAMPLE_SIZE);
		data[v->at] = (char)v->byte;
		assert_int_equal(decode(&r, data, SAMPLE_SIZE), -1);
	}
}

static void
a_ref_of_65_bytes_is_refused_though_the_head_has_room(void **state)
{
	char data[SAMPLE_SIZE + 60];
	struct record r;

	(void)state;
	memset(data, 'r', sizeof data);
	memcpy(data, sample_bytes, RECORD_HEAD);
	memcpy(data + sizeof data - 15, sample_bytes + 45, 15);
	data[6] = 113;
	data[3] = 65;
	assert_int_equal(decode(&r, data, sizeof data), -1);
	data[3] = 64;
	memmove(data + RECORD_HEAD + 64, "alicebob", 8);
	assert_int_equal(decode(&r, data, sizeof data), sizeof data);
	assert_int_equal(r.ref_len, 64);
}

static void
parties_that_are_no_names_are_refused(void **state)
{
	static const struct {
		const char *sender; /* of 5 bytes */
	} vectors[] = {{"../ab"}, {"al/ce"}, {".ctlx"}, {"-lice"}, {"al ce"}, {"al\xc3\xa9" "e"}}, *v;
	char data[SAMPLE_SIZE];
	struct record r;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->sender);
		memcpy(data, sample_bytes, SAMPLE_SIZE);
		memcpy(data + 45, v->sender, 5);
		assert_int_equal(decode(&r, data, SAMPLE_SIZE), -1);
	}
	memcpy(data, sample_bytes, SAMPLE_SIZE);
	data[47] = 0;
	assert_int_equal(decode(&r, data, SAMPLE_SIZE), -1);
	memcpy(data, sample_bytes, SAMPLE_SIZE);
	data[50] = '.';
	assert_int_equal(decode(&r, data, SAMPLE_SIZE), -1);
}

static void
what_is_of_another_version_or_kind_is_stepped_over(void **state)
{
	static const struct {
		uint8_t version, kind;
	} vectors[] = {{0, 1}, {2, 1}, {255, 1}, {1, 0}, {1, RECORD_KINDS}, {1, 200}, {1, 255}}, *v;

	(void)state;
	EACH(v, vectors) {
		char data[SAMPLE_SIZE];
		struct record r;

		unit_row("version %u, kind %u", v->version, v->kind);
		memcpy(data, sample_bytes, SAMPLE_SIZE);
		data[0] = (char)v->version;
		data[1] = (char)v->kind;
		memset(data + 45, '/', 8);
		assert_int_equal(decode(&r, data, SAMPLE_SIZE), SAMPLE_SIZE);
		assert_int_equal(r.kind, RECORD_UNKNOWN);
		assert_int_equal(r.payload_len, 7);
		assert_memory_equal(r.payload, "payload", 7);
		for (size_t len = 0; len < SAMPLE_SIZE; len++)
			assert_int_equal(decode(&r, data, len), -1);
	}
}

static void
a_head_that_a_later_version_made_longer_is_understood(void **state)
{
	char data[SAMPLE_SIZE + 9];
	struct record r, expected = sample();

	(void)state;
	memcpy(data, sample_bytes, 53);
	memset(data + 53, 0xee, 9);
	memcpy(data + 62, "payload", 7);
	data[6] = 62;
	assert_int_equal(decode(&r, data, sizeof data), sizeof data);
	check_same(&r, &expected);
}

static void
every_byte_may_be_any_byte_without_harm(void **state)
{
	char data[SAMPLE_SIZE];

	(void)state;
	memcpy(data, sample_bytes, SAMPLE_SIZE);
	for (size_t at = 0; at < SAMPLE_SIZE; at++) {
		for (int c = 0; c < 256; c++) {
			struct record r;
			int n;

			data[at] = (char)c;
			n = decode(&r, data, SAMPLE_SIZE);
			assert_in_range(n + 1, 0, SAMPLE_SIZE + 1);
			if (n > 0)
				assert_true(r.payload_len <= (size_t)n);
		}
		data[at] = sample_bytes[at];
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_has_the_bytes_that_the_header_says),
		TEST(records_come_back_as_they_were),
		TEST(records_in_a_row_are_taken_one_by_one),
		TEST(a_record_that_is_cut_anywhere_is_none),
		TEST(what_follows_a_record_does_not_count),
		TEST(lengths_that_do_not_fit_are_refused),
		TEST(a_ref_of_65_bytes_is_refused_though_the_head_has_room),
		TEST(parties_that_are_no_names_are_refused),
		TEST(what_is_of_another_version_or_kind_is_stepped_over),
		TEST(a_head_that_a_later_version_made_longer_is_understood),
		TEST(every_byte_may_be_any_byte_without_harm),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
