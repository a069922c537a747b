"""Accuracy of the rules engine on labelled records, held by floors: `make accuracy`. See docs/evaluation.md."""
