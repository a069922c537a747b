"""One command's stack: real PostgreSQL and Redis, and the product's processes. Standard library only below the runner.

Nothing here imports Django: settings look here for a running stack before they are read.
"""
