# The fuzz targets; included by tests/tests.mk. `make fuzz TIME=60`: each for TIME seconds. `make fuzz-NAME`: one.

FUZZ_CC = clang-14
FUZZ_TARGETS = door extension frame handshake http jwt msg record send ws
FUZZ_PROGRAMS = $(FUZZ_TARGETS:%=$B/fuzz/%)
FUZZ_SANITIZE = -fno-sanitize-recover=all -fsanitize=address,undefined

# clang finds more in -Wconversion than gcc does, and does not know gcc's nonstring.
FUZZ_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DVERSION='"fuzz"' -Isrc -Itests/fuzz -MMD -MP $(WARNINGS) -Wno-sign-conversion \
	-Wno-implicit-int-conversion -Wno-unknown-attributes -g -O1 $(FUZZ_SANITIZE),fuzzer-no-link

FUZZ_PURE = $(WS:%=ws/%) $(BASE:%=base/%) $(CHAT:%=chat/%) session/forwarded

$B/fuzz/pure.a: $(FUZZ_PURE:%=$B/fuzz/obj/%.o) $B/fuzz/obj/fuzz.o
	rm -f $@
	$(AR) rcs $@ $^

$B/fuzz/obj/%.o: src/%.c | $B/.need-build $B/.need-fuzz
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

$B/fuzz/obj/%.o: tests/fuzz/%.c | $B/.need-build $B/.need-fuzz
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

$(FUZZ_PROGRAMS): $B/fuzz/%: $B/fuzz/obj/%.o $B/fuzz/pure.a
	$(FUZZ_CC) $(FUZZ_SANITIZE),fuzzer -o $@ $^ -lcjson -lsodium -lz

# The same targets, compiled as the product is, to be replayed under valgrind.
FUZZ_REPLAYS = $(FUZZ_TARGETS:%=$B/fuzz/replay/%)

$B/fuzz/replay/%.o: tests/fuzz/%.c | $B/.need-build
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(FUZZ_REPLAYS): $B/fuzz/replay/%: $B/fuzz/replay/%.o $B/fuzz/replay/fuzz.o $B/fuzz/replay/replay.o $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o) $B/session/forwarded.o $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcjson -lsodium $(ZLIB)

test: $(FUZZ_PROGRAMS) $(FUZZ_REPLAYS)

fuzz: $(FUZZ_PROGRAMS)
	@B=$B sh tests/fuzz/run.sh $(TIME) $(FUZZ_TARGETS)

$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $B/fuzz/%
	@B=$B sh tests/fuzz/run.sh $(TIME) $*

.PHONY: fuzz $(FUZZ_TARGETS:%=fuzz-%)
