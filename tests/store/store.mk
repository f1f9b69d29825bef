# The store's tests; included by tests/tests.mk.
$B/store/groups: tests/store/groups.c $(patsubst %,$B/store/%.o,statements sql db db_find) $B/chat/name.o $B/base/buf.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

test: $B/store/groups
