"""Benchmarks: `make bench`, or `python -m tests.bench`. What is measured and how to read it: docs/benchmarks.md."""
