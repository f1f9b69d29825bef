#include "clock.h"

#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

int64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

int64_t
clock_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t
clock_wall_ms(void)
{
	return (uint64_t)read_clock(CLOCK_REALTIME) / 1000;
}

int64_t
clock_sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}
