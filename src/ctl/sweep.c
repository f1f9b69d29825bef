#include <stdio.h>
#include <sysexits.h>

#include "ctl/ctl.h"
#include "sys/roster.h"

int
ctl_sweep(int argc, char **argv)
{
	size_t count;

	(void)argv;
	if (argc > 0)
		ctl_misuse("sweep");
	count = ctl_enter() ? roster_sweep() : 0;
	if (count > 0)
		printf("removed %zu\n", count);
	return EX_OK;
}
