# chat.socket: `make run` to try it, `make test` to check it, `make install` to have it.

VERSION = 0.1.0
PREFIX = /usr/local
DESTDIR =
PORT = 8080
TIME = 60
B = build

CC = gcc
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wvla $(if $(CI),-Werror)
HARDENING = -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc -MMD -MP $(WARNINGS) $(HARDENING) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS)

# What each program is made of, and what it links.
WS = base64 deflate extension frame handshake http sha1 utf8 ws
BASE = address array buf clock log origin scan usage
CHAT = greeting id json jwt login msg name record rows text
SYS = ask_auth bus conf io peer roster roster_endpoint sandbox signals spool status token watch wire
SESSION = main loop loop_act session request door forwarded bearer post talk password hear sent unsaved keeper course ask chain confirms inbox outbox recall seen
SYS_STORE = bus conf roster roster_endpoint sandbox signals spool status token wire
DB = statements sql db db_find db_look
STORE = main group adopt desk missing question remind reply $(DB)
AUTH = main request judge ledger passwd throttle
CTL = main bus client who send kick ping sweep store history users passwords keep tokens

SESSION_OBJECTS = $(SESSION:%=$B/session/%.o) $B/session/page.o $(SYS:%=$B/sys/%.o) $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o)
STORE_OBJECTS = $(STORE:%=$B/store/%.o) $(SYS_STORE:%=$B/sys/%.o) $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o)
AUTH_OBJECTS = $(AUTH:%=$B/auth/%.o) $B/sys/conf.o $B/sys/token.o $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o)
CTL_OBJECTS = $(CTL:%=$B/ctl/%.o) $(DB:%=$B/store/%.o) $B/auth/passwd.o $B/sys/bus.o $B/sys/wire.o $B/sys/conf.o $B/sys/roster.o $B/sys/roster_endpoint.o $B/sys/spool.o $B/sys/token.o $(CHAT:%=$B/chat/%.o) $(BASE:%=$B/base/%.o)

# nng is linked in, not loaded: so that what it does wrong can be mended (the end of src/sys/wire.c) and what it starts
# without need is left out.
NNG = -Wl,--wrap=nni_plat_errno,--wrap=nni_plat_ncpu,--wrap=nni_posix_resolv_sysinit,--wrap=nni_posix_resolv_sysfini \
	-Wl,--wrap=nni_clock,--wrap=pthread_cond_timedwait,--wrap=epoll_ctl,--wrap=nni_plat_thr_set_name \
	-Wl,-Bstatic -lnng -lmbedtls -lmbedx509 -lmbedcrypto -Wl,-Bdynamic
# zlib, too: a library the less to load with each connection.
ZLIB = -Wl,-Bstatic -lz -Wl,-Bdynamic
PROGRAMS = $B/chat-session $B/chat-store $B/chat-auth $B/chatctl $B/examples/echo

all: $(PROGRAMS)

$B/chat-session: $(SESSION_OBJECTS) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -Wl,--gc-sections $(NNG) $(ZLIB) -lcjson -lsodium -lsystemd

$B/chat-store: $(STORE_OBJECTS) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -Wl,--gc-sections $(NNG) -lsqlite3 -lcjson -lsodium -lsystemd

$B/chat-auth: $(AUTH_OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcjson -lsodium

$B/chatctl: $(CTL_OBJECTS) $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -Wl,--gc-sections $(NNG) $(ZLIB) -lsqlite3 -lcjson -lsodium -lsystemd

$B/examples/echo: $B/examples/echo.o $B/libws.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZLIB)

$B/libws.a: $(WS:%=$B/ws/%.o)
	rm -f $@
	$(AR) rcs $@ $^

$B/%.o: src/%.c | $B/.need-build
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/examples/%.o: examples/%/main.c | $B/.need-build
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Isrc/ws -c -o $@ $<

$B/session/page.o: $B/page.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/page.c: src/www/index.html src/www/page.sh | $B/.need-build
	sh src/www/page.sh src/www/index.html $B/page.html >$@.new
	mv $@.new $@

