"""One pattern for many names, whose time does not grow with their number."""

import re
from collections.abc import Iterable
from typing import TypeAlias

_Tree: TypeAlias = "dict[str, _Tree]"  # by character
_END = ""  # in a tree: a name ends here


def match_any(names: Iterable[str]) -> str:
    """A pattern, for IGNORECASE, of any of the names, the longest that fits first.

    Names side by side would each be tried at each word; here their common beginnings are tried once.
    """
    tree: _Tree = {}
    for name in names:
        node = tree
        for character in name.lower():
            node = node.setdefault(character, {})
        node[_END] = {}
    return _write(tree)


def _write(tree: _Tree) -> str:
    """A run without forks is one piece, so that what is nested is never deep."""
    ends = _END in tree
    branches = []
    for character, node in sorted(tree.items()):
        if character == _END:
            continue
        run = [character]
        while len(node) == 1 and _END not in node:
            (following,) = node
            run.append(following)
            node = node[following]
        branches.append(re.escape("".join(run)) + _write(node))
    if not branches:
        return ""
    written = branches[0] if len(branches) == 1 and not ends else f"(?:{'|'.join(branches)})"
    return f"{written}?" if ends else written
