#include "parts.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "codec.h"
#include "sample.h"

#define TOTAL (1 << 20) /* bytes of payload, at the most */
#define SMALL_TOTAL (64 << 10)
#define LARGE (64 << 10)
#define READ (16 << 10)
#define BUDGET 3

static uint8_t payload[TOTAL], bytes[2 * TOTAL];

/* A run whose bytes are all looked at. */
static struct tally
tally_of(const struct side *side)
{
	struct wire *wire = side->arg;
	struct tally tally;

	wire->tally = (struct tally){.whole = true};
	side->run(wire);
	tally = wire->tally;
	wire->tally = (struct tally){0};
	return tally;
}

static void
check(const char *name, const struct side *side, size_t size)
{
	const struct wire *wire = side->arg;
	struct tally got = tally_of(side), sent = {.whole = true};

	tally_bytes(&sent, payload, size * wire->messages);
	if (got.messages != wire->messages || got.bytes != sent.bytes || got.sum != sent.sum)
		bench_fail("%s: %s delivered other than was sent", name, side->name);
}

/* What the rounds delivered is all of it, too. */
static void
check_rounds(const char *name, const struct side *side, size_t size)
{
	const struct wire *wire = side->arg;
	const struct tally *t = &wire->tally;

	if (t->messages == 0 || t->messages % wire->messages != 0 || t->bytes != t->messages * size)
		bench_fail("%s: %s lost a message", name, side->name);
}

static void
row(const char *how, enum frame_opcode opcode, size_t size, size_t most, const struct side *other, enum budget budget)
{
	size_t messages = (size < LARGE ? SMALL_TOTAL : TOTAL) / size;
	bool text = opcode == FRAME_TEXT;
	struct wire wire = {.data = bytes, .messages = messages, .most = most}, theirs;
	struct row r = {.unit = size < LARGE ? MESSAGES : BYTES, .amount = (double)(size < LARGE ? messages : messages * size),
	                .ours = {"libws", receive_with_libws, &wire}, .theirs = *other, .budget = budget, .least = BUDGET};
	char name[80];

	for (size_t i = 0; i < messages; i++)
		sample_fill(SAMPLE_CHAT, (uint32_t)i, payload + i * size, size);
	wire.len = wire_fill(bytes, opcode, payload, size, messages, NULL);
	if (most == 0)
		wire.most = wire.len / messages;
	theirs = wire;
	r.theirs.arg = &theirs;
	snprintf(name, sizeof name, "%s of %zu bytes, %s", text ? "text" : "binary", size, how);
	r.name = name;
	check(name, &r.ours, size);
	check(name, &r.theirs, size);
	bench_row(&r);
	check_rounds(name, &r.ours, size);
	check_rounds(name, &r.theirs, size);
	check(name, &r.ours, size);
	check(name, &r.theirs, size);
}

void
measure_receive(void)
{
	static const struct side plain = {"libwslay", receive_with_wslay, NULL};
	static const struct side unbuffered = {"libwslay, unbuffered", receive_with_wslay_unbuffered, NULL};
	static const size_t sizes[] = {64, 125, 1024, LARGE};
	static const enum frame_opcode opcodes[] = {FRAME_TEXT, FRAME_BINARY};

	bench_group("receive, as a server");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < COUNT(opcodes); j++) {
			row("16 KiB a read", opcodes[j], sizes[i], READ, &plain, TIMES);
			row("a message a read", opcodes[j], sizes[i], 0, &plain, TIMES);
			row("16 KiB a read", opcodes[j], sizes[i], READ, &unbuffered, NONE);
		}
	}
}
