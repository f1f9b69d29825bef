#include "ws/ws.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define MESSAGES 1000
#define FRAMES_MAX (MESSAGES * WS_FRAME_SIZE(300))

/* Of ASan's runtime, whose header GCC does not come with. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static const uint8_t mask[4] = {0x12, 0xfe, 0x80, 0x37};
static size_t allocations;

static void
count(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void
ignore(const volatile void *p)
{
	(void)p;
}

/* Sanitizers tell of all that malloc, calloc and realloc hand out, to whomever. */
static int
watch_allocations(void **state)
{
	void *volatile p;

	(void)state;
	assert_int_not_equal(__sanitizer_install_malloc_and_free_hooks(count, ignore), 0);
	p = malloc(1);
	p = realloc(p, 1000);
	free(p);
	p = calloc(1, 1);
	free(p);
	assert_int_equal(allocations, 3);
	return 0;
}

/* Frames of a client with messages of 0 to 299 bytes, and where each payload lies. */
static size_t
make_frames(unsigned char *frames, struct ws_slice expected[MESSAGES])
{
	char text[300];
	struct ws ws;
	size_t len = 0;

	memset(text, 'x', sizeof text);
	ws_init(&ws, WS_CLIENT, sizeof text, NULL);
	for (size_t i = 0; i < MESSAGES; i++) {
		size_t n = i * 7 % sizeof text;

		len += ws_frame(&ws, frames + len, i & 1 ? FRAME_TEXT : FRAME_BINARY, text, n, mask);
		expected[i] = (struct ws_slice){.data = frames + len - n, .len = n};
	}
	return len;
}

static void
a_message_in_one_frame_is_neither_copied_nor_does_it_allocate(void **state)
{
	static unsigned char frames[FRAMES_MAX];
	static struct ws_slice expected[MESSAGES], got[MESSAGES];
	size_t len = make_frames(frames, expected), n = 0, before = allocations;
	struct ws ws;

	(void)state;
	ws_init(&ws, WS_SERVER, 300, NULL);
	while (n < MESSAGES && ws_next(&ws, frames, len, &got[n]) == (n & 1 ? WS_TEXT : WS_BINARY))
		n++;
	assert_int_equal(allocations, before);
	assert_int_equal(n, MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++) {
		assert_ptr_equal(got[i].data, expected[i].data);
		assert_int_equal(got[i].len, expected[i].len);
	}
	for (size_t i = 0; i < MESSAGES; i++)
		for (size_t j = 0; j < got[i].len; j++)
			assert_int_equal(got[i].data[j], 'x');
}

static void
cut_reads_fragments_and_control_frames_allocate_nothing_either(void **state)
{
	static const char part[] = "\x01\x84\x12\xfe\x80\x37" "\x73\x9c\xe3\x53", ping[] = "\x89\x80\x12\xfe\x80\x37";
	static const char end[] = "\x80\x81\x12\xfe\x80\x37" "\x77";
	unsigned char in[WS_BUFFER_SIZE(10)];
	char bytes[sizeof part + sizeof ping + sizeof end - 3];
	size_t before = allocations, len = 0, messages = 0, pings = 0;
	struct ws_slice s;
	struct ws ws;

	(void)state;
	memcpy(bytes, part, sizeof part - 1);
	memcpy(bytes + sizeof part - 1, ping, sizeof ping - 1);
	memcpy(bytes + sizeof part + sizeof ping - 2, end, sizeof end - 1);
	ws_init(&ws, WS_SERVER, 10, NULL);
	for (size_t i = 0; i < MESSAGES * sizeof bytes; i++) {
		enum ws_event event;

		in[len++] = (unsigned char)bytes[i % sizeof bytes];
		while ((event = ws_next(&ws, in, len, &s)) != WS_MORE) {
			messages += event == WS_TEXT && s.len == 5 && memcmp(s.data, "abcde", 5) == 0;
			pings += event == WS_PING;
		}
		len = ws_settle(&ws, in, len);
	}
	assert_int_equal(allocations, before);
	assert_int_equal(messages, MESSAGES);
	assert_int_equal(pings, MESSAGES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_in_one_frame_is_neither_copied_nor_does_it_allocate),
		TEST(cut_reads_fragments_and_control_frames_allocate_nothing_either),
	};

	return cmocka_run_group_tests_name("ws memory", tests, watch_allocations, NULL);
}
