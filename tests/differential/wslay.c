/* Feeds the same bytes to libws and to wslay, and compares what they hear. See README.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "rows.h"

#define SHOWN_MAX 5          /* differences without a row, after which there is an end */
#define ENOUGH 100000        /* tapes that each row should be met in */
#define CLOCK_STRIDE 4096    /* tapes between two looks at the clock */

static struct tape tape;
static struct heard libws, wslay;

/* What was heard on the whole: to see that the tapes have enough of everything. */
static uint64_t heard_events[WS_FAIL + 1], heard_fails[65536], heard_bytes;

static void
count(void)
{
	heard_bytes += tape.len;
	for (size_t i = 0; i < libws.count; i++) {
		heard_events[libws.events[i].kind]++;
		if (libws.events[i].kind == WS_FAIL)
			heard_fails[libws.events[i].code]++;
	}
}

static void
show_event(const char *who, const struct heard *h, const struct event *e)
{
	static const char *const names[] = {"MORE", "TEXT", "BINARY", "PING", "PONG", "CLOSE", "FAIL"};

	printf("%s: ", who);
	if (!e) {
		printf("nothing\n");
		return;
	}
	printf("%s %u, %zu bytes, with piece %zu: ", names[e->kind], e->code, e->len, e->piece);
	for (size_t i = 0; i < e->len && i < 64; i++)
		printf("%02x", h->bytes[e->at + i]);
	printf("\n");
}

static void
show(const struct difference *d)
{
	printf("DIFFERENT, and no row of the table explains it: --seed %llu\n", (unsigned long long)tape.seed);
	printf("%s, limit %zu, %zu bytes in %zu pieces:", tape.role == WS_SERVER ? "server" : "client", tape.limit, tape.len, tape.pieces);
	for (size_t i = 0, at = 0; i < tape.pieces; i++) {
		printf(" ");
		if (at == tape.piece_end[i])
			printf("-");
		for (; at < tape.piece_end[i]; at++)
			printf("%02x", tape.bytes[at]);
	}
	printf("\nafter %zu events that are the same,\n", (size_t)(d->libws ? d->libws - libws.events : d->wslay - wslay.events));
	show_event("libws", &libws, d->libws);
	show_event("wslay", &wslay, d->wslay);
}

/* Whether all is well with one tape. */
static bool
try(uint64_t seed)
{
	struct difference d;

	tape_make(&tape, seed);
	heard_libws(&libws, &tape);
	heard_wslay(&wslay, &tape);
	count();
	if (!rows_compare(&d, &libws, &wslay) || rows_explain(&d, &tape, &wslay))
		return true;
	show(&d);
	return false;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
report(uint64_t tapes, double seconds)
{
	printf("%llu streams, %.1f MB, %.0f a second\n", (unsigned long long)tapes, (double)heard_bytes / 1e6, (double)tapes / seconds);
	printf("libws heard %llu texts, %llu binaries, %llu pings, %llu pongs, %llu closes; it failed", (unsigned long long)heard_events[WS_TEXT],
	       (unsigned long long)heard_events[WS_BINARY], (unsigned long long)heard_events[WS_PING],
	       (unsigned long long)heard_events[WS_PONG], (unsigned long long)heard_events[WS_CLOSE]);
	for (unsigned code = 0; code < 65536; code++)
		if (heard_fails[code])
			printf(" %u %llu times", code, (unsigned long long)heard_fails[code]);
	printf("\ndifferences that are explained (README.md):\n");
	rows_print_counts();
}

static int
run(uint64_t seed, uint64_t most, double seconds)
{
	double start = now();
	unsigned shown = 0;
	uint64_t tapes = 0;
	const char *dead;

	printf("--seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	while (tapes < most && shown < SHOWN_MAX && (tapes % CLOCK_STRIDE || seconds <= 0 || now() - start < seconds))
		shown += !try(seed + tapes++);
	report(tapes, now() - start);
	dead = tapes >= ENOUGH ? rows_dead() : NULL;
	if (dead)
		printf("a row that was never met: %s\n", dead);
	return shown || dead ? 1 : 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'}, {"count", required_argument, NULL, 'c'},
		{"time", required_argument, NULL, 't'}, {"table", no_argument, NULL, 'm'}, {0},
	};
	uint64_t seed, most = 0;
	double seconds = 0;
	bool given = false;
	int option;

	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		return 2;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			given = true;
			break;
		case 'c':
			most = strtoull(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtod(optarg, NULL);
			break;
		case 'm':
			rows_print();
			return 0;
		default:
			fprintf(stderr, "wslay [--seed N] [--count N] [--time SECONDS] | --table\n");
			return 2;
		}
	}
	if (most == 0)
		most = seconds > 0 ? UINT64_MAX : given ? 1 : ENOUGH;
	return run(seed, most, seconds);
}
