"""Files that are taken in by themselves: from folders that scanners fill, and from mailboxes."""
