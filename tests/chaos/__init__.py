"""Jobs whose worker is killed, whose queue is lost, whose database goes away. See docs/testing-durability.md."""
