/* Two bytes of policy, two of what a client wants; then Sec-WebSocket-Extensions, a field to each line. */
#include "ws/extension.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define FIELDS 4

static struct deflate_params
params(struct fuzz_input *in)
{
	unsigned flags = fuzz_byte(in), bits = fuzz_byte(in);

	return (struct deflate_params){flags & 1, flags & 2, (uint8_t)(8 + (bits & 7)), (uint8_t)(8 + (bits >> 4 & 7))};
}

static bool
same(const struct deflate_params *a, const struct deflate_params *b)
{
	return a->server_no_context_takeover == b->server_no_context_takeover &&
	       a->client_no_context_takeover == b->client_no_context_takeover &&
	       a->server_max_window_bits == b->server_max_window_bits &&
	       a->client_max_window_bits == b->client_max_window_bits;
}

static bool
bits_good(uint8_t bits, uint8_t most)
{
	return bits >= DEFLATE_WINDOW_BITS_MIN && bits <= most;
}

static void
split(struct http_head *head, const char *text, size_t len)
{
	const char *end = text + len;

	*head = (struct http_head){0};
	while (head->count < FIELDS) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const char *stop = line && head->count + 1 < FIELDS ? line : end;

		head->fields[head->count++] = (struct http_field){{"Sec-WebSocket-Extensions", 24}, {text, (size_t)(stop - text)}};
		if (stop == end)
			break;
		text = stop + 1;
	}
}

/* Parses the line as it would come, in a response or a request. */
static void
head_of(struct http_head *head, const char *line, char text[EXTENSION_LINE_MAX + 64], bool response)
{
	int n = sprintf(text, "%s\r\n%s\r\n", response ? "HTTP/1.1 101 x" : "GET / HTTP/1.1", line);

	CHECK((response ? http_response : http_request)(head, text, (size_t)n) == n);
	CHECK(head->count == 1 && extension_well_formed(head));
}

static void
check_params(struct http_slice left)
{
	struct extension_param p;
	size_t before = left.len + 1;

	while (extension_param(&left, &p)) {
		CHECK(p.name.len > 0 && left.len < before);
		CHECK(p.has_value == (p.len > 0) && p.len <= EXTENSION_VALUE_MAX + 1);
		for (size_t i = 0; i < p.len && i < EXTENSION_VALUE_MAX; i++)
			CHECK(http_is_tchar(p.value[i]));
		before = left.len;
	}
	for (size_t i = 0; i < left.len; i++)
		CHECK(left.at[i] == ' ' || left.at[i] == '\t');
}

/* Whether the list is well formed; *count is how many extensions it has. */
static bool
check_list(struct http_slice list, size_t *count)
{
	const char *end = list.at + list.len;
	struct extension e;
	int r;

	while ((r = extension_next(&list, &e)) > 0) {
		CHECK(e.name.len > 0 && e.params.at == e.name.at + e.name.len);
		CHECK(e.params.at + e.params.len <= list.at && list.at + list.len == end);
		check_params(e.params);
		++*count;
	}
	return r == 0;
}

/* The answer is within the policy, and a client that offered anything takes it for what the server does. */
static void
check_accept(const struct http_head *request, const struct deflate_params *policy)
{
	char line[EXTENSION_LINE_MAX], text[EXTENSION_LINE_MAX + 64];
	struct deflate_params agreed, told;
	size_t n = extension_accept(request, policy, &agreed, line);
	struct http_head response;
	const char *why;

	CHECK(n == strlen(line));
	if (n == 0)
		return;
	CHECK(bits_good(agreed.server_max_window_bits, policy->server_max_window_bits));
	CHECK(bits_good(agreed.client_max_window_bits, DEFLATE_WINDOW_BITS_MAX));
	CHECK(agreed.server_no_context_takeover >= policy->server_no_context_takeover);
	CHECK(agreed.client_no_context_takeover >= policy->client_no_context_takeover);
	head_of(&response, line, text, true);
	CHECK(extension_verify(&response, &DEFLATE_PARAMS_USUAL, &told, &why) == 1 && !why);
	CHECK(same(&agreed, &told));
}

/* What this client offers, this server takes; and both then mean the same. */
static void
check_offer(const struct deflate_params *wanted, const struct deflate_params *policy)
{
	char line[EXTENSION_LINE_MAX], text[EXTENSION_LINE_MAX + 64], answer[EXTENSION_LINE_MAX];
	struct deflate_params agreed, told;
	struct http_head head;
	const char *why;

	CHECK(extension_offer(wanted, line) == strlen(line));
	head_of(&head, line, text, false);
	check_accept(&head, policy);
	CHECK(extension_accept(&head, policy, &agreed, answer) > 0);
	head_of(&head, answer, text, true);
	CHECK(extension_verify(&head, wanted, &told, &why) == 1 && !why);
	CHECK(same(&agreed, &told));
	CHECK(bits_good(agreed.client_max_window_bits, policy->client_max_window_bits));
	CHECK(bits_good(agreed.client_max_window_bits, wanted->client_max_window_bits));
	CHECK(bits_good(agreed.server_max_window_bits, wanted->server_max_window_bits));
}

/* Of the parameters that there are (RFC 7692, 7.1), each once at the most. */
static void
check_known(struct http_slice list)
{
	static const char *const names[] = {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
	                                    "client_max_window_bits"};
	unsigned seen[4] = {0}, count = 0, known = 0;
	struct extension_param p;
	struct extension e;

	if (extension_next(&list, &e) <= 0)
		return;
	for (; extension_param(&e.params, &p); count++)
		for (size_t i = 0; i < 4; i++)
			if (http_equal(p.name, names[i]) && seen[i]++ == 0)
				known++;
	CHECK(http_equal(e.name, "permessage-deflate") && known == count);
}

/* The bytes as a server's answer. */
static void
check_verify(const struct http_head *response, const struct deflate_params *wanted, size_t count, bool well_formed)
{
	struct deflate_params agreed;
	const char *why;
	int r = extension_verify(response, wanted, &agreed, &why);

	CHECK(r < 0 ? why && *why : !why);
	if (r >= 0)
		CHECK(well_formed && count == (size_t)r);
	if (r <= 0)
		return;
	for (size_t i = 0; i < response->count; i++)
		check_known(response->fields[i].value);
	CHECK(bits_good(agreed.server_max_window_bits, wanted->server_max_window_bits));
	CHECK(bits_good(agreed.client_max_window_bits, wanted->client_max_window_bits));
	CHECK(agreed.server_no_context_takeover >= wanted->server_no_context_takeover);
	CHECK(agreed.client_no_context_takeover >= wanted->client_no_context_takeover);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct deflate_params policy = params(&in), wanted = params(&in);
	char *text = fuzz_block(in.at, in.len);
	bool well_formed = true;
	struct http_head head;
	size_t count = 0;

	split(&head, text, in.len);
	for (size_t i = 0; i < head.count; i++)
		well_formed &= check_list(head.fields[i].value, &count);
	CHECK(extension_well_formed(&head) == well_formed);
	check_accept(&head, &policy);
	check_offer(&wanted, &policy);
	check_verify(&head, &wanted, count, well_formed);
	free(text);
	return 0;
}
