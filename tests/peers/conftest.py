"""Nothing here is collected by an ordinary run: the peers are installed from the network, by `make test-peers`."""

import os

collect_ignore_glob = [] if os.environ.get("TEST_PEERS") else ["test_*.py"]
