# The benchmarks; included by tests.mk. `make bench-ws`: libws beside libwslay, compiled as the product is. `make bench-store`:
# what the store costs.

BENCH_WS = $(patsubst tests/%.c,$B/%.o,tests/bench/figure.c $(filter-out %/instructions.c,$(wildcard tests/bench/ws/*.c)))
BENCH_LOAD = $(patsubst tests/%.c,$B/%.o,tests/bench/figure.c $(wildcard tests/bench/load/*.c))
BENCH_PROGRAMS = $B/bench/ws/ws $B/bench/ws/instructions $B/bench/load/load

$B/bench/%.o: tests/bench/%.c | $B/.need-build $B/.need-bench
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests -c -o $@ $<

$B/bench/ws/ws: $(BENCH_WS) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lwslay $(ZLIB)

$B/bench/ws/instructions: $B/bench/figure.o $(patsubst %,$B/bench/ws/%.o,instructions bench codec sample with_libws with_wslay) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lwslay $(ZLIB)

$B/bench/load/load: $(BENCH_LOAD) $(DB:%=$B/store/%.o) $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -Wl,--gc-sections -o $@ $^ -lsqlite3 -lcjson -lsodium $(ZLIB)

bench-ws: $B/bench/ws/ws
	@$< $B/bench/ws.json

bench-store: all $B/bench/load/load
	@$B/bench/load/load $B/bench/store.json durable live

test: $(BENCH_PROGRAMS)

.PHONY: bench-ws bench-store
