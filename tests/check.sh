#!/bin/sh
# check.sh PROGRAM...: runs the unit tests' programs; what they say is shown where they fail.
passed=0
failed=0
for program; do
	if output=$("$program" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s\n' "$output" >&2
		echo "FAILED: $program" >&2
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
