"""Loaded logs and their analyses, kept in the memory of this process so that a new filter answers at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class WeightedCache(Generic[Value]):
    """Keeps what was used last, up to a total weight; makes each value once, however many ask for it.

    Args:
        capacity: the greatest total weight; a single heavier value is kept alone.
        weigh: the weight of a value.
    """

    def __init__(self, capacity: int, weigh: Callable[[Value], int]) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            value = make()
            with self._lock:
                self._values[key] = value
                self._making.pop(key, None)
                self._shrink()
        return value

    def drop(self, unwanted: Callable[[Hashable], bool]) -> None:
        """Forget the values of some keys."""
        with self._lock:
            for key in [key for key in self._values if unwanted(key)]:
                del self._values[key]

    def _shrink(self) -> None:
        total = sum(self._weigh(value) for value in self._values.values())
        while total > self._capacity and len(self._values) > 1:
            _key, dropped = self._values.popitem(last=False)
            total -= self._weigh(dropped)
