/* load [--brief] [--session PROGRAM] JSON MODE...: puts real sessions and stores under load and measures them; prints tables,
 * and writes JSON. It ends with status 1 if a message is lost, altered, out of order or twice. What it needs of the disk lies
 * beside the JSON. */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"
#include "house.h"
#include "measure.h"
#include "modes.h"
#include "people.h"
#include "scratch.h"

static const struct {
	const char *name;
	void (*run)(bool brief);
} modes[] = {
	{"durable", mode_durable},
	{"live", mode_live},
};

#define MODES (sizeof modes / sizeof *modes)

static size_t
find_mode(const char *name)
{
	for (size_t i = 0; i < MODES; i++)
		if (strcmp(modes[i].name, name) == 0)
			return i;
	errx(64, "%s: no such mode", name);
}

/* What else the machine did: the figures are worth as much as it was alone. */
static void
load_fact(const char *when)
{
	double load;

	if (getloadavg(&load, 1) == 1)
		measure_fact(when, "%.2f", load);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"brief", no_argument, NULL, 'b'}, {"session", required_argument, NULL, 's'}, {0}};
	const char *session = NULL;
	bool brief = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		brief |= option == 'b';
		if (option == 's')
			session = optarg;
		else if (option == '?')
			return 64;
	}
	if (argc - optind < 2)
		errx(64, "usage: load [--brief] [--session PROGRAM] JSON MODE...");
	for (int i = optind + 1; i < argc; i++)
		find_mode(argv[i]);
	scratch_open(argv[optind]);
	house_programs(session);
	people_init();
	measure_fact("processors", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	load_fact("load average before");
	floor_disk();
	for (int i = optind + 1; i < argc; i++)
		modes[find_mode(argv[i])].run(brief);
	load_fact("load average after");
	measure_json(argv[optind]);
	return 0;
}
