#include "parts.h"

#include <stdio.h>

#include "bench.h"
#include "codec.h"
#include "sample.h"

#define TOTAL (1 << 20)

static uint8_t payload[TOTAL];

static struct tally
tally_of(const struct side *side)
{
	struct outgoing *o = side->arg;
	struct tally tally;

	o->tally = (struct tally){.whole = true};
	side->run(o);
	tally = o->tally;
	o->tally = (struct tally){0};
	return tally;
}

static void
row(size_t size)
{
	size_t messages = (size < 1024 ? TOTAL / 16 : TOTAL) / size;
	struct outgoing ours = {.data = payload, .size = size, .messages = messages}, theirs = ours;
	struct side with_libws = {"ws_frame", send_with_libws, &ours}, with_wslay = {"libwslay", send_with_wslay, &theirs};
	struct tally a = tally_of(&with_libws), b = tally_of(&with_wslay);
	char name[80];

	snprintf(name, sizeof name, "text of %zu bytes", size);
	if (a.messages != messages || a.bytes <= messages * size || a.bytes != b.bytes || a.sum != b.sum)
		bench_fail("%s: not the same bytes are sent", name);
	bench_row(&(struct row){name, MESSAGES, (double)messages, with_libws, with_wslay, NONE, 0});
	if (ours.tally.bytes % a.bytes != 0 || theirs.tally.bytes % a.bytes != 0)
		bench_fail("%s: a message was lost", name);
}

void
measure_send(void)
{
	static const size_t sizes[] = {64, 1024, 64 << 10};

	bench_group("send, as a server");
	sample_fill(SAMPLE_CHAT, 1, payload, sizeof payload);
	for (size_t i = 0; i < COUNT(sizes); i++)
		row(sizes[i]);
}
