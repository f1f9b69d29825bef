/* A page for the tests: the real one is made by the build. */
#include "session/page.h"

const unsigned char page_data[] = "<!doctype html><title>page</title>\n";
const size_t page_size = sizeof page_data - 1;
const char page_fields[] = "Content-Security-Policy: default-src 'none'\r\n";
