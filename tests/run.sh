#!/bin/sh
# make run: serves the chat on 127.0.0.1:$PORT until Ctrl-C, with nothing installed and nothing left behind.
set -u
PORT=${PORT:-8080}
here=$(pwd)
CHAT_RUNTIME_DIR=$(mktemp -d "$here/build/run.XXXXXX")
export CHAT_RUNTIME_DIR

log=$here/build/run.log
CHAT_STATE_DIR=${CHAT_STATE_DIR:-$CHAT_RUNTIME_DIR/state} "$here/build/chat-store" 2>"$log" &
store=$!
settings=$(env | sed -n 's/^\(CHAT_[A-Z_]*\)=.*/-E \1/p')
# shellcheck disable=SC2086
systemd-socket-activate --accept --inetd -l "127.0.0.1:$PORT" $settings "$here/build/chat-session" 2>>"$log" &
listener=$!

stop() {
	trap '' INT TERM
	kill "$listener" 2>/dev/null
	# The sessions are the listener's children, and then nobody's: each is known by its endpoint.
	for endpoint in "$CHAT_RUNTIME_DIR"/bus/[!.]*/*; do
		[ -S "$endpoint" ] && kill "${endpoint##*/}" 2>/dev/null
	done
	kill "$store" 2>/dev/null
	wait "$listener" "$store" 2>/dev/null
	rm -rf "$CHAT_RUNTIME_DIR"
	echo
	echo "Stopped."
	exit 0
}
trap stop INT TERM

sleep 0.3
if ! kill -0 "$listener" 2>/dev/null; then
	tail -1 "$log" >&2
	echo "Port $PORT can't be had: try make run PORT=8081" >&2
	kill "$store" 2>/dev/null
	wait "$store" 2>/dev/null
	rm -rf "$CHAT_RUNTIME_DIR"
	exit 1
fi
cat <<END

  Open http://localhost:$PORT/ in two windows, log in with two names, and talk.

  Who is online:   CHAT_RUNTIME_DIR=$CHAT_RUNTIME_DIR build/chatctl who
  Send a message:  CHAT_RUNTIME_DIR=$CHAT_RUNTIME_DIR build/chatctl send NAME hello
  What they log:   build/run.log
  Ctrl-C stops it.

END
wait "$listener"
stop
