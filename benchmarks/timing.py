"""Comparing the time of two ways to do something."""

import gc
import time


def best_of(times, *functions, clock=time.perf_counter):
    """The shortest time of each function, in seconds.

    They take turns, so that whatever else the machine does slows all of them down.

    :param int times: how often each is called
    :param clock: what tells the time; ``time.process_time`` for this process alone
    :return: list of pairs (seconds, result of the last call)
    """
    seconds, results = [float("inf")] * len(functions), [None] * len(functions)
    for _ in range(times):
        for index, function in enumerate(functions):
            gc.collect()
            start = clock()
            results[index] = function()
            seconds[index] = min(seconds[index], clock() - start)
    return list(zip(seconds, results, strict=True))
