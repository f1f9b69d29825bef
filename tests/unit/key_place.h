#ifndef UNIT_KEY_PLACE_H
#define UNIT_KEY_PLACE_H

/* Keys that openssl(1) wrote: that of RFC 8037, appendix A, and another. */
#define RFC_KEY "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
#define RFC_PUB "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
#define OTHER_KEY "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINal1jUF+vnf/exNTHPKt5qwbwNmkaDNGScDwqYhKC5+\n-----END PRIVATE KEY-----\n"
#define OTHER_PUB "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAel+WraDHSJpdUlzlEnCpdEhzZq77BFIGONrbgplulio=\n-----END PUBLIC KEY-----\n"

/* A configuration directory of its own, with a folder of keys in it; it stays until key_place_end. */
const char *key_place(void);
void key_place_end(void);

/* The path of a file among the keys: good until the next call. Writes one. */
const char *key_place_path(const char *file);
void key_place_put(const char *file, const char *text);

#endif
