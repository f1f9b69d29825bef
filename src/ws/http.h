#ifndef WS_HTTP_H
#define WS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 8192
#define HTTP_FIELDS_MAX 64

/* Bytes in the buffer that was parsed: good for as long as that is. */
struct http_slice {
	const char *at;
	size_t len;
};

struct http_field {
	struct http_slice name, value;
};

/* The head of a request (method, target) or of a response (status), RFC 9112. */
struct http_head {
	struct http_slice method, target;
	int status;
	int minor; /* of HTTP/1.minor */
	size_t count;
	struct http_field fields[HTTP_FIELDS_MAX];
};

/* Parse the head that starts at `data`. Its length in bytes with the empty line; 0 when there is more to come; else
 * minus the status that says what is wrong with it: 400, 431, 505. Nothing is lenient: lines end in CRLF, fields are
 * not folded, names are tokens, values have no control characters. */
int http_request(struct http_head *head, const char *data, size_t len);
int http_response(struct http_head *head, const char *data, size_t len);

/* How many fields have that name (any case); *value is the first one's. */
size_t http_find(const struct http_head *head, const char *name, struct http_slice *value);

/* Whether the slice is that text: in any case, or to the letter. */
bool http_is(struct http_slice s, const char *text);
bool http_equal(struct http_slice s, const char *text);

/* Whether a token may have that character (RFC 9110, 5.6.2). */
bool http_is_tchar(char c);

/* Whether a Host may have that value: it is not empty, and has the characters of a host and a port alone (RFC 3986,
 * 3.2.2). */
bool http_is_host(struct http_slice s);

/* Takes the next element off a comma-separated list (RFC 9110, 5.6.1); false at its end. */
bool http_list(struct http_slice *list, struct http_slice *element);

/* Whether some field of that name lists that token (any case). */
bool http_lists(const struct http_head *head, const char *name, const char *token);

/* Splits a request's target, in origin or absolute form, into path and query (without the `?`). */
void http_target(struct http_slice target, struct http_slice *path, struct http_slice *query);

/* Finds `name=` in a query and writes its value, percent-decoded, to `out` of `size` bytes with a NUL. Its length;
 * -1 when there is none; -2 when it does not fit, is not well encoded or holds a NUL. */
int http_query(struct http_slice query, const char *name, char *out, size_t size);

#endif
