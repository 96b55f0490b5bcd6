"""Answers requests as src/contestant.ts does: one line of JSON in, one out."""

import json
import platform
import sys
from time import perf_counter_ns

import numpy as np


def checksum(values):
    """The same sum as `checksum` of src/benchmark.ts."""
    x = np.asarray(values, dtype=np.float64).ravel()
    weights = (np.arange(x.size, dtype=np.uint64) * 2654435761 % 2**32) / 2**32 + 0.5
    terms = weights * x
    return {"sum": terms.sum(), "scale": np.abs(terms).sum()}


def read(folder, inputs):
    """Arrays that the other side wrote, by name; numbers and words as they are."""

    def one(name, shape):
        return shape if isinstance(shape, (int, float, str)) else np.fromfile(f"{folder}/{name}.f64").reshape(shape)

    return {name: one(name, shape) for name, shape in inputs.items()}


def timed(run, ms):
    """At least one call, and as many as fit into `ms`. Times in ns."""
    samples = []
    start = perf_counter_ns()
    while not samples or perf_counter_ns() - start < ms * 1e6:
        before = perf_counter_ns()
        run()
        samples.append(perf_counter_ns() - before)
    return samples


def blas():
    """Name, version and kernels of the linear algebra in use."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {found["name"]: found["version"]}


def serve(works, versions=blas):
    """
    `works` maps a benchmark's name, without the engine at its end, to a function (variant, **inputs) → run; `run()` does
    the work once and returns the result, any array, or a function that makes one and is not timed. `versions()` are
    further ones.
    """
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = (request.get("name"), request.get("variant"))
        try:
            if request["do"] == "prepare":
                prepared[key] = works[key[0].removesuffix(", blas")](key[1], **read(request["folder"], request["inputs"]))
                reply = {}
            elif request["do"] == "check":
                result = prepared[key]()
                reply = checksum(result() if callable(result) else result)
            elif request["do"] == "time":
                reply = {"samples": timed(prepared[key], request["ms"])}
            elif request["do"] == "versions":
                reply = {"versions": {"python": platform.python_version(), "numpy": np.__version__, **versions()}}
            else:
                prepared.clear()
                reply = {}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)
