#include "chat/record.h"

#include <limits.h>
#include <string.h>

static void
store_le(uint8_t *p, uint64_t x, size_t n)
{
	for (; n > 0; n--, x >>= 8)
		*p++ = (uint8_t)x;
}

static uint64_t
load_le(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

static size_t
prev_size(const struct record *r)
{
	return id_is_set(&r->prev) ? ID_SIZE : 0;
}

static size_t
head_size(const struct record *r)
{
	return RECORD_HEAD + r->ref_len + r->sender.len + r->receiver.len + prev_size(r);
}

size_t
record_size(const struct record *r)
{
	return head_size(r) + r->payload_len;
}

static uint8_t *
put(uint8_t *p, const void *data, size_t len)
{
	if (len > 0)
		memcpy(p, data, len);
	return p + len;
}

int
record_encode(const struct record *r, struct buf *out)
{
	size_t size = record_size(r);
	uint8_t *p = buf_room(out, size);

	if (!p)
		return -1;
	p[0] = RECORD_VERSION;
	p[1] = (uint8_t)r->kind;
	p[2] = r->status;
	p[3] = (uint8_t)r->ref_len;
	p[4] = r->sender.len;
	p[5] = r->receiver.len;
	store_le(p + 6, head_size(r), 2);
	store_le(p + 8, r->payload_len, 4);
	store_le(p + 12, r->link, 4);
	store_le(p + 16, r->time, 8);
	memcpy(p + 24, r->id.bytes, ID_SIZE);
	p = put(p + RECORD_HEAD, r->ref, r->ref_len);
	p = put(p, r->sender.text, r->sender.len);
	p = put(p, r->receiver.text, r->receiver.len);
	p = put(p, r->prev.bytes, prev_size(r));
	put(p, r->payload, r->payload_len);
	buf_added(out, size);
	return 0;
}

static int
party(struct name *name, const char *bytes, size_t len)
{
	return name_make(name, bytes, len) == 0 ? 0 : name_service(name, bytes, len);
}

/* The part after the lengths have been found to fit. */
static int
decode_known(struct record *r, const uint8_t *p, size_t head)
{
	size_t ref = p[3], sender = p[4], receiver = p[5];
	const char *at = (const char *)p + RECORD_HEAD;

	if (ref > RECORD_REF_MAX || RECORD_HEAD + ref + sender + receiver > head)
		return -1;
	r->kind = p[1];
	r->status = p[2];
	r->link = (uint32_t)load_le(p + 12, 4);
	r->time = load_le(p + 16, 8);
	memcpy(r->id.bytes, p + 24, ID_SIZE);
	r->ref = at;
	r->ref_len = ref;
	if (head - (RECORD_HEAD + ref + sender + receiver) >= ID_SIZE)
		memcpy(r->prev.bytes, at + ref + sender + receiver, ID_SIZE);
	if (party(&r->sender, at + ref, sender) < 0)
		return -1;
	return party(&r->receiver, at + ref + sender, receiver);
}

int
record_decode(struct record *r, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t head, payload;

	if (len < RECORD_HEAD)
		return -1;
	head = load_le(p + 6, 2);
	payload = load_le(p + 8, 4);
	if (head < RECORD_HEAD || head > len || payload > len - head || head + payload > INT_MAX)
		return -1;
	*r = (struct record){.kind = RECORD_UNKNOWN};
	if (p[0] == RECORD_VERSION && p[1] > RECORD_UNKNOWN && p[1] < RECORD_KINDS && decode_known(r, p, head) < 0)
		return -1;
	r->payload = (const char *)p + head;
	r->payload_len = payload;
	return (int)(head + payload);
}
