/* Clients that break the protocol, and what may not be done to one that is being closed. */
#include "session/session.h"

#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

static void
what_comes_after_the_end_takes_no_memory(void **state)
{
	static char rubbish[100000];
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x88, "", 0);
	world_write(&w, rubbish, sizeof rubbish);
	assert_int_equal(buf_len(&w.pending) + buf_len(&w.s.in), 0);
	world_client(&w, "close; end");
	world_finish(&w);
}

static void
what_breaks_the_protocol_is_closed_with_its_code_and_not_listened_to(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		const char *line;
	} vectors[] = {
		{"a frame without a mask", BYTES("\x81\x05hello"), "close 1002; end"},
		{"a reserved bit", BYTES("\xc1\x80\0\0\0\0"), "close 1002; end"},
		{"a reserved opcode", BYTES("\x83\x80\0\0\0\0"), "close 1002; end"},
		{"a reserved control opcode", BYTES("\x8b\x80\0\0\0\0"), "close 1002; end"},
		{"a continuation of nothing", BYTES("\x80\x80\0\0\0\0"), "close 1002; end"},
		{"a new message inside another", BYTES("\x01\x80\0\0\0\0\x81\x80\0\0\0\0"), "close 1002; end"},
		{"a fragmented ping", BYTES("\x09\x80\0\0\0\0"), "close 1002; end"},
		{"a ping over 125 bytes", BYTES("\x89\xfe\x00\x7e"), "close 1002; end"},
		{"a length that is not shortest", BYTES("\x81\xfe\x00\x01\0\0\0\0x"), "close 1002; end"},
		{"a length of 2^63", BYTES("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0"), "close 1002; end"},
		{"half a close code", BYTES("\x88\x81\0\0\0\0\x03"), "close 1002; end"},
		{"a close code that may not be", BYTES("\x88\x82\0\0\0\0\x03\xed"), "close 1002; end"},
		{"a close reason that is not UTF-8", BYTES("\x88\x83\0\0\0\0\x03\xe8\xff"), "close 1007; end"},
		{"text that is not UTF-8", BYTES("\x81\x81\0\0\0\0\xff"), "close 1007; end"},
		{"text that ends inside a character", BYTES("\x81\x81\0\0\0\0\xc3"), "close 1007; end"},
		{"text that is not UTF-8 and not whole", BYTES("\x81\x85\0\0\0\0a\xff"), "close 1007; end"},
		{"too large a message", BYTES("\x81\xff\0\0\0\0\0\x01\0\x01\0\0\0\0"), "close 1009; end"},
		{"too large a message in fragments", BYTES("\x01\x81\0\0\0\0x\x80\xff\0\0\0\0\0\x01\0\0\0\0\0\0"), "close 1009; end"},
		{"HTTP once more", BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "close 1002; end"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		for (size_t chunk = 1; chunk < 20000; chunk += 16383) {
			struct world w;

			unit_row("%s", v->name);
			world_login(&w);
			w.chunk = chunk;
			world_write(&w, v->bytes, v->len);
			world_client(&w, v->line);
			assert_non_null(w.s.reason);
			world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
			world_nothing(&w);
			world_end(&w);
			assert_int_equal(w.s.phase, SESSION_OVER);
			world_finish(&w);
		}
	}
}

static void
endless_empty_fragments_are_closed_with_1008(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x01, "", 0);
	for (int i = 1; i < WS_EMPTY_FRAGMENTS_MAX; i++)
		world_frame(&w, 0x00, "", 0);
	world_nothing(&w);
	world_frame(&w, 0x00, "", 0);
	world_client(&w, "close 1008; end");
	world_finish(&w);
}

static void
a_message_of_the_largest_size_is_taken(void **state)
{
	static char text[65536];
	struct world w;

	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, BYTES("{\"type\":\"ping\"}"));
	world_login(&w);
	world_frame(&w, 0x81, text, sizeof text);
	world_client(&w, "pong");
	world_finish(&w);
}

static void
rubbish_while_closing_ends_it_at_once(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_write(&w, "\xff\xff", 2);
	world_client(&w, "close 4002; end");
	world_finish(&w);
}

/* RFC 6455, 5.5.1: nothing follows a close frame, whatever news comes meanwhile. */
static void
nothing_follows_the_close_frame(void **state)
{
	struct name bob = made_name("bob");
	struct world w;
	struct id id;

	(void)state;
	for (int ended = 0; ended < 2; ended++) {
		world_login(&w);
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'1'}");
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'2'}");
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'3'}");
		id = world_id(&w, 1);
		if (ended)
			world_frame(&w, 0x88, "\x03\xe8", 2);
		else
			session_kick(&w.s);
		world_settle(&w);
		world_client(&w, ended ? "close 1000; end" : "close 4002");
		world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", 7);
		id = world_id(&w, 2);
		world_record(&w, RECORD_REFUSED, MSG_UNAVAILABLE, &id, "bob", 7);
		world_gone(&w, "bob", 7);
		session_presence(&w.s, &bob, true);
		session_listed(&w.s, &bob, 1);
		world_pass(&w, 100);
		world_client(&w, "");
		world_finish(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_after_the_end_takes_no_memory),
		TEST(what_breaks_the_protocol_is_closed_with_its_code_and_not_listened_to),
		TEST(endless_empty_fragments_are_closed_with_1008),
		TEST(a_message_of_the_largest_size_is_taken),
		TEST(rubbish_while_closing_ends_it_at_once),
		TEST(nothing_follows_the_close_frame),
	};

	return cmocka_run_group_tests_name("session fail", tests, NULL, NULL);
}
