/* The bytes as the head of a request, and as that of a response; then all that reads what was parsed. */
#include "ws/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"

typedef int parser(struct http_head *head, const char *data, size_t len);

#define TEXT_MAX 256

static bool
lies_in(struct http_slice s, const char *data, size_t len)
{
	return s.at >= data && s.at <= data + len && s.len <= (size_t)(data + len - s.at);
}

static bool
same_place(struct http_slice a, const char *in_a, struct http_slice b, const char *in_b)
{
	return a.len == b.len && a.at - in_a == b.at - in_b;
}

static bool
has_no(struct http_slice s, const char *characters)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == 0 || strchr(characters, s.at[i]))
			return false;
	return true;
}

/* Neither an error nor the end of the head can be taken back by bytes that come later, nor be found before they come. */
static void
check_prefixes(parser *parse, const char *data, size_t len, int whole)
{
	size_t most = whole > 0 ? (size_t)whole - 1 : len;
	void *block = fuzz_block(NULL, most);

	for (size_t cut = 0; cut <= most; cut += fuzz_step(most)) {
		struct http_head head;
		int n = parse(&head, fuzz_at_end(block, most, data, cut), cut);

		CHECK(n == 0 || (whole < 0 && n == whole));
	}
	free(block);
}

static void
check_again(parser *parse, const struct http_head *head, const char *data, int n)
{
	struct http_head again;
	char *copy = fuzz_block(data, (size_t)n);

	CHECK(parse(&again, copy, (size_t)n) == n);
	CHECK(again.count == head->count && again.status == head->status && again.minor == head->minor);
	for (size_t i = 0; i < head->count; i++) {
		CHECK(same_place(head->fields[i].name, data, again.fields[i].name, copy));
		CHECK(same_place(head->fields[i].value, data, again.fields[i].value, copy));
	}
	free(copy);
}

static void
check_list(const struct http_head *head, const char *name, struct http_slice value)
{
	char *block = fuzz_block(value.at, value.len);
	struct http_slice whole = {block, value.len}, list = whole, element;
	size_t before = list.len + 1;

	while (http_list(&list, &element)) {
		char text[TEXT_MAX];

		CHECK(lies_in(element, whole.at, whole.len) && element.len > 0);
		CHECK(!memchr(element.at, ',', element.len));
		CHECK(!strchr(" \t", element.at[0]) && !strchr(" \t", element.at[element.len - 1]));
		CHECK(list.len < before && lies_in(list, whole.at, whole.len));
		before = list.len;
		if (element.len < sizeof text) {
			snprintf(text, sizeof text, "%.*s", (int)element.len, element.at);
			CHECK(http_is(element, text) && http_equal(element, text) && http_lists(head, name, text));
		}
	}
	CHECK(list.len == 0);
	free(block);
}

static void
check_find(const struct http_head *head, const char *name)
{
	struct http_slice value = {0}, first = {0};
	size_t count = 0;

	for (size_t i = 0; i < head->count; i++) {
		struct http_slice n = head->fields[i].name;

		if (n.len == strlen(name) && strncasecmp(n.at, name, n.len) == 0 && count++ == 0)
			first = head->fields[i].value;
	}
	CHECK(http_find(head, name, &value) == count);
	CHECK(value.at == first.at && value.len == first.len);
}

static void
check_fields(const struct http_head *head, const char *data, int n)
{
	CHECK(head->count <= HTTP_FIELDS_MAX);
	for (size_t i = 0; i < head->count; i++) {
		const struct http_field *f = &head->fields[i];
		char name[TEXT_MAX];

		CHECK(lies_in(f->name, data, (size_t)n) && lies_in(f->value, data, (size_t)n));
		CHECK(f->name.len > 0 && has_no(f->name, " \t\r\n:") && has_no(f->value, "\r\n\x7f\x01\x1f"));
		CHECK(f->value.len == 0 || (!strchr(" \t", f->value.at[0]) && !strchr(" \t", f->value.at[f->value.len - 1])));
		if (http_is_host(f->value))
			CHECK(f->value.len > 0 && has_no(f->value, " \t/@?#\\\""));
		if (f->name.len >= sizeof name)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)f->name.len, f->name.at);
		check_find(head, name);
		check_list(head, name, f->value);
	}
	check_find(head, "Host");
	check_find(head, "none");
}

/* What was decoded is the same when it is written with an escape for each byte; and it fits in no less than it takes. */
static void
check_value(const char *name, const char *value, size_t len)
{
	size_t head = strlen(name) + 1;
	char *query = malloc(head + 3 * len + 1), *out = malloc(len + 1);

	sprintf(query, "%s=", name);
	for (size_t i = 0; i < len; i++)
		sprintf(query + head + 3 * i, "%%%02X", (unsigned char)value[i]);
	CHECK(http_query((struct http_slice){query, head + 3 * len}, name, out, len + 1) == (int)len);
	CHECK(memcmp(out, value, len + 1) == 0);
	if (len > 0)
		CHECK(http_query((struct http_slice){query, head + 3 * len}, name, out, len) == -2);
	free(query);
	free(out);
}

static void
check_query(struct http_slice query, const char *name, size_t size)
{
	char *out = malloc(size);
	int n = http_query(query, name, out, size);

	CHECK(n >= -2 && n < (int)size);
	if (n >= 0) {
		CHECK(strlen(out) == (size_t)n);
		check_value(name, out, (size_t)n);
	}
	free(out);
}

/* In a block of its own, behind which there is no more of the head. */
static void
check_target(struct http_slice whole)
{
	char *block = fuzz_block(whole.at, whole.len);
	struct http_slice target = {block, whole.len}, path, query;

	http_target(target, &path, &query);
	CHECK(path.len > 0 && !memchr(path.at, '?', path.len));
	CHECK(lies_in(path, target.at, target.len) || http_equal(path, "/"));
	CHECK(lies_in(query, target.at, target.len) && query.at + query.len == target.at + target.len);
	if (lies_in(path, target.at, target.len))
		CHECK(path.at + path.len == target.at + target.len || path.at + path.len + 1 == query.at);
	check_query(query, "user", 8192);
	check_query(query, "user", 8);
	check_query(query, "a", 1);
	free(block);
}

static void
check(parser *parse, const char *data, size_t len)
{
	char *block = fuzz_block(data, len);
	struct http_head head;
	int n = parse(&head, block, len);

	CHECK(n >= 0 ? (size_t)n <= len && n <= HTTP_HEAD_MAX : n == -400 || n == -431 || n == -505);
	check_prefixes(parse, block, len, n);
	if (n > 0) {
		CHECK(n >= 4 && memcmp(block + n - 4, "\r\n\r\n", 4) == 0);
		CHECK(head.minor >= 0 && head.minor <= 9);
		check_again(parse, &head, block, n);
		check_fields(&head, block, n);
		if (parse == http_request) {
			CHECK(lies_in(head.method, block, (size_t)n) && head.method.len > 0 && has_no(head.method, " \r\n\t/"));
			CHECK(lies_in(head.target, block, (size_t)n) && head.target.len > 0 && has_no(head.target, " \r\n\t"));
			check_target(head.target);
		} else {
			CHECK(head.status >= 0 && head.status <= 999);
		}
	}
	free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check(http_request, (const char *)data, len);
	check(http_response, (const char *)data, len);
	return 0;
}
