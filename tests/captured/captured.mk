# The program that plays a captured session; included by tests/tests.mk.
CAPTURED = $(addprefix $B/,$(addsuffix .o,sys/sandbox sys/roster sys/roster_endpoint sys/spool chat/name chat/record chat/id $(BASE:%=base/%)))

$B/captured/captured: $(wildcard tests/captured/*.c) tests/captured/attempts.h $(CAPTURED)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c %.o,$^) -lsodium

test: $B/captured/captured
