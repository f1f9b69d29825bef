/* Clients that say more than they may. */
#include "session/session.h"

#include <string.h>

#include "unit.h"
#include "world.h"

static void
login_with_limits(struct world *w, int64_t rate, int64_t burst)
{
	world_login(w);
	w->conf.rate = rate;
	w->conf.burst = burst;
	w->s.tokens = burst * 1000;
}

static void
pongs(struct world *w, int count, const char *rest)
{
	char expected[1024] = "";

	for (int i = 0; i < count; i++)
		strcat(expected, i ? "; pong" : "pong");
	if (*rest && count > 0)
		strcat(expected, "; ");
	strcat(expected, rest);
	world_client(w, expected);
}

static void
a_burst_is_taken_and_what_is_over_it_is_told_to_slow_down(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 2, 5);
	for (int i = 0; i < 7; i++)
		world_say(&w, "{'type':'ping','id':'p'}");
	pongs(&w, 5, "error code=slow_down ref=p; error code=slow_down ref=p");
	world_finish(&w);
}

static void
what_is_over_the_limit_is_not_taken(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 1);
	world_say(&w, "{'type':'ping'}");
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'m'}");
	world_frame(&w, 0x89, "p", 1);
	world_say(&w, "nonsense");
	world_client(&w, "pong; error code=slow_down ref=m; error code=slow_down; error code=slow_down");
	world_bus(&w, "");
	world_finish(&w);
}

static void
time_gives_messages_back_up_to_the_burst(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 2, 5);
	for (int i = 0; i < 5; i++)
		world_say(&w, "{'type':'ping'}");
	world_pass(&w, 499);
	world_say(&w, "{'type':'ping'}");
	pongs(&w, 5, "error code=slow_down");
	world_pass(&w, 1);
	world_say(&w, "{'type':'ping'}");
	pongs(&w, 1, "");
	world_pass(&w, 10000);
	for (int i = 0; i < 6; i++)
		world_say(&w, "{'type':'ping'}");
	pongs(&w, 5, "error code=slow_down");
	world_finish(&w);
}

static void
who_does_not_slow_down_is_closed(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 3);
	for (int i = 0; i < 3; i++)
		world_say(&w, "{'type':'ping'}");
	pongs(&w, 3, "");
	for (int i = 0; i < 13; i++) {
		world_say(&w, "{'type':'ping'}");
		world_client(&w, "error code=slow_down");
	}
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "close 1008");
	world_say(&w, "{'type':'ping'}");
	world_nothing(&w);
	world_finish(&w);
}

static void
who_keeps_the_limit_again_starts_anew(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 2);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2 + 12; i++)
			world_say(&w, "{'type':'ping'}");
		assert_int_equal(w.s.phase, SESSION_IN);
		world_pass(&w, 3000);
	}
	world_finish(&w);
}

static void
before_the_login_the_limit_counts_too(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.conf.rate = w.conf.burst = 1;
	w.s.tokens = 1000;
	world_write(&w, BYTES("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
	for (int i = 0; i < 13; i++)
		world_say(&w, "{}");
	world_frame(&w, 0x89, "", 0);
	assert_int_equal(w.s.phase, SESSION_CLOSING);
	world_finish(&w);
}

static void
a_pong_costs_nothing(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 1);
	for (int i = 0; i < 100; i++)
		world_pong(&w, 0);
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_is_taken_and_what_is_over_it_is_told_to_slow_down),
		TEST(what_is_over_the_limit_is_not_taken),
		TEST(time_gives_messages_back_up_to_the_burst),
		TEST(who_does_not_slow_down_is_closed),
		TEST(who_keeps_the_limit_again_starts_anew),
		TEST(before_the_login_the_limit_counts_too),
		TEST(a_pong_costs_nothing),
	};

	return cmocka_run_group_tests_name("session rate", tests, NULL, NULL);
}
