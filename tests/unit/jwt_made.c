#include "jwt_made.h"

#include <sodium.h>
#include <string.h>

#include "guard.h"
#include "unit.h"

char jwt_made[16384];

static size_t
encode(size_t at, const void *bytes, size_t len)
{
	sodium_bin2base64(jwt_made + at, sizeof jwt_made - at, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return at + strlen(jwt_made + at);
}

size_t
jwt_made_of(const char *header, const char *claims, size_t signature_len)
{
	uint8_t signature[128];
	size_t n = encode(0, header, strlen(header));

	for (size_t i = 0; i < signature_len; i++)
		signature[i] = (uint8_t)(200 + i);
	jwt_made[n++] = '.';
	n = encode(n, claims, strlen(claims));
	jwt_made[n++] = '.';
	return encode(n, signature, signature_len);
}

const char *
jwt_made_parse(struct jwt *t, const char *text, size_t len, const char *audience)
{
	return jwt_parse(t, guard_put(0, text, len), len, audience);
}

void
jwt_made_fault(const char *fault, const char *expected)
{
	if (expected)
		assert_string_equal(fault ? fault : "nothing", expected);
	else if (fault)
		fail_msg("refused: %s", fault);
}
