# The store's tests; included by tests/tests.mk.
$B/store/groups: tests/store/groups.c $(DB:%=$B/store/%.o) $B/chat/name.o $B/base/buf.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

test: $B/store/groups
