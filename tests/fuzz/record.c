/* The bytes as records in a row; and as what one record is made of. */
#include "chat/record.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static bool
is_party(const struct name *name)
{
	struct name again;

	if (strlen(name->text) != name->len)
		return false;
	return (name_is_service(name) ? name_service : name_make)(&again, name->text, name->len) == 0 && name_equal(name, &again);
}

static void
check_same(const struct record *a, const struct record *b)
{
	CHECK(a->kind == b->kind && a->status == b->status && a->time == b->time);
	CHECK(memcmp(a->id.bytes, b->id.bytes, ID_SIZE) == 0);
	CHECK(name_equal(&a->sender, &b->sender) && name_equal(&a->receiver, &b->receiver));
	CHECK(a->ref_len == b->ref_len && memcmp(a->ref, b->ref, a->ref_len) == 0);
	CHECK(a->payload_len == b->payload_len && memcmp(a->payload, b->payload, a->payload_len) == 0);
}

/* Written and read again it is the same, and no part of it is a record. */
static void
check_again(const struct record *r)
{
	struct buf out = {0};
	struct record again;
	size_t size = record_size(r);
	void *block;

	CHECK(record_encode(r, &out) == 0 && buf_len(&out) == size);
	block = fuzz_block(buf_at(&out), size);
	CHECK(record_decode(&again, block, size) == (int)size);
	check_same(r, &again);
	for (size_t cut = 0; cut < size; cut += fuzz_step(size))
		CHECK(record_decode(&again, fuzz_at_end(block, size, buf_at(&out), cut), cut) == -1);
	free(block);
	buf_free(&out);
}

static void
check_decode(const char *at, size_t len)
{
	struct record r;
	int n;

	while ((n = record_decode(&r, at, len)) >= 0) {
		CHECK(n >= RECORD_HEAD && (size_t)n <= len);
		CHECK(r.payload >= at + RECORD_HEAD && r.payload + r.payload_len == at + n);
		CHECK(r.kind < RECORD_KINDS);
		if (r.kind != RECORD_UNKNOWN) {
			CHECK(r.ref == at + RECORD_HEAD && r.ref_len <= RECORD_REF_MAX);
			CHECK(is_party(&r.sender) && is_party(&r.receiver));
			CHECK(record_size(&r) <= (size_t)n);
			check_again(&r);
		}
		at += n;
		len -= (size_t)n;
	}
}

static struct name
party(struct fuzz_input *in)
{
	size_t len = fuzz_byte(in) & 127;
	const uint8_t *at = fuzz_take(in, &len);
	struct name name;

	return name_make(&name, (const char *)at, len) == 0 ? name : name_operator();
}

static void
check_encode(struct fuzz_input in)
{
	struct record r = {
		.kind = RECORD_UNKNOWN + 1 + fuzz_byte(&in) % (RECORD_KINDS - 1),
		.status = fuzz_byte(&in),
		.time = fuzz_number(&in, 8),
		.ref_len = fuzz_byte(&in) % (RECORD_REF_MAX + 1),
	};

	r.ref = (const char *)fuzz_take(&in, &r.ref_len);
	r.sender = party(&in);
	r.receiver = party(&in);
	for (size_t i = 0; i < ID_SIZE; i++)
		r.id.bytes[i] = fuzz_byte(&in);
	r.payload = (const char *)in.at;
	r.payload_len = in.len;
	check_again(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	void *block = fuzz_block(data, len);

	check_decode(block, len);
	check_encode((struct fuzz_input){data, len});
	free(block);
	return 0;
}
