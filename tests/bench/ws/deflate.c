/* Permessage-deflate beside zlib called directly, with the same settings: what unmasking, framing, the check of UTF-8 and the
 * steady memory add; and what another level would do. */
#include "parts.h"

#include <stdio.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "bench.h"
#include "codec.h"
#include "sample.h"

#define TOTAL (1 << 20)
#define MESSAGES_MAX 1024
#define TAIL "\x00\x00\xff\xff"
#define TAIL_SIZE 4

static uint8_t payload[TOTAL], bytes[2 * TOTAL], out[2 * TOTAL];
static size_t ends[MESSAGES_MAX]; /* of the messages that plain zlib made, in `bytes` */

struct plain {
	size_t size, messages;
	int level;
	struct tally tally;
};

static void
plain_deflate(void *arg)
{
	struct plain *p = arg;
	z_stream z = {0};
	size_t at = 0;

	deflateInit2(&z, p->level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	for (size_t i = 0; i < p->messages; i++) {
		z.next_in = payload + i * p->size;
		z.avail_in = (unsigned)p->size;
		z.next_out = out + at;
		z.avail_out = (unsigned)(sizeof out - at);
		if (deflate(&z, Z_SYNC_FLUSH) != Z_OK || z.avail_in != 0)
			bench_fail("zlib does not deflate");
		ends[i] = (size_t)(z.next_out - out) - TAIL_SIZE;
		tally_message(&p->tally, out + at, ends[i] - at);
		at = ends[i];
	}
	deflateEnd(&z);
}

static void
plain_step(z_stream *z, const void *data, size_t len, size_t room)
{
	z->next_in = data;
	z->avail_in = (unsigned)len;
	z->avail_out = (unsigned)room;
	if (inflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in != 0)
		bench_fail("zlib does not inflate");
}

static void
plain_inflate(void *arg)
{
	struct plain *p = arg;
	z_stream z = {0};
	size_t at = 0;

	inflateInit2(&z, -15);
	for (size_t i = 0; i < p->messages; i++) {
		z.next_out = out;
		plain_step(&z, bytes + at, ends[i] - at, TOTAL);
		plain_step(&z, TAIL, TAIL_SIZE, TOTAL);
		tally_message(&p->tally, out, (size_t)(z.next_out - out));
		at = ends[i];
	}
	inflateEnd(&z);
}

static struct tally
whole(const struct side *side, struct tally *tally)
{
	struct tally t;

	*tally = (struct tally){.whole = true};
	side->run(side->arg);
	t = *tally;
	*tally = (struct tally){0};
	return t;
}

static void
deflate_row(size_t size, int level)
{
	struct deflate_params params = DEFLATE_PARAMS_USUAL;
	struct outgoing ours = {.data = payload, .size = size, .messages = TOTAL / size, .params = &params};
	struct plain theirs = {size, TOTAL / size, level, {0}};
	struct side with_libws = {"ws_frame", send_with_libws, &ours}, with_zlib = {NULL, plain_deflate, &theirs};
	struct tally a = whole(&with_libws, &ours.tally), b = whole(&with_zlib, &theirs.tally);
	char name[80], other[80];

	snprintf(name, sizeof name, "deflate %zu KiB, to %.1f %%", size >> 10, 100. * (double)a.bytes / TOTAL);
	snprintf(other, sizeof other, "zlib, level %d, to %.1f %%", level, 100. * (double)b.bytes / TOTAL);
	if (a.messages != b.messages || (level == 1 && (a.bytes <= b.bytes || a.bytes > b.bytes + FRAME_HEAD_MAX * b.messages)))
		bench_fail("%s: not what zlib makes", name);
	with_zlib.name = other;
	bench_row(&(struct row){name, BYTES, TOTAL, with_libws, with_zlib, NONE, 0});
}

static void
inflate_row(size_t size)
{
	static uint8_t frames[2 * TOTAL];
	struct deflate_params params = DEFLATE_PARAMS_USUAL;
	struct wire ours = {.data = frames, .messages = TOTAL / size, .most = 16 << 10, .params = &params};
	struct plain theirs = {size, TOTAL / size, 1, {0}};
	struct side with_libws = {"ws_next", receive_with_libws, &ours}, with_zlib = {"zlib", plain_inflate, &theirs};
	struct tally sent = {.whole = true}, a, b;
	char name[80];

	ours.len = wire_fill(frames, FRAME_TEXT, payload, size, ours.messages, &params);
	plain_deflate(&theirs);
	memcpy(bytes, out, sizeof bytes);
	tally_bytes(&sent, payload, TOTAL);
	a = whole(&with_libws, &ours.tally);
	b = whole(&with_zlib, &theirs.tally);
	snprintf(name, sizeof name, "inflate %zu KiB", size >> 10);
	if (a.messages != b.messages || a.bytes != sent.bytes || a.sum != sent.sum || b.sum != sent.sum)
		bench_fail("%s: other than was sent", name);
	bench_row(&(struct row){name, BYTES, TOTAL, with_libws, with_zlib, NONE, 0});
	if (ours.tally.bytes % TOTAL != 0 || theirs.tally.bytes % TOTAL != 0)
		bench_fail("%s: a message was lost", name);
}

void
measure_deflate(void)
{
	static const size_t sizes[] = {1 << 10, 64 << 10};

	bench_group("permessage-deflate, of chat as JSON");
	sample_fill(SAMPLE_CHAT, 1, payload, TOTAL);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		deflate_row(sizes[i], 1);
		deflate_row(sizes[i], 6);
		inflate_row(sizes[i]);
	}
}
