#!/bin/sh
# run.sh SECONDS TARGET...: runs each target for so long, on what is in its corpus and what was found before ($B/fuzz/corpus).
# A line for each: seconds, executions, edges covered, inputs that were new, and what was found wrong. Fails if anything was.
seconds=$1
shift
here=tests/fuzz
out=${B:-build}/fuzz
failed=0

# The longest input in bytes that makes sense.
max_len() {
	case $1 in
	http | handshake) echo 9000 ;; # a head of HTTP_HEAD_MAX, and more
	jwt) echo 4200 ;; # JWT_MAX, and more
	door | extension) echo 600 ;;
	frame) echo 400 ;;
	*) echo 4096 ;;
	esac
}

for name; do
	log=$out/$name.log
	mkdir -p "$out/corpus/$name" "$here/corpus/$name"
	start=$(date +%s)
	"$out/$name" -max_total_time="$seconds" -max_len="$(max_len "$name")" -timeout=10 -rss_limit_mb=1024 \
		-dict="$here/$name.dict" -artifact_prefix="$out/$name-" -print_final_stats=1 \
		"$out/corpus/$name" "$here/corpus/$name" >"$log" 2>&1
	status=$?
	took=$(($(date +%s) - start))
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
	echo "$name: $took s, ${runs:-?} executions, ${edges:-?} edges, ${new:-?} new inputs, $([ $status = 0 ] && echo nothing || echo "something wrong, see $log") found"
	[ $status = 0 ] || failed=1
done
exit $failed
