#include "sample.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

const char *const sample_names[SAMPLES] = {
	"ASCII", "1 to 4 bytes, at random", "German", "Russian", "Greek", "Chinese", "emoji", "chat as JSON",
};

static const char *const english[] = {
	"the", "and", "you", "that", "it", "for", "on", "are", "with", "have", "this", "what", "when", "tomorrow", "meeting",
	"release", "server", "please", "thanks", "about", "could", "would", "weather", "bring", "coffee", "later", "tonight",
	"project", "changed", "nothing", "waiting", "ticket", "station", "already", "twelve", "friends", "dinner", "sure",
};

static const char *const german[] = {
	"und", "die", "der", "für", "über", "nicht", "schön", "Straße", "heute", "morgen", "grüße", "wir", "treffen", "uns",
	"später", "können", "das", "wäre", "prima", "Bahnhof", "um", "zwölf", "Uhr", "bringst", "du", "Kaffee", "mit",
};

static const char *const russian[] = {
	"и", "в", "не", "что", "привет", "завтра", "встреча", "сервер", "спасибо", "погода", "вечером", "кофе", "друзья",
	"потом", "вокзал", "уже", "двенадцать", "хорошо", "конечно", "проект",
};

static const char *const greek[] = {
	"και", "το", "δεν", "καλημέρα", "αύριο", "συνάντηση", "ευχαριστώ", "καιρός", "βράδυ", "καφές", "φίλοι", "ύστερα",
	"σταθμός", "δώδεκα", "εντάξει", "βέβαια",
};

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % below;
}

static size_t
put_code_point(char *out, uint32_t c)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; --i > 0; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

static size_t
mixed_character(uint32_t *seed, char *out)
{
	static const uint32_t first[] = {0x20, 0xa0, 0x800, 0x10000}, many[] = {0x5f, 0x760, 0xc000, 0x100000};
	uint32_t bytes = draw(seed, 4);

	return put_code_point(out, first[bytes] + draw(seed, many[bytes]));
}

static size_t
put_word(uint32_t *seed, char *out, const char *const *words, size_t n)
{
	return (size_t)sprintf(out, "%s ", words[draw(seed, (uint32_t)n)]);
}

static size_t
chat_message(uint32_t *seed, char *out)
{
	static const char *const names[] = {"alice", "bob", "carol.smith", "dave", "erin", "frank_w"};
	char *p = out;

	p += sprintf(p, "{\"type\":\"msg\",\"id\":\"%08x%08x\",\"from\":\"%s\",\"time\":17%08u,\"text\":\"", draw(seed, UINT32_MAX),
	             draw(seed, UINT32_MAX), names[draw(seed, COUNT(names))], draw(seed, 100000000));
	for (uint32_t words = 4 + draw(seed, 20); words > 0; words--)
		p += put_word(seed, p, english, COUNT(english));
	return (size_t)(p - out) + (size_t)sprintf(p, "\"},");
}

static size_t
some(enum sample sample, uint32_t *seed, char *out)
{
	switch (sample) {
	case SAMPLE_MIXED:
		return mixed_character(seed, out);
	case SAMPLE_GERMAN:
		return put_word(seed, out, german, COUNT(german));
	case SAMPLE_RUSSIAN:
		return put_word(seed, out, russian, COUNT(russian));
	case SAMPLE_GREEK:
		return put_word(seed, out, greek, COUNT(greek));
	case SAMPLE_CHINESE:
		return put_code_point(out, 0x4e00 + draw(seed, 0x5000));
	case SAMPLE_EMOJI:
		return put_code_point(out, 0x1f600 + draw(seed, 0x50));
	case SAMPLE_CHAT:
		return chat_message(seed, out);
	default:
		return put_word(seed, out, english, COUNT(english));
	}
}

void
sample_fill(enum sample sample, uint32_t seed, void *out, size_t len)
{
	char *p = out, *end = p + len, piece[1024];

	seed = seed * 2654435761u + 1;
	while (p < end) {
		size_t n = some(sample, &seed, piece);

		if (n > (size_t)(end - p)) {
			bool ascii = sample == SAMPLE_ASCII || sample == SAMPLE_CHAT;

			n = (size_t)(end - p);
			if (!ascii)
				memset(piece, ' ', n); /* never cut inside a character */
		}
		memcpy(p, piece, n);
		p += n;
	}
}
