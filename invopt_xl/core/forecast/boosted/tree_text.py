"""The check of a LightGBM model text before it is read: see `learned.py` for why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from invopt_xl.errors import InputError

#: More leaves than any tree fitted here has.
_MOST_LEAVES = 4096


def check_tree_text(text: str, *, features: Sequence[str], where: str) -> None:
    """Raise InputError unless the text is a model over these features whose trees are sound.

    Parameters
    ----------
    text : str
        From `Booster.model_to_string`.
    features : sequence of str
    where : str
        What to call it in the message.
    """
    head, _, rest = text.partition("\n\n")
    entries = _entries(head)
    names = entries.get("feature_names", "").split(" ")
    if head.split("\n", 1)[0] != "tree" or names != list(features):
        raise _damaged(where, "its head")
    if entries.get("max_feature_idx") != str(len(features) - 1) or entries.get("num_tree_per_iteration") != "1":
        raise _damaged(where, "its head")
    if entries.get("num_class") != "1" or len(entries.get("feature_infos", "").split(" ")) != len(features):
        raise _damaged(where, "its head")
    try:
        sizes = [int(size) for size in entries.get("tree_sizes", "").split()]
    except ValueError:
        raise _damaged(where, "its tree sizes") from None
    data, start = rest.encode(), 0
    for number, size in enumerate(sizes):
        block = data[start : start + size].decode(errors="replace")
        if size <= 0 or not block.startswith(f"Tree={number}\n"):
            raise _damaged(where, f"tree {number}")
        try:
            sound = _is_sound(_entries(block), len(features))
        except ValueError:
            sound = False
        if not sound:
            raise _damaged(where, f"tree {number}")
        start += size
    if not data[start:].startswith(b"end of trees\n"):
        raise _damaged(where, "the end of its trees")


def _damaged(where: str, what: str) -> InputError:
    return InputError(f"Saved models: {where}: {what} is damaged. Fit the models again (run without saved models).")


def _entries(block: str) -> dict[str, str]:
    """Return the lines "key=value" of a block."""
    return {found[1]: found[2] for found in re.finditer(r"^(\w+)=(.*)$", block, flags=re.MULTILINE)}


def _is_sound(tree: dict[str, str], features: int) -> bool:
    leaves, cats = int(tree.get("num_leaves", "-1")), int(tree.get("num_cat", "-1"))
    if not 1 <= leaves <= _MOST_LEAVES or cats < 0 or int(tree.get("is_linear", "0")) != 0:
        return False
    nodes = leaves - 1
    if len(_floats(tree, "leaf_value")) != leaves:
        return False
    if nodes == 0:
        return True
    split, kinds = _integers(tree, "split_feature"), _integers(tree, "decision_type")
    left, right, cuts = _integers(tree, "left_child"), _integers(tree, "right_child"), _floats(tree, "threshold")
    if {len(split), len(kinds), len(left), len(right), len(cuts), len(_floats(tree, "split_gain"))} != {nodes}:
        return False
    for name in ("leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count"):
        if len(_floats(tree, name)) not in ((leaves,) if name.startswith("leaf") else (nodes,)):
            return False
    if not all(0 <= feature < features for feature in split):
        return False
    # every node but the root, and every leaf, is the child of exactly one node before it: a tree, without a way back
    children = [child for pair in zip(left, right, strict=True) for child in pair]
    if sorted(children) != [*range(-leaves, 0), *range(1, nodes)]:
        return False
    if any(0 <= child <= node for node in range(nodes) for child in (left[node], right[node])):
        return False
    return _categories_are_sound(tree, cats, kinds, cuts)


def _categories_are_sound(tree: dict[str, str], cats: int, kinds: list[int], cuts: list[float]) -> bool:
    """Of a node that splits by category (lowest bit of its kind), the threshold is the number of a set within the boundaries."""
    chosen = [cut for kind, cut in zip(kinds, cuts, strict=True) if kind & 1]
    if not chosen:
        return True
    bounds, words = _integers(tree, "cat_boundaries"), _integers(tree, "cat_threshold")
    rising = all(one < other for one, other in pairwise(bounds))
    inside = all(0 <= cut < cats and cut == int(cut) for cut in chosen)
    return len(bounds) == cats + 1 and bounds[0] == 0 and bounds[-1] == len(words) and rising and inside


def _integers(tree: dict[str, str], name: str) -> list[int]:
    return [int(text) for text in tree.get(name, "").split()]


def _floats(tree: dict[str, str], name: str) -> list[float]:
    return [float(text) for text in tree.get(name, "").split()]
