#ifndef SESSION_LOOP_H
#define SESSION_LOOP_H

#include "sys/conf.h"
#include "sys/io.h"
#include "sys/peer.h"

/* Serves the connection to its end. `error` is an errno if the service can't take anyone: then that is the answer.
 * Returns an exit status of sysexits(3). */
int loop_run(const struct conf *conf, struct io *io, const struct peer *peer, int error);

#endif
