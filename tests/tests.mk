# Included by the Makefile.

UNIT = sha1 base64 utf8 frame http handshake ws buf scan name id json msg record inbox outbox seen session
.PHONY: check test
