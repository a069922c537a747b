"""The client against stand-ins for the API that others wrote: `make test-peers`. See README.md."""
