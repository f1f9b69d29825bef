# The store's tests; included by tests/tests.mk.
$B/store/groups: tests/store/groups.c $(DB:%=$B/store/%.o) $B/chat/name.o $B/base/buf.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

$B/store/many: tests/store/many.c $(DB:%=$B/store/%.o) $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o) $B/ws/utf8.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--gc-sections -o $@ $^ -lsqlite3 -lcjson -lsodium

$B/store/old: tests/store/old.c $B/store/statements.o $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o) $B/ws/utf8.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--gc-sections -o $@ $^ -lsqlite3 -lcjson -lsodium

test: $B/store/groups $B/store/many $B/store/old
