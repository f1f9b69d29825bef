#ifndef BASE_SCAN_H
#define BASE_SCAN_H

/* Reads a whole text as a decimal number from `least` to `most`. 0, or -1 if it is anything else. */
int scan_number(const char *text, long long least, long long most, long long *number);

/* Reads a whole text as yes or no (yes, no, true, false, on, off, 1, 0, as systemd does). 0, or -1. */
int scan_flag(const char *text, int *flag);

/* Reads a whole text as a time: a number and its unit, which is s, m, h or d, or none for seconds; 1 s to `most`. 0, or -1. */
int scan_seconds(const char *text, long long most, long long *seconds);

#endif
