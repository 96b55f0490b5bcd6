"""
Full runs of PyPI's `dagma` and `gcastle` on a covariance problem of ours: CPU seconds, for the table of goals. By hand, in an
environment with dagma 1.1.1 and gcastle 1.0.4 (which bring PyTorch): python3 benchmarks/peers/dag-sa-pypi.py dagma 50
"""

import logging
import os
import sys
from time import process_time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np

logging.disable(logging.CRITICAL)
method, d = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
lower = np.tril(rng.random((d, d)) < 2 / (d - 1), -1)
B = lower * rng.uniform(0.05, 1, (d, d)) * rng.choice([-1, 1], (d, d))
X = rng.normal(size=(5000, d)) @ np.linalg.inv(np.eye(d) - B)
if method == "dagma":
    from dagma.linear import DagmaLinear

    run = lambda: DagmaLinear("l2").fit(X.copy(), s=[1.0, 0.9, 0.8, 0.7, 0.6])
else:
    from castle.algorithms.gradient.notears.linear import Notears

    run = lambda: Notears().learn(X)
start = process_time()
run()
print(f"{method}, d = {d}: {process_time() - start:.2f} CPU s")
