#ifndef BASE_USAGE_H
#define BASE_USAGE_H

/* Answers the arguments of a program that takes none: --version, --help, or misuse. The exit status. */
int usage_answer(const char *program, const char *usage, int argc, char **argv);

#endif
