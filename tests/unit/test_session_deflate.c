/* A session whose client compresses. */
#include "session/session.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "world.h"

#define BIG 60000

static const char request[] = "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

static void
login(struct world *w, int64_t burst)
{
	world_init(w);
	w->conf.deflate = true;
	w->conf.burst = burst;
	w->s.tokens = burst * 1000;
	world_write(w, request, sizeof request - 1);
	world_say(w, "{'type':'login','user':'alice'}");
	world_client(w, "http 101; welcome user=alice session=42 limits={'message':65536,'rate':1000,'burst':20} pending=0");
	world_bus(w, "READY; JOIN alice");
	w->s.tokens = burst * 1000;
}

/* A ping that is long, most of it white space. */
static size_t
long_ping(char text[BIG])
{
	static const char ping[] = "{\"type\":\"ping\"}";

	memset(text, ' ', BIG);
	memcpy(text, ping, sizeof ping - 1);
	return BIG;
}

static void
say_compressed(struct world *w, const void *text, size_t len)
{
	static const struct deflate_params params = {true, true, 15, 15};
	static char out[BIG];
	struct deflate d;
	size_t n;

	deflate_init(&d, &params, false);
	n = deflate_message(&d, text, len, out, sizeof out);
	assert_true(n > 0);
	deflate_finish(&d);
	world_frame(w, 0xc1, out, n);
}

static void
it_is_heard_and_keeps_nothing_of_it(void **state)
{
	static char text[BIG];
	struct world w;

	(void)state;
	login(&w, 20);
	assert_true(w.s.deflate.in_no_context && w.s.deflate.out_no_context);
	say_compressed(&w, text, long_ping(text));
	world_client(&w, "pong");
	assert_non_null(w.s.deflate.inflater);
	world_pass(&w, 2000);
	assert_true(!w.s.deflate.inflater && !w.s.deflate.deflater && !w.s.deflate.data);
	say_compressed(&w, text, long_ping(text)); /* and what is held at the end is given back then */
	world_client(&w, "pong");
	world_finish(&w);
}

/* 60,000 bytes out of some hundred count as fifteen: one, and fourteen times 4 KiB. */
static void
what_grew_counts_for_more(void **state)
{
	static char text[BIG];
	struct world w;

	(void)state;
	login(&w, 20);
	say_compressed(&w, text, long_ping(text));
	say_compressed(&w, text, long_ping(text));
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong; error code=slow_down; pong");
	world_finish(&w);
	login(&w, 20);
	for (int i = 0; i < 3; i++)
		world_frame(&w, 0x81, text, long_ping(text));
	world_client(&w, "pong; pong; pong");
	world_finish(&w);
}

static void
who_does_not_heed_that_is_closed_the_sooner(void **state)
{
	static char text[BIG];
	struct world w;

	(void)state;
	login(&w, 20);
	for (int i = 0; i < 4; i++)
		say_compressed(&w, text, long_ping(text));
	world_client(&w, "pong; error code=slow_down; error code=slow_down; close 1008");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_heard_and_keeps_nothing_of_it),
		TEST(what_grew_counts_for_more),
		TEST(who_does_not_heed_that_is_closed_the_sooner),
	};

	return cmocka_run_group_tests_name("session deflate", tests, NULL, NULL);
}
