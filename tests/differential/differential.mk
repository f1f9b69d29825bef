# Differential tests of libws against other implementations: see tests/differential/README.md. Included by tests/tests.mk.

TAPE = dice text tape tape_frame tape_mutate heard heard_wslay scene rows wslay
DIFFERENTIAL = $B/differential/wslay $B/differential/wslay-fast $B/differential/driver

# With sanitizers, and as it is shipped.
$B/differential/asan/%.o: tests/differential/%.c | $B/.need-build $B/.need-test
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$B/differential/fast/%.o: tests/differential/%.c | $B/.need-build $B/.need-test
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/differential/wslay: $(TAPE:%=$B/differential/asan/%.o) $B/pure.a
	$(CC) $(SANITIZE) -o $@ $^ -lwslay -lz

$B/differential/wslay-fast: $(TAPE:%=$B/differential/fast/%.o) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lwslay $(ZLIB)

$B/differential/driver: $B/differential/asan/driver.o $B/pure.a
	$(CC) $(SANITIZE) -o $@ $^ -lz

test: $(DIFFERENTIAL)

# New streams for TIME seconds.
differential: $(DIFFERENTIAL)
	$B/differential/wslay-fast --time $(TIME)
	SEED=$$(date +%s) STREAMS=$$(( $(TIME) * 20 )) /usr/bin/python3 -B tests/all.py -s tests/differential/test_wsproto.py

.PHONY: differential
