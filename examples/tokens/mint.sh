#!/bin/sh
# mint.sh KEY USER [SECONDS]: prints a token with which USER logs in, signed with KEY (a file that chatctl keygen made).
# It needs openssl alone, 3.0 or later.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	echo "usage: mint.sh KEY USER [SECONDS]" >&2
	exit 64
fi
case $2$(basename "$1")${CHAT_AUDIENCE-} in
*[\"\\[:cntrl:]]*)
	echo "mint.sh: what has to be escaped in JSON is not taken here" >&2
	exit 64
	;;
esac

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

now=$(date +%s)
header="{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"$(basename "$1" .key)\"}"
claims="{\"sub\":\"$2\",\"iat\":$now,\"exp\":$((now + ${3-3600}))${CHAT_AUDIENCE:+,\"aud\":\"$CHAT_AUDIENCE\"}}"
input=$(printf %s "$header" | base64url).$(printf %s "$claims" | base64url)

file=$(mktemp) # openssl signs a file, not a pipe
trap 'rm -f "$file"' EXIT
printf %s "$input" >"$file"
signature=$(openssl pkeyutl -sign -rawin -inkey "$1" -in "$file" | base64url)
[ -n "$signature" ]
printf '%s.%s\n' "$input" "$signature"
