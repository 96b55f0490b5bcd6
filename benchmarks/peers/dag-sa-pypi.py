"""Whole runs of PyPI's `dagma` and `gcastle`, as their users call them, on rows of ours."""

import contextlib
import logging
import os

logging.disable(logging.CRITICAL)

from castle.algorithms.gradient.notears.linear import Notears
from dagma.linear import DagmaLinear

from protocol import serve


def quiet(run):
    """Their progress bars and messages would be taken for replies."""

    def silent():
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            return run()

    return silent


def dagma(X):
    # `s` is given because the package changes its default list in place from one fit to the next.
    return DagmaLinear("l2").fit(X.copy(), s=[1.0, 0.9, 0.8, 0.7, 0.6])


def notears(X):
    learner = Notears()
    learner.learn(X.copy())
    return learner.weight_causal_matrix


def whole(variant, X, **_):
    learn = {"dagma": dagma, "notears": notears}[variant]
    return quiet(lambda: learn(X))


if __name__ == "__main__":
    serve({"to 0.1 f*, d = 100, two turns": whole, "DAGMA, d = 50, two turns": whole})
