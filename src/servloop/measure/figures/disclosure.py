"""Small groups in figures that can be asked for by any selection of units, months, channels and segments.

Hiding single entries of one table is not enough when people choose the table: the figure of two channels less that of
one of them is the figure of the other. Here cells are tied once into **atoms** of no rows or of at least k rows, and
every figure that is told is the sum of whole atoms. Whatever somebody adds and subtracts, the outcome is again made of
whole atoms: no group below k can come out. Rows of an atom that lies only partly in a selection are left out of its
figure, and how many is said beside it.

Source of the idea: microaggregation (Defays & Anwar 1998; Willenborg & de Waal, Elements of Statistical Disclosure
Control, 2001), applied to the cells of a table instead of to its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.integer]


def pooled(keys: Sequence[_Ints], n: _Ints, smallest: int) -> npt.NDArray[np.int32]:
    """Tie small cells to their neighbours.

    First over the last dimension (segments of the same unit, month and channel), then over the one before it, and so on:
    what stands first in ``keys`` is mixed last and only where it must be.

    Args:
        keys: codes of each dimension, one array per dimension, each with one entry per cell.
        n: rows of each cell; empty cells stay alone.
        smallest: fewest rows that may be told (k).

    Returns:
        The atom of each cell. With fewer than k rows altogether there is one atom, and it is still small.
    """
    members = {cell: [cell] for cell in np.flatnonzero(n > 0).tolist()}
    rows = {cell: int(n[cell]) for cell in members}
    for level in range(len(keys) - 1, -1, -1):
        small = [atom for atom, count in rows.items() if count < smallest]
        if not small:
            break
        # An atom made below this level has one key above it.
        above = {atom: tuple(int(keys[d][atom]) for d in range(level)) for atom in rows}
        needed = {above[atom] for atom in small}
        groups: dict[tuple[int, ...], list[int]] = {}
        for atom in rows:
            if above[atom] in needed:
                groups.setdefault(above[atom], []).append(atom)
        for group in groups.values():
            for tied in _ties(group, rows, keys[level], smallest):
                first = min(tied)
                members[first] = [cell for atom in tied for cell in members.pop(atom)]
                rows[first] = sum(rows.pop(atom) for atom in tied)
    atoms = np.arange(len(n), dtype=np.int32)
    for atom, cells in members.items():
        atoms[cells] = atom
    return atoms


def _ties(group: Iterable[int], rows: dict[int, int], order: _Ints, smallest: int) -> list[list[int]]:
    """Sets of atoms to be tied: small ones in order until they are enough; the rest joins the smallest large one."""
    ordered = sorted(group, key=lambda atom: (int(order[atom]), atom))
    ties: list[list[int]] = []
    current: list[int] = []
    for atom in ordered:
        if rows[atom] < smallest:
            current.append(atom)
            if sum(rows[one] for one in current) >= smallest:
                ties.append(current)
                current = []
    if current:
        if ties:
            ties[-1].extend(current)
        else:
            large = [atom for atom in ordered if rows[atom] >= smallest]
            if large:
                current.append(min(large, key=lambda atom: (rows[atom], atom)))
            ties.append(current)
    return [tie for tie in ties if len(tie) > 1]
