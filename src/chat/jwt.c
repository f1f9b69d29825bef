#include "chat/jwt.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "chat/json.h"
#include "chat/text.h"

#define DEPTH_MAX 8 /* levels of JSON: claims that are others' business nest, too */
#define TIME_MAX 253402300799 /* the last second of the year 9999 */

/* Base64 for URLs without padding (RFC 7515, 2), of one form for each row of bytes. The length, or -1. libsodium takes a `-`
 * or `_` with its high bit set for one without. */
static long
decode(const char *text, size_t len, void *to, size_t size)
{
	size_t n;

	for (size_t i = 0; i < len; i++)
		if (text[i] & 0x80)
			return -1;
	if (sodium_base642bin(to, size, text, len, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) < 0)
		return -1;
	return (long)n;
}

/* An object of which no member comes twice: who signed it and who reads it may not take different ones. */
static bool
is_plain(const cJSON *json)
{
	const cJSON *a, *b;

	if (!cJSON_IsObject(json))
		return false;
	cJSON_ArrayForEach(a, json)
		for (b = a->next; b; b = b->next)
			if (strcmp(a->string, b->string) == 0)
				return false;
	return true;
}

/* One of the parts that are JSON. To be deleted; NULL if it is none. */
static cJSON *
parse_part(const char *text, size_t len)
{
	char json[JWT_MAX];
	long n = decode(text, len, json, sizeof json);
	const char *end = NULL;
	cJSON *parsed;

	if (n < 0 || json_fault(json, (size_t)n, DEPTH_MAX))
		return NULL;
	parsed = cJSON_ParseWithLengthOpts(json, (size_t)n, &end, 0);
	if (is_plain(parsed) && json_is_space(end, (size_t)(json + n - end)))
		return parsed;
	cJSON_Delete(parsed);
	return NULL;
}

static const cJSON *
member(const cJSON *json, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(json, name);
}

static const char *
read_header(struct jwt *t, const cJSON *header)
{
	const char *algorithm = cJSON_GetStringValue(member(header, "alg")), *kid = cJSON_GetStringValue(member(header, "kid"));

	if (!algorithm || strcmp(algorithm, "EdDSA") != 0)
		return "the token is not signed with EdDSA";
	if (member(header, "crit"))
		return "the token asks for what is not known here"; /* RFC 7515, 4.1.11 */
	if (member(header, "kid") && (!kid || !*kid || strlen(kid) > JWT_KID_MAX))
		return "the token does not name a key";
	if (kid)
		memcpy(t->kid, kid, strlen(kid) + 1);
	return NULL;
}

/* A NumericDate, which may have a fraction. */
static bool
read_time(const cJSON *claims, const char *name, int64_t *to)
{
	const cJSON *value = member(claims, name);

	*to = 0;
	if (!value)
		return true;
	if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0 && value->valuedouble <= (double)TIME_MAX))
		return false;
	*to = (int64_t)value->valuedouble;
	return true;
}

static bool
is_us(const cJSON *value, const char *audience)
{
	return *audience && cJSON_IsString(value) && strcmp(value->valuestring, audience) == 0;
}

/* RFC 7519, 4.1.3: one for others is refused. Where we have a name, it must be there. */
static bool
is_for_us(const cJSON *aud, const char *audience)
{
	const cJSON *at;

	if (!aud)
		return !*audience;
	if (!cJSON_IsArray(aud))
		return is_us(aud, audience);
	cJSON_ArrayForEach(at, aud)
		if (is_us(at, audience))
			return true;
	return false;
}

static const char *
read_claims(struct jwt *t, const cJSON *claims, const char *audience)
{
	const char *sub = cJSON_GetStringValue(member(claims, "sub"));

	if (!sub || name_make(&t->user, sub, strlen(sub)) < 0)
		return "the token does not say who it is for: sub is to be a name";
	if (!member(claims, "exp") || !read_time(claims, "exp", &t->exp) || !read_time(claims, "nbf", &t->nbf) || !read_time(claims, "iat", &t->iat))
		return "the token does not say when it ends, or not as a number of seconds";
	if (!is_for_us(member(claims, "aud"), audience))
		return "the token is for another audience";
	return NULL;
}

const char *
jwt_parse(struct jwt *t, const char *text, size_t len, const char *audience)
{
	static const char malformed[] = "not a token";
	const char *dot = len <= JWT_MAX ? memchr(text, '.', len) : NULL, *last = dot ? memrchr(text, '.', len) : NULL;
	cJSON *header, *claims;
	const char *fault;

	*t = (struct jwt){.input = text};
	if (!dot || dot == last || memchr(dot + 1, '.', (size_t)(last - dot - 1)))
		return malformed;
	t->input_len = (size_t)(last - text);
	if (decode(last + 1, len - t->input_len - 1, t->signature, sizeof t->signature) != JWT_SIGNATURE_SIZE)
		return malformed;
	header = parse_part(text, (size_t)(dot - text));
	claims = parse_part(dot + 1, (size_t)(last - dot - 1));
	fault = header && claims ? read_header(t, header) : malformed;
	if (!fault)
		fault = read_claims(t, claims, audience);
	cJSON_Delete(header);
	cJSON_Delete(claims);
	return fault;
}

const char *
jwt_time_fault(const struct jwt *t, int64_t now)
{
	if (now >= t->exp + JWT_SKEW)
		return "the token has ended";
	if (now < t->nbf - JWT_SKEW || now < t->iat - JWT_SKEW)
		return "the token is not valid yet";
	return NULL;
}

static int
encode(struct buf *out, const void *bytes, size_t len)
{
	size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *room = buf_room(out, size);

	if (!room)
		return -1;
	sodium_bin2base64(room, size, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buf_added(out, size - 1); /* without its NUL */
	return 0;
}

static int
add_part(struct buf *out, cJSON *json)
{
	struct buf text = {0};
	int r = text_put(&text, json);

	if (r == 0)
		r = encode(out, buf_at(&text), buf_len(&text));
	buf_free(&text);
	return r;
}

int
jwt_make(struct buf *out, const char *kid, const struct name *user, int64_t now, int64_t exp, const char *audience)
{
	cJSON *header = cJSON_CreateObject(), *claims = cJSON_CreateObject();
	int r;

	cJSON_AddStringToObject(header, "alg", "EdDSA");
	cJSON_AddStringToObject(header, "typ", "JWT");
	cJSON_AddStringToObject(header, "kid", kid);
	cJSON_AddStringToObject(claims, "sub", user->text);
	cJSON_AddNumberToObject(claims, "iat", (double)now);
	cJSON_AddNumberToObject(claims, "exp", (double)exp);
	if (*audience)
		cJSON_AddStringToObject(claims, "aud", audience);
	r = add_part(out, header);
	if (r == 0)
		r = buf_add(out, ".", 1);
	if (r == 0)
		r = add_part(out, claims);
	else
		cJSON_Delete(claims);
	return r;
}

int
jwt_seal(struct buf *out, const uint8_t signature[JWT_SIGNATURE_SIZE])
{
	return buf_add(out, ".", 1) < 0 ? -1 : encode(out, signature, JWT_SIGNATURE_SIZE);
}
