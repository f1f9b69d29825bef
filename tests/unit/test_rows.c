#include "chat/rows.h"

#include <string.h>

#include "made.h"
#include "unit.h"

#define LARGE 5000000000000 /* more than 32 bits have */
#define TIME 1700000000123
#define TIME_TEXT "2023-11-14T22:13:20.123Z"

static void
is_text(struct buf *out, const char *expected)
{
	assert_int_equal(buf_len(out), strlen(expected));
	assert_memory_equal(buf_at(out), expected, strlen(expected));
	buf_free(out);
}

static void
nobody_is_an_empty_list(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_int_equal(rows_users(&out, NULL, 0), 0);
	is_text(&out, "[]");
}

static void
users_stand_in_their_order_with_all_that_is_known_of_them(void **state)
{
	const struct rows_user rows[] = {
		{made_name("zoe"), TIME, 0, 0},
		{made_name("a.b_c@d+e-f"), TIME + 1, 3, LARGE},
		{made_name("bob"), 0, 1, 2}, /* something waits for him, and he was never here */
	};
	struct buf out = {0};
	const cJSON *row;
	cJSON *list;

	(void)state;
	assert_int_equal(rows_users(&out, rows, COUNT(rows)), 0);
	list = made_parse(&out);
	assert_true(cJSON_IsArray(list) && cJSON_GetArraySize(list) == COUNT(rows));
	for (int i = 0; i < (int)COUNT(rows); i++) {
		row = cJSON_GetArrayItem(list, i);
		unit_row("%s", rows[i].user.text);
		made_fields(row, rows[i].since ? "user since messages bytes" : "user messages bytes");
		made_text(row, "user", rows[i].user.text);
		made_number(row, "messages", (double)rows[i].messages);
		made_number(row, "bytes", (double)rows[i].bytes);
	}
	unit_rows_done();
	made_text(cJSON_GetArrayItem(list, 0), "since", TIME_TEXT);
	cJSON_Delete(list);
}

static void
large_numbers_are_written_out(void **state)
{
	const struct rows_user row = {made_name("bob"), 0, LARGE, 999999999999999};
	struct buf out = {0};

	(void)state;
	assert_int_equal(rows_users(&out, &row, 1), 0);
	is_text(&out, "[{\"user\":\"bob\",\"messages\":5000000000000,\"bytes\":999999999999999}]");
}

static void
of_what_there_is_the_stats_have_all(void **state)
{
	const struct rows_stats stats = {2, 3, 1, LARGE, TIME, TIME + 1000};
	struct buf out = {0};
	cJSON *json;

	(void)state;
	assert_int_equal(rows_stats(&out, &stats), 0);
	json = made_parse(&out);
	made_fields(json, "users messages pending bytes oldest newest");
	made_number(json, "users", 2);
	made_number(json, "messages", 3);
	made_number(json, "pending", 1);
	made_number(json, "bytes", LARGE);
	made_text(json, "oldest", TIME_TEXT);
	made_text(json, "newest", "2023-11-14T22:13:21.123Z");
	cJSON_Delete(json);
}

static void
of_no_message_there_is_no_time(void **state)
{
	const struct rows_stats none = {0};
	struct buf out = {0};

	(void)state;
	assert_int_equal(rows_stats(&out, &none), 0);
	is_text(&out, "{\"users\":0,\"messages\":0,\"pending\":0,\"bytes\":0}");
}

static void
what_is_there_already_stays_before_it(void **state)
{
	const struct rows_stats none = {0};
	struct buf out = {0};

	(void)state;
	assert_int_equal(buf_add(&out, "x", 1), 0);
	assert_int_equal(rows_users(&out, NULL, 0), 0);
	assert_int_equal(rows_stats(&out, &none), 0);
	is_text(&out, "x[]{\"users\":0,\"messages\":0,\"pending\":0,\"bytes\":0}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_an_empty_list),
		TEST(users_stand_in_their_order_with_all_that_is_known_of_them),
		TEST(large_numbers_are_written_out),
		TEST(of_what_there_is_the_stats_have_all),
		TEST(of_no_message_there_is_no_time),
		TEST(what_is_there_already_stays_before_it),
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
