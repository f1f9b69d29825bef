#!/bin/sh
# page.sh INDEX.HTML SERVED: writes the page as it is served, without indentation and comments, and prints the C source that
# embeds it, with the policy that lets just its own style and script run.
set -eu
sed -e 's/^[ 	]*//' -e '/^\/\//d' -e '/^\/\*.*\*\/$/d' -e '/^\/\*/,/\*\//d' -e '/^$/d' "$1" >"$2"
page=$(cat "$2")

# The hash of what stands in the page's one element of that name, as Content-Security-Policy wants it.
hash_of() {
	rest=${page#*"<$1>"}
	[ "$rest" != "$page" ] || { echo "page.sh: no <$1> in the page" >&2; exit 1; }
	printf %s "${rest%%"</$1>"*}" | sha256sum | cut -d' ' -f1 | tr a-f A-F | basenc --base16 -d | base64
}

style=$(hash_of style)
script=$(hash_of script)
cat <<END
#include "session/page.h"

__asm__(".section .rodata\n"
        ".global page_data\n"
        "page_data: .incbin \"$2\"\n"
        "page_end:\n"
        ".balign 8\n"
        ".global page_size\n"
        "page_size: .quad page_end - page_data\n"
        ".previous\n");

const char page_fields[] =
	"Content-Security-Policy: default-src 'none'; script-src 'sha256-$script'; style-src 'sha256-$style'; "
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
	"Referrer-Policy: no-referrer\r\n";
END
