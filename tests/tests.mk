# The tests; included by the Makefile. `make check`: the C unit tests alone, in seconds, without root. `make test`: all.

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DVERSION='"test"' -DTOP='"$(CURDIR)"' -Isrc -Itests/unit -MMD -MP $(WARNINGS) -g -O1 $(SANITIZE)

# A test links its module and what is below it: the linker takes that out of one archive of all that is pure.
PURE = $(WS:%=ws/%) $(BASE:%=base/%) $(CHAT:%=chat/%) sys/token auth/throttle auth/passwd $(patsubst %,session/%,$(filter-out main loop loop_act,$(SESSION))) $(patsubst %,store/%,$(filter-out main group,$(STORE)))
UNIT_HELPERS = $(patsubst tests/unit/%.c,$B/unit/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
UNIT_PROGRAMS = $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))

$B/pure.a: $(PURE:%=$B/asan/%.o) $(UNIT_HELPERS)
	rm -f $@
	$(AR) rcs $@ $^

$B/asan/%.o: src/%.c | $B/.need-build $B/.need-check
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$B/unit/%.o: tests/unit/%.c | $B/.need-build $B/.need-check
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$B/unit/%: $B/unit/%.o $B/pure.a
	$(CC) $(SANITIZE) -o $@ $^ -lcmocka -lcjson -lsodium -lsqlite3 -lz

# A client by libws, for the tests with servers of others.
$B/e2e/echo-client: tests/e2e/client/echo.c $B/ctl/client.o $B/base/buf.o $B/base/clock.o $B/base/scan.o $B/libws.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lsodium $(ZLIB)

# Faults of the clock and the disk, for LD_PRELOAD.
$B/e2e/faults.so: tests/e2e/preload/faults.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared -o $@ $<

include tests/bench/bench.mk
include tests/captured/captured.mk
include tests/conformance/conformance.mk
include tests/differential/differential.mk
include tests/fuzz/fuzz.mk
include tests/store/store.mk

check: $(UNIT_PROGRAMS)
	@sh tests/check.sh $(UNIT_PROGRAMS)

test: all $(UNIT_PROGRAMS) $B/e2e/echo-client $B/e2e/faults.so $B/.need-test
	@TIME=$(TIME) /usr/bin/python3 -B tests/all.py

# Random talk and random kill -9 for TIME seconds.
torture: all $B/.need-test
	@TIME=$(TIME) STORE_TIME=$(TIME) /usr/bin/python3 -B tests/all.py tests/e2e/test_torture.py tests/store/test_torture_store.py

.PHONY: check test torture
.SECONDARY:
