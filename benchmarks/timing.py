"""Comparing the time of two ways to do something."""

import gc
import statistics
import time
from dataclasses import dataclass
from typing import Any


@dataclass
class Timed:
    """How long a function took over several calls, in seconds, and what the last one returned."""

    seconds: list
    result: Any = None

    @property
    def best(self):
        return min(self.seconds)

    @property
    def spread(self):
        """By how much the median call is slower than the best one, in percent."""
        return 100 * (statistics.median(self.seconds) / self.best - 1)


@dataclass
class Row:
    """One line of a benchmark: what was done, how it compares, and what it should at most be.

    ``figure`` is a ratio, or where ``unit`` says so something else. Without a ``target`` it only
    informs. ``seconds`` is what ours took.
    """

    title: str
    figure: float
    note: str
    target: float = None
    unit: str = "×"
    seconds: float = None

    @property
    def verdict(self):
        if self.target is None:
            return ""
        # as precise as it is printed
        return "met" if round(self.figure, 2) <= self.target else "not met"

    def __str__(self):
        target = "" if self.target is None else f"; at most {self.target:g}: {self.verdict}"
        return f"{self.title}: {self.figure:.2f} {self.unit} ({self.note}{target})"


def best_of(times, *functions, clock=time.perf_counter):
    """Time each function; they take turns, so that whatever else the machine does slows all down.

    :param int times: how often each is called
    :param clock: what tells the time; ``time.process_time`` for this process alone
    :return: list of ``Timed``
    """
    timed = [Timed([]) for _ in functions]
    for _ in range(times):
        for function, row in zip(functions, timed, strict=True):
            gc.collect()
            start = clock()
            row.result = function()
            row.seconds.append(clock() - start)
    return timed


def compare(title, ours, floor, target, name="stock"):
    """The row of ours against what it is measured by, named ``name``.

    :param Timed ours: its results may be numbers of queries, which are named then
    """
    note = f"{ours.best:.4g} s, {name} {floor.best:.4g} s"
    if isinstance(ours.result, int):
        note += f"; {ours.result:,} queries, {name} {floor.result:,}"
    note += f"; spread {ours.spread:.0f} % and {floor.spread:.0f} %"
    return Row(title, ours.best / floor.best, note, target, seconds=ours.best)
