/* What a client asks of the store: history, search, block. */
#include "store/question.h"

#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "office.h"
#include "unit.h"

#define WITH_BOB "'type':'history','with':'bob'"

static void
begin(struct office *o)
{
	office_begin(o, &place_plenty);
	office_login(o, "alice", 7);
	office_login(o, "bob", 9);
	office_login(o, "eve", 11);
	buf_clear(&o->line);
}

/* Three messages between alice and bob, and one that is not. */
static void
talk(struct office *o)
{
	office_message(o, "alice", "bob", "r", "one thing");
	office_message(o, "bob", "alice", "s", "two things");
	office_message(o, "eve", "bob", "", "another thing");
	office_message(o, "alice", "bob", "", "three things");
	office_receipt(o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	office_receipt(o, RECORD_DELIVERED, 2, "alice", "bob", 7);
	office_receipt(o, RECORD_READ, 1, "bob", "alice", 9);
	buf_clear(&o->line);
}

static void
each_question_has_its_answer(void **state)
{
	static const struct {
		const char *user, *json, *says;
	} vectors[] = {
		/* one's own have their ref; the newest is last */
		{"alice", "{" WITH_BOB ",'id':'q'}",
		 "history with=bob messages=[#1 'one thing' ref=r delivered read #2 'two things' delivered #4 'three things'] more=false ref=q"},
		{"bob", "{'type':'history','with':'alice'}",
		 "history with=alice messages=[#1 'one thing' delivered read #2 'two things' ref=s delivered #4 'three things'] more=false"},
		{"alice", "{" WITH_BOB ",'limit':2}", "history with=bob messages=[#2 'two things' delivered #4 'three things'] more=true"},
		{"alice", "{" WITH_BOB ",'limit':3}",
		 "history with=bob messages=[#1 'one thing' ref=r delivered read #2 'two things' delivered #4 'three things'] more=false"},
		{"alice", "{" WITH_BOB ",'before':'00000000000000000000000002'}",
		 "history with=bob messages=[#1 'one thing' ref=r delivered read] more=false"},
		{"alice", "{" WITH_BOB ",'before':'00000000000000000000000001'}", "history with=bob messages=[] more=false"},
		{"alice", "{" WITH_BOB ",'before':'0000000000000000000000000Z','id':'q'}", "error code=bad_field ref=q"},
		{"eve", "{'type':'history','with':'alice'}", "history with=alice messages=[] more=false"},
		{"alice", "{'type':'history','with':'nobody'}", "history with=nobody messages=[] more=false"},
		/* the newest is first */
		{"alice", "{'type':'search','text':'thing','id':'q'}",
		 "search messages=[#4 'three things' #2 'two things' delivered #1 'one thing' ref=r delivered read] ref=q"},
		{"bob", "{'type':'search','text':'thing','with':'eve'}", "search with=eve messages=[#3 'another thing']"},
		{"alice", "{'type':'search','text':'thing','limit':1}", "search messages=[#4 'three things']"},
		{"eve", "{'type':'search','text':'two'}", "search messages=[]"},
		{"eve", "{'type':'search','text':' ','id':'q'}", "error code=bad_field ref=q"},
		/* the session lets none of these through */
		{"alice", "{'type':'history','id':'q'}", "error code=bad_field ref=q"},
		{"alice", "{'type':'nothing','id':'q'}", "error code=unknown_type ref=q"},
		{"alice", "no question", "error code=bad_json"},
		{"alice", "", "error code=bad_json"},
	}, *v;
	struct office o;

	(void)state;
	begin(&o);
	talk(&o);
	EACH(v, vectors) {
		struct buf line = {0};

		unit_row("%s", v->json);
		buf_add(&line, v->user, strlen(v->user));
		buf_add(&line, "/7 ANSWER ", 10);
		buf_add(&line, v->says, strlen(v->says) + 1);
		office_query(&o, v->user, v->json);
		office_says(&o, (const char *)buf_at(&line));
		buf_free(&line);
	}
	office_query(&o, "alice", "{'type':'who'}");
	office_query(&o, "alice", "{'type':'private_message','receiver':'bob','message':'x'}");
	office_says(&o, "");
	office_end(&o);
}

static void
all_of_a_user_hear_of_a_block(void **state)
{
	struct office o;

	(void)state;
	begin(&o);
	office_query(&o, "bob", "{'type':'block','user':'eve','id':'b'}");
	office_says(&o, "bob/0 BLOCKS (eve); bob/0 ANSWER block user=eve ref=b");
	office_query(&o, "bob", "{'type':'block','user':'alice'}");
	office_says(&o, "bob/0 BLOCKS (alice eve); bob/0 ANSWER block user=alice");
	office_query(&o, "bob", "{'type':'block','user':'alice'}");
	office_says(&o, "bob/0 BLOCKS (alice eve); bob/0 ANSWER block user=alice");
	office_query(&o, "bob", "{'type':'unblock','user':'eve'}");
	office_says(&o, "bob/0 BLOCKS (alice); bob/0 ANSWER unblock user=eve");
	office_message(&o, "alice", "bob", "", "a");
	office_message(&o, "eve", "bob", "", "b");
	office_says(&o, "alice/7 REFUSED #1 blocked; eve/7 STORED #2 bob");
	office_query(&o, "bob", "{'type':'unblock','user':'alice','id':'u'}");
	office_says(&o, "bob/0 BLOCKS (); bob/0 ANSWER unblock user=alice ref=u");
	office_message(&o, "alice", "bob", "", "c");
	office_says(&o, "alice/7 STORED #3 bob");
	office_end(&o);
}

/* A client that takes its time has room for so much. */
static void
an_answer_has_192_kib_and_one_message_at_least(void **state)
{
	static const size_t sizes[] = {1000, 200000, 100000, 80000, 40000};
	struct office o;

	(void)state;
	begin(&o);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *words = calloc(1, sizes[i] + 1);

		assert_non_null(words);
		memset(words, 'x', sizes[i]);
		office_message(&o, "alice", "bob", "", words);
		free(words);
	}
	buf_clear(&o.line);
	office_query(&o, "alice", "{" WITH_BOB "}");
	office_says(&o, "alice/7 ANSWER history with=bob messages=[#4 80000 bytes #5 40000 bytes] more=true");
	office_query(&o, "alice", "{" WITH_BOB ",'before':'00000000000000000000000004'}");
	office_says(&o, "alice/7 ANSWER history with=bob messages=[#3 100000 bytes] more=true");
	office_query(&o, "alice", "{" WITH_BOB ",'before':'00000000000000000000000003'}");
	office_says(&o, "alice/7 ANSWER history with=bob messages=[#2 200000 bytes] more=true");
	office_query(&o, "alice", "{" WITH_BOB ",'before':'00000000000000000000000002'}");
	office_says(&o, "alice/7 ANSWER history with=bob messages=[#1 1000 bytes] more=false");
	office_end(&o);
}

static void
an_answer_has_50_messages_if_nothing_else_is_asked_for_and_100_at_most(void **state)
{
	struct office o;
	const char *at;
	size_t count;

	(void)state;
	begin(&o);
	for (int i = 0; i < 120; i++)
		office_message(&o, "alice", "bob", "", "x");
	for (int most = 0; most < 2; most++) {
		buf_clear(&o.line);
		office_query(&o, "alice", most ? "{" WITH_BOB ",'limit':100}" : "{" WITH_BOB "}");
		assert_int_equal(buf_add(&o.line, "", 1), 0);
		count = 0;
		for (at = (const char *)buf_at(&o.line); (at = strchr(at, '#')); at++)
			count++;
		assert_int_equal(count, most ? 100 : 50);
		assert_non_null(strstr((const char *)buf_at(&o.line), "#120 'x'] more=true"));
	}
	office_end(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_question_has_its_answer),
		TEST(all_of_a_user_hear_of_a_block),
		TEST(an_answer_has_192_kib_and_one_message_at_least),
		TEST(an_answer_has_50_messages_if_nothing_else_is_asked_for_and_100_at_most),
	};

	return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
