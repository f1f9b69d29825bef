#ifndef SESSION_PAGE_H
#define SESSION_PAGE_H

#include <stddef.h>

/* The web page, and the lines of its response's head that say what it may do (Content-Security-Policy and the like,
 * each with its CRLF). Made by the build from src/www/index.html. */
extern const unsigned char page_data[];
extern const size_t page_size;
extern const char page_fields[];

#endif
