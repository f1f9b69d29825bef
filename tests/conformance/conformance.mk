# The conformance tests in full: `make test` has them with fewer messages.
conformance: all $B/.need-test
	@CONFORMANCE=full /usr/bin/python3 -B tests/all.py tests/conformance

.PHONY: conformance
