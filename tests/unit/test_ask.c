/* What the client asks the store. */
#include "session/ask.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "world_store.h"

#define FAILED(code, ref) "error code=" code " ref=" ref

static void
ask(struct world *w, const char *ref)
{
	char text[64];

	snprintf(text, sizeof text, "{'type':'history','with':'bob','id':'%s'}", ref);
	world_say(w, text);
}

static void
a_question_goes_to_the_store_as_it_is_and_its_answer_to_the_client(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_bus(&w, "store/99 QUERY {\"type\":\"history\",\"with\":\"bob\",\"id\":\"h\"}");
	world_answers(&w, "{\"type\":\"block\",\"user\":\"eve\"}");
	world_client(&w, "block user=eve");
	world_say(&w, "{'type':'read','sender':'bob','id':'01HF7YAT00AAAAAAAAAAAAAAAA'}");
	world_bus(&w, "store/0 READ #1 bob");
	world_store(&w, 0);
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_client(&w, FAILED("unavailable", "h"));
	world_say(&w, "{'type':'read','sender':'bob','id':'01HF7YAT00AAAAAAAAAAAAAAAA'}");
	world_bus(&w, "bob/0 RECEIPT read #1 alice>bob");
	world_finish(&w);
}

static void
each_question_has_one_answer_if_only_an_error(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	ask(&w, "a");
	ask(&w, "b");
	ask(&w, "c");
	world_answers(&w, "{\"type\":\"history\",\"ref\":\"c\"}");
	world_answers(&w, "{\"type\":\"block\"}"); /* for which another of her connections asked */
	world_client(&w, "history ref=c; block");
	world_store(&w, 0);
	world_client(&w, FAILED("unavailable", "a") "; " FAILED("unavailable", "b"));
	world_finish(&w);
}

static void
of_questions_eight_may_wait(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	for (int i = 0; i < ASK_MAX; i++)
		ask(&w, "a");
	world_client(&w, "");
	ask(&w, "b");
	world_client(&w, FAILED("slow_down", "b"));
	world_answers(&w, "{\"type\":\"history\"}");
	ask(&w, "c");
	world_client(&w, "history");
	world_finish(&w);
}

static void
an_answer_that_there_is_no_room_for_is_an_error(void **state)
{
	static char json[SESSION_OUT_MAX];
	struct world w;

	(void)state;
	world_login_kept(&w);
	w.stalled = true;
	world_say(&w, "{'type':'ping'}");
	ask(&w, "a");
	memset(json, ' ', sizeof json - 1);
	memcpy(json, "{\"type\":\"history\"}", 18);
	world_answers(&w, json);
	world_read(&w);
	world_client(&w, "pong; " FAILED("unavailable", "a"));
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_goes_to_the_store_as_it_is_and_its_answer_to_the_client),
		TEST(each_question_has_one_answer_if_only_an_error),
		TEST(of_questions_eight_may_wait),
		TEST(an_answer_that_there_is_no_room_for_is_an_error),
	};

	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
