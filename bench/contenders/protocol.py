"""What the contenders in Python share: answers, timings, and their use of the machine (../protocol.ts)."""

import json
import resource
import sys
import time


def answer(**message):
    print(json.dumps(message), flush=True)


def probe(result, probes=16):
    count = min(len(result), probes)
    return [float(result[i * len(result) // count]) for i in range(count)]


def timed(job, times):
    start = time.perf_counter()
    for _ in range(times):
        job()
    return (time.perf_counter() - start) * 1e3 / times


def sample(job, once, warmup, budget, together=1):
    """The milliseconds of each repetition; short ones are timed in groups of at least a millisecond."""
    lately = once
    warm = time.perf_counter() + warmup / 1e3
    while lately < warmup and time.perf_counter() < warm:
        lately = timed(job, max(1, round(together / lately)))
    times = max(1, round(together / lately))
    milliseconds = []
    end = time.perf_counter() + budget / 1e3
    while True:
        milliseconds.append(timed(job, times))
        if time.perf_counter() >= end:
            return milliseconds


def most_memory():
    """On Linux ru_maxrss includes what the parent had when it started this process; VmHWM starts anew."""
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="utf8") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def usage(before=0.0):
    """The processor time since then, in milliseconds, and the most bytes of memory so far."""
    return {"processor": (time.process_time() - before) * 1e3, "memory": most_memory()}
