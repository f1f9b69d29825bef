/* Lines, each the value of a field that its first letter names (forwarded, x-forwarded-For, x-forwarded-Proto, Origin), as
 * a client sends them; then what a proxy adds at the end. */
#include "session/forwarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/origin.h"
#include "fuzz.h"

#define LINES 4

static const char *
name_of(char letter)
{
	return letter == 'f' ? "Forwarded" : letter == 'F' ? "X-Forwarded-For" : letter == 'P' ? "X-Forwarded-Proto" : "Origin";
}

/* Each value in a block of its own, with `more` behind the last of that name, if there is one. */
static void
make(struct http_head *head, const char *data, size_t len, const char *name, const char *more)
{
	const char *end = data + len;
	bool added = false;

	head->count = 0;
	while (data < end && head->count < LINES) {
		const char *stop = memchr(data, '\n', (size_t)(end - data));
		struct http_field *f = &head->fields[head->count++];

		stop = stop ? stop : end;
		f->name = (struct http_slice){name_of(*data), strlen(name_of(*data))};
		f->value.len = stop > data ? (size_t)(stop - data) - 1 : 0;
		f->value.at = fuzz_block(data + 1, f->value.len);
		data = stop < end ? stop + 1 : end;
	}
	for (size_t i = head->count; i > 0 && !added; i--) {
		struct http_slice *value = &head->fields[i - 1].value;
		char *longer;

		if (!http_is(head->fields[i - 1].name, name))
			continue;
		longer = fuzz_block(NULL, value->len + strlen(more));
		memcpy(longer, value->at, value->len);
		memcpy(longer + value->len, more, strlen(more));
		free((char *)value->at);
		*value = (struct http_slice){longer, value->len + strlen(more)};
		added = true;
	}
}

static void
drop(struct http_head *head)
{
	for (size_t i = 0; i < head->count; i++)
		free((char *)head->fields[i].value.at);
}

static bool
has(const struct http_head *head, const char *name)
{
	struct http_slice value;

	return http_find(head, name, &value) > 0;
}

static void
check_address(const char *address)
{
	char again[ADDRESS_SIZE];

	if (!*address || strcmp(address, "unix") == 0)
		return;
	CHECK(address_set(again, address, strlen(address)) == 0 && strcmp(again, address) == 0);
	CHECK(address_is_loopback(address) == (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0));
}

/* What a proxy says in its own element is what counts, whatever a client has put before it; or nothing is taken. */
static void
check_proxy(const char *data, size_t len, const char *name, const char *element, const char *address)
{
	struct http_head head;
	struct forwarded f;
	const char *why = NULL;
	bool said;
	int n;

	make(&head, data, len, name, element);
	said = has(&head, name);
	n = forwarded_read(&f, &head, &why);
	CHECK(n == 0 ? why == NULL : n == -1 && why != NULL);
	if (n == 0 && said)
		CHECK(f.any && strcmp(f.address, address) == 0);
	if (said && http_is((struct http_slice){name, strlen(name)}, "X-Forwarded-For") && !has(&head, "Forwarded") && !has(&head, "X-Forwarded-Proto"))
		CHECK(n == 0);
	drop(&head);
}

static void
check_origin(struct http_slice value)
{
	struct origin o, again;
	char text[600], host[300];
	int n;

	if (origin_parse(&o, value.at, value.len) < 0 || value.len > 256)
		return;
	CHECK(o.scheme == value.at && o.authority.host == o.scheme + o.scheme_len + 3 && o.authority.host_len <= value.len - o.scheme_len - 3);
	snprintf(host, sizeof host, "%.*s", (int)o.authority.host_len, o.authority.host);
	n = snprintf(text, sizeof text, o.authority.port < 0 ? "%.*s://%s" : "%.*s://%s:%ld", (int)o.scheme_len, o.scheme, host, o.authority.port);
	CHECK(origin_parse(&again, text, (size_t)n) == 0 && again.authority.port == o.authority.port);
	CHECK(origin_list_valid(text) && origin_listed(&o, text) && !origin_listed(&o, ""));
	if (origin_is_of(&o, host, strlen(host), false))
		CHECK(o.authority.port == 80 || o.authority.port == 443);
	for (char *p = host; *p; p++)
		*p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
	n = (int)strlen(host);
	if (authority_is_local(&o.authority))
		CHECK(strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || *host == '[' || (n > 10 && strcmp(host + n - 10, ".localhost") == 0));
	else
		CHECK(strcmp(host, "localhost") != 0 && strcmp(host, "127.0.0.1") != 0 && strcmp(host, "[::1]") != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *data = (const char *)bytes, *why;
	struct http_head head;
	struct forwarded f;

	make(&head, data, len, "", "");
	if (forwarded_read(&f, &head, &why) == 0) {
		CHECK(f.https >= -1 && f.https <= 1 && (f.any || !*f.address));
		CHECK(forwarded_any(&head) || (!f.any && f.https == -1));
		check_address(f.address);
	}
	for (size_t i = 0; i < head.count; i++)
		if (http_is(head.fields[i].name, "Origin"))
			check_origin(head.fields[i].value);
	drop(&head);
	check_proxy(data, len, "X-Forwarded-For", ", 192.0.2.7", "192.0.2.7");
	check_proxy(data, len, "Forwarded", ", for=192.0.2.7", "192.0.2.7");
	check_proxy(data, len, "Forwarded", ", for=\"[2001:db8::7]\";proto=https", "2001:db8::7");
	return 0;
}
