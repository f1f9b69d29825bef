/* A user with as many connections as there may be, and one more that came in the same moment. */
#include "session/session.h"

#include "unit.h"
#include "world.h"

static void
a_message_reaches_as_many_connections_as_a_user_may_have(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, ROSTER_CONNECTIONS_MAX, 0);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'r'}");
	id = world_id(&w, 1);
	for (pid_t pid = 7; pid < 7 + ROSTER_CONNECTIONS_MAX - 1; pid++)
		world_gone(&w, "bob", pid);
	world_client(&w, "");
	world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", 7 + ROSTER_CONNECTIONS_MAX - 1);
	world_client(&w, "receipt id=#1 ref=r receiver=bob status=delivered");
	world_finish(&w);
}

static void
a_message_to_oneself_may_reach_that_many_others_too(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, ROSTER_CONNECTIONS_MAX, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, "private_message id=#1 sender=alice receiver=alice message=x; ping 00000001");
	id = world_id(&w, 1);
	world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "alice", 7 + ROSTER_CONNECTIONS_MAX - 1);
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=delivered");
	world_pong(&w, 1);
	world_client(&w, "");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_reaches_as_many_connections_as_a_user_may_have),
		TEST(a_message_to_oneself_may_reach_that_many_others_too),
	};

	return cmocka_run_group_tests_name("session crowd", tests, NULL, NULL);
}
