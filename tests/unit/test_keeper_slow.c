/* A client that takes its time, and what the store has for it. */
#include "session/keeper.h"

#include <string.h>

#include "unit.h"
#include "world_store.h"

#define KEEPING RECORD_KEEPING

/* Message #1 has come out of the store, and been read; the client has taken it. */
static void
begin(struct world *w)
{
	world_login_kept(w);
	world_behind(w, world_new(w), "bob");
	world_kept(w, 1, "bob", "a");
	world_batch(w, 1, false, false);
	buf_clear(&w->client);
	buf_clear(&w->bus);
}

/* 60,000 bytes: four of them, and the client counts as one that takes no more. */
static const char *
big(void)
{
	static char words[60001];

	memset(words, 'x', 60000);
	return words;
}

static size_t
shown(struct world *w)
{
	const char *at = (const char *)buf_at(&w->client), *end = at + buf_len(&w->client);
	size_t count = 0;

	while (at && (at = memmem(at, (size_t)(end - at), "private_message", 15))) {
		at++;
		count++;
	}
	buf_clear(&w->client);
	return count;
}

static void
a_client_that_takes_nothing_gets_the_rest_when_it_does(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_behind(&w, world_new(&w), "bob");
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#2");
	w.stalled = true;
	for (size_t n = 2; n <= 7; n++)
		world_kept(&w, n > 2 ? world_new(&w) : n, "bob", big());
	world_batch(&w, 7, true, false);
	world_nothing(&w); /* it is not asked for what there is no room for */
	world_read(&w);
	assert_int_equal(shown(&w), 4);
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#2"); /* all of it again: what was shown is known */
	for (size_t n = 2; n <= 7; n++)
		world_kept(&w, n, "bob", big());
	assert_int_equal(shown(&w), 2);
	world_batch(&w, 7, false, false);
	world_bus(&w, "");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 7, "b");
	assert_int_equal(shown(&w), 1);
	world_finish(&w);
}

static void
nothing_is_shown_behind_what_there_was_no_room_for(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_behind(&w, world_new(&w), "bob");
	w.stalled = true;
	for (size_t n = 2; n <= 6; n++)
		world_kept(&w, n > 2 ? world_new(&w) : n, "bob", big());
	world_kept(&w, world_new(&w), "bob", "small"); /* there would be room for it */
	world_batch(&w, 7, false, false);
	buf_clear(&w.bus);
	world_read(&w);
	assert_int_equal(shown(&w), 4);
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#2");
	world_finish(&w);
}

static void
what_comes_directly_and_finds_no_room_comes_by_the_store(void **state)
{
	struct world w;
	size_t n;

	(void)state;
	begin(&w);
	w.stalled = true;
	for (n = 2; n <= 6; n++)
		world_direct(&w, world_new(&w), "bob", 7, KEEPING, n - 1, big());
	world_direct(&w, world_new(&w), "bob", 7, 0, 0, big()); /* which the store does not have */
	world_client(&w, "");
	world_bus(&w, "bob/7 REFUSED unavailable #7 alice>bob");
	world_read(&w);
	assert_int_equal(shown(&w), 4);
	world_bus(&w, "store/99 NEXT after=0 from=#6 want=#6");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_that_takes_nothing_gets_the_rest_when_it_does),
		TEST(nothing_is_shown_behind_what_there_was_no_room_for),
		TEST(what_comes_directly_and_finds_no_room_comes_by_the_store),
	};

	return cmocka_run_group_tests_name("keeper slow", tests, NULL, NULL);
}
