/* What the client says, and what comes of it. */
#include "session/session.h"

#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define TO_BOB(n) "(private_message id=#" n " sender=alice receiver=bob message=x)"
#define MESSAGE(n) "bob/0 MESSAGE #" n " alice>bob " TO_BOB(n)
#define MESSAGE_REF(n, ref) "bob/0 MESSAGE #" n " alice>bob ref=" ref " " TO_BOB(n)
#define COPY(n) "alice/0 COPY alice>alice " TO_BOB(n)

static void
a_message_goes_to_its_receiver_and_a_copy_to_the_senders_others(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
	world_bus(&w, MESSAGE("1") "; " COPY("1"));
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'r','sender':'alice'}");
	world_bus(&w, MESSAGE_REF("2", "r") "; " COPY("2"));
	world_client(&w, "");
	world_finish(&w);
}

static void
a_message_in_a_binary_frame_is_a_message(void **state)
{
	static const char text[] = "{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\"x\"}";
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x82, text, sizeof text - 1);
	world_bus(&w, MESSAGE("1") "; " COPY("1"));
	world_frame(&w, 0x02, text, 20);
	world_frame(&w, 0x80, text + 20, sizeof text - 1 - 20);
	world_bus(&w, MESSAGE("2") "; " COPY("2"));
	world_client(&w, "");
	world_finish(&w);
}

static void
a_binary_frame_that_is_not_utf_8_is_bad_json_and_no_more(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x82, BYTES("{\"type\":\"ping\",\"x\":\"\xff\"}"));
	world_frame(&w, 0x82, BYTES("{\"type\":\"ping\",\"x\":\"\xc3"));
	world_client(&w, "error code=bad_json; error code=bad_json");
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong");
	world_finish(&w);
}

static void
ids_of_one_session_ever_grow_though_the_clock_goes_back(void **state)
{
	struct id last = {{0}};
	struct world w;

	(void)state;
	world_login(&w);
	for (size_t i = 1; i <= 20; i++) {
		struct id id;

		w.now += i % 3 ? 1 : -5;
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
		id = world_id(&w, i);
		assert_true(id_order(&last, &id) < 0);
		last = id;
	}
	world_finish(&w);
}

static void
a_forged_sender_is_refused(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','sender':'bob','id':'1'}");
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','sender':'Alice','id':'2'}");
	world_client(&w, "error code=forged_sender ref=1; error code=forged_sender ref=2");
	world_bus(&w, "");
	world_finish(&w);
}

static void
a_receiver_that_cannot_be_reached_is_an_error_at_once(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_reaches(&w, 0, 0);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'1'}");
	world_client(&w, "error code=receiver_offline ref=1");
	world_bus(&w, MESSAGE_REF("1", "1"));
	world_reaches(&w, 0, 2);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
	world_client(&w, "error code=unavailable");
	world_bus(&w, MESSAGE("2"));
	world_reaches(&w, 1, 1);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'3'}");
	world_client(&w, "");
	world_bus(&w, MESSAGE_REF("3", "3") "; " COPY("3"));
	assert_int_equal(w.s.outbox.count, 1);
	world_finish(&w);
}

static void
errors_carry_code_and_ref_and_leave_the_connection_open(void **state)
{
	static const struct {
		const char *text, *answer;
	} vectors[] = {
		{"", "error code=bad_json"},
		{"hello", "error code=bad_json"},
		{"[]", "error code=bad_json"},
		{"{'type':'ping'} x", "error code=bad_json"},
		{"{}", "error code=bad_field"},
		{"{'type':'ping','id':''}", "error code=bad_field"},
		{"{'type':'ping','id':'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn'}", "error code=too_large"},
		{"{'type':'dance','id':'1'}", "error code=unknown_type ref=1"},
		{"{'type':'private_message','receiver':'bob','id':'1'}", "error code=bad_field ref=1"},
		{"{'type':'private_message','receiver':'..','message':'x','id':'1'}", "error code=bad_field ref=1"},
		{"{'type':'private_message','receiver':'.ctl','message':'x','id':'1'}", "error code=bad_field ref=1"},
		{"{'type':'typing','receiver':'bob','id':'1'}", "error code=bad_field ref=1"},
		{"{'type':'read','sender':'bob','id':'1'}", "error code=bad_field ref=1"},
		{"{'type':'watch','id':'1'}", "error code=bad_field ref=1"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->text);
		world_login(&w);
		world_say(&w, v->text);
		world_client(&w, v->answer);
		world_bus(&w, "");
		assert_int_equal(w.s.phase, SESSION_IN);
		world_finish(&w);
	}
}

static void
read_typing_who_watch_unwatch_and_ping_do_what_they_say(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_say(&w, "{'type':'read','sender':'bob','id':'01ARZ3NDEKTSV4RRFFQ69G5FAV'}");
	world_bus(&w, "bob/0 RECEIPT read #1 alice>bob");
	world_say(&w, "{'type':'typing','receiver':'bob','active':true}");
	world_say(&w, "{'type':'typing','receiver':'bob','active':false}");
	world_bus(&w, "bob/0 TYPING 1 alice>bob; bob/0 TYPING 0 alice>bob");
	world_client(&w, "");
	w.online[0] = made_name("alice");
	w.online[1] = made_name("bob");
	w.online_count = 2;
	world_say(&w, "{'type':'who'}");
	world_bus(&w, "LIST");
	world_client(&w, "users users=['alice','bob']");
	world_say(&w, "{'type':'watch','users':'*'}");
	world_say(&w, "{'type':'watch','users':['bob','carol']}");
	world_say(&w, "{'type':'unwatch','users':['bob']}");
	world_say(&w, "{'type':'unwatch','users':'*'}");
	world_bus(&w, "WATCH *; WATCH bob carol; UNWATCH bob; UNWATCH *");
	world_say(&w, "{'type':'ping','id':'1'}");
	world_client(&w, "pong");
	world_finish(&w);
}

