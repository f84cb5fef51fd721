"""pandas, as one would read a table with it: the same protocol as the contenders in Node (../protocol.ts)."""

import json
import math
import os
import sys
import time

from protocol import answer, probe, sample, usage


def main():
    request = json.loads(sys.argv[-1])
    try:
        import pandas
    except ImportError as error:
        answer(kind="absent", reason=str(error))
        return
    try:
        file = os.path.join(request["folder"], "table.csv")
        results, first, once = [], 0.0, 0.0
        for i in range(request["times"]):
            start = time.perf_counter()
            table = pandas.read_csv(file)
            once = (time.perf_counter() - start) * 1e3
            first += once if i == 0 else 0
            results += probe(table.sum().to_numpy())
        if not all(map(math.isfinite, results)):
            raise ValueError(f"its results are not finite: {results}")
        answer(kind="ready", version=pandas.__version__, threads=1, first=first, results=results, **usage())
        for line in sys.stdin:
            before = time.process_time()
            milliseconds = sample(lambda: pandas.read_csv(file), once, **json.loads(line))
            answer(kind="samples", milliseconds=milliseconds, **usage(before))
    except Exception as error:
        answer(kind="cannot", reason=f"{type(error).__name__}: {error}".split("\n")[0])


main()