# Set-up: what is missing of Debian's packages is installed, and said first. NEED=no leaves that out.
NEED_BUILD = gcc libc6-dev libsystemd-dev libsodium-dev libnng-dev libmbedtls-dev libcjson-dev libsqlite3-dev zlib1g-dev
NEED_RUN = systemd
NEED_CHECK = libcmocka-dev
NEED_BENCH = libwslay-dev valgrind
NEED_FUZZ = clang-14 libclang-rt-14-dev
NEED_TEST = $(NEED_CHECK) $(NEED_BENCH) $(NEED_FUZZ) busybox caddy chromium chromium-driver dbus fonts-dejavu-core haproxy ipsvd ncat nginx nodejs node-ws openbsd-inetd openssl procps \
	python3-autobahn python3-cryptography python3-jwt python3-pytest python3-selenium python3-websockets python3-wsproto socat strace systemd systemd-container ucspi-tcp-ipv6

define need
	@mkdir -p $B
	@[ "$(NEED)" != no ] && command -v dpkg-query >/dev/null || exit 0; \
	for p in $(1); do \
		dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Missing on this machine, to be installed with apt-get:$$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -qq && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >$B/apt.log || \
		{ tail -5 $B/apt.log; exit 1; }
	@touch $@
endef

$B/.need-build: Makefile
	$(call need,$(NEED_BUILD))

$B/.need-run: Makefile
	$(call need,$(NEED_RUN))

$B/.need-check: Makefile
	$(call need,$(NEED_CHECK))

$B/.need-bench: Makefile
	$(call need,$(NEED_BENCH))

$B/.need-fuzz: Makefile
	$(call need,$(NEED_FUZZ))

$B/.need-test: Makefile
	$(call need,$(NEED_TEST))

run: all $B/.need-run
	@PORT=$(PORT) sh tests/run.sh

# Tests: see tests/README.md.
include tests/tests.mk

# The units that know where the programs are, and those that need not.
UNITS = chat@.service chat-store.service chat-sweep.service chat-auth@.service
UNITS_PLAIN = chat.socket chat.slice chat-auth.socket

install: all
	install -d $(DESTDIR)$(PREFIX)/lib/chat $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -d $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 755 $B/chat-session $B/chat-store $B/chat-auth $(DESTDIR)$(PREFIX)/lib/chat/
	install -m 755 $B/chatctl $(DESTDIR)$(PREFIX)/bin/
	for unit in $(UNITS); do \
		sed -e 's,@LIBEXECDIR@,$(PREFIX)/lib/chat,g' -e 's,@BINDIR@,$(PREFIX)/bin,g' units/$$unit.in >$B/$$unit && \
		install -m 644 $B/$$unit $(DESTDIR)$(PREFIX)/lib/systemd/system/ || exit 1; \
	done
	install -m 644 $(UNITS_PLAIN:%=units/%) $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 units/chat.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chat.conf
	install -m 644 units/chat.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chat.conf
	@[ -n "$(DESTDIR)" ] || ! [ -d /run/systemd/system ] || { \
		systemd-sysusers $(PREFIX)/lib/sysusers.d/chat.conf; \
		systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/chat.conf; \
		systemctl daemon-reload; \
		echo "Now: systemctl enable --now chat.socket"; \
		echo "For passwords, too: systemctl enable --now chat-auth.socket"; }

uninstall:
	@[ -n "$(DESTDIR)" ] || ! [ -d /run/systemd/system ] || systemctl disable --now chat.socket chat-auth.socket 'chat@*' || :
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/chat/,chat-session chat-store chat-auth) $(DESTDIR)$(PREFIX)/bin/chatctl
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/systemd/system/,$(UNITS) $(UNITS_PLAIN))
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/chat.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chat.conf
	-rmdir $(DESTDIR)$(PREFIX)/lib/chat

dist: $B/chat.socket-$(VERSION).tar.gz

$B/chat.socket-$(VERSION).tar.gz: | $B/.need-build
	git archive --prefix=chat.socket-$(VERSION)/ -o $@ HEAD

clean:
	rm -rf $B

-include $(shell find $B -name '*.d' 2>/dev/null)

.PHONY: all run install uninstall dist clean
.DELETE_ON_ERROR:
