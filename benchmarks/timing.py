"""Comparing the time of two ways to do something."""

import gc
import time


def best_of(times, *functions):
    """The shortest time of each function, in seconds.

    They take turns, so that whatever else the machine does slows all of them down.

    :param int times: how often each is called
    :return: list of pairs (seconds, result of the last call)
    """
    seconds, results = [float("inf")] * len(functions), [None] * len(functions)
    for _ in range(times):
        for index, function in enumerate(functions):
            gc.collect()
            start = time.perf_counter()
            results[index] = function()
            seconds[index] = min(seconds[index], time.perf_counter() - start)
    return list(zip(seconds, results, strict=True))