static void
a_ping_is_answered_with_its_payload(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x89, "hello", 5);
	world_frame(&w, 0x89, "", 0);
	world_client(&w, "pong hello; pong ");
	world_finish(&w);
}

static void
many_messages_in_one_read_are_handled_in_order(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.stalled = true;
	w.chunk = 1;
	world_say(&w, "{'type':'ping'}");
	w.chunk = 16384;
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
	world_say(&w, "{'type':'who'}");
	world_frame(&w, 0x89, "p", 1);
	world_say(&w, "{'type':'typing','receiver':'bob','active':true}");
	world_client(&w, "");
	world_read(&w);
	world_client(&w, "pong; users users=[]; pong p");
	world_bus(&w, MESSAGE("1") "; " COPY("1") "; LIST; bob/0 TYPING 1 alice>bob");
	world_finish(&w);
}

/* One of each thing that a client may say. */
static void
write_all(struct world *w)
{
	world_say(w, "{'type':'private_message','receiver':'bob','message':'x','id':'0'}");
	world_say(w, "{'type':'private_message','sender':'alice','receiver':'bob','message':'x','id':'r'}");
	world_frame(w, 0x01, "{\"type\":", 8);
	world_frame(w, 0x89, "in between", 10);
	world_frame(w, 0x00, "\"who\"", 5);
	world_frame(w, 0x8a, "", 0);
	world_frame(w, 0x80, "}", 1);
	world_say(w, "{'type':'private_message','receiver':'bob','message':'x','sender':'mallory'}");
	world_frame(w, 0x82, "\xff", 1);
	world_say(w, "{'type':'read','sender':'bob','id':'01ARZ3NDEKTSV4RRFFQ69G5FAV'}");
	world_pong(w, 1);
	world_say(w, "{'type':'login','user':'alice'}");
	world_say(w, "{'type':'watch','users':['bob']}");
	world_frame(w, 0x88, "\x03\xe8" "bye", 5);
	world_frame(w, 0x89, "too late", 8);
}

static void
the_same_bytes_give_the_same_in_pieces_of_any_size(void **state)
{
	static const size_t chunks[] = {1, 2, 3, 5, 7, 11, 13, 64, 100, 1000, 16384}, *chunk;

	(void)state;
	EACH(chunk, chunks) {
		struct world w;

		unit_row("pieces of %zu", *chunk);
		world_init(&w);
		w.chunk = *chunk;
		world_write(&w, BYTES("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
		w.held = true;
		write_all(&w);
		w.held = false;
		world_end(&w);
		world_client(&w, "http 101; error code=not_logged_in ref=0; " WORLD_WELCOME "; pong in between; users users=[]; "
		                 "error code=forged_sender; error code=bad_json; " WORLD_WELCOME "; close 1000; end");
		world_bus(&w, "READY; JOIN alice; " MESSAGE_REF("1", "r") "; " COPY("1") "; LIST; bob/0 RECEIPT read #2 alice>bob; WATCH bob");
		assert_int_equal(w.s.phase, SESSION_OVER);
		world_finish(&w);
	}
}

static void
a_large_message_passes_whole(void **state)
{
	static char text[65000];
	struct world w;
	struct buf json = {0};

	(void)state;
	memset(text, 'y', sizeof text);
	world_login(&w);
	w.quiet = true;
	buf_add(&json, BYTES("{\"type\":\"private_message\",\"receiver\":\"bob\",\"message\":\""));
	buf_add(&json, text, sizeof text);
	buf_add(&json, BYTES("\"}"));
	world_frame(&w, 0x81, buf_at(&json), buf_len(&json));
	assert_int_equal(w.sends, 2);
	assert_true(w.s.sending.payload_len > sizeof text);
	world_nothing(&w);
	buf_free(&json);
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_goes_to_its_receiver_and_a_copy_to_the_senders_others),
		TEST(a_message_in_a_binary_frame_is_a_message),
		TEST(a_binary_frame_that_is_not_utf_8_is_bad_json_and_no_more),
		TEST(ids_of_one_session_ever_grow_though_the_clock_goes_back),
		TEST(a_forged_sender_is_refused),
		TEST(a_receiver_that_cannot_be_reached_is_an_error_at_once),
		TEST(errors_carry_code_and_ref_and_leave_the_connection_open),
		TEST(read_typing_who_watch_unwatch_and_ping_do_what_they_say),
		TEST(a_ping_is_answered_with_its_payload),
		TEST(many_messages_in_one_read_are_handled_in_order),
		TEST(the_same_bytes_give_the_same_in_pieces_of_any_size),
		TEST(a_large_message_passes_whole),
	};

	return cmocka_run_group_tests_name("session talk", tests, NULL, NULL);
}
