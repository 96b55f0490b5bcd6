"""The kernels of numerics in numpy."""

import numpy as np

from protocol import serve


def fill(method):
    def make(variant, length):
        generator = np.random.Generator(np.random.Philox(1))
        out = np.empty(length)
        state = generator.bit_generator.state

        def run():
            generator.bit_generator.state = state
            getattr(generator, method)(out=out)
            return [out.mean(), (out * out).mean()]

        return run

    return make


def elementary(function):
    def make(variant, x):
        out = np.empty_like(x)
        return lambda: function(x, out=out)

    return make


def dot(variant, x, y, calls):
    def run():
        for _ in range(calls):
            value = np.dot(x, y)
        return value

    return run


def axpy(variant, x, y, calls):
    from scipy.linalg.blas import daxpy

    def run():
        for k in range(calls):
            daxpy(x, y, a=0.5 if k % 2 == 0 else -0.5)  # in place
        return y

    return run


def gemv(variant, a, x, calls, transpose):
    count, d, _ = a.shape
    y = np.empty((count, d))
    one = a[0]

    def batched():
        for _ in range(calls):
            np.matmul(a, x[:, :, None], out=y[:, :, None])
        return y

    def batched_transposed():
        for _ in range(calls):
            np.matmul(x[:, None, :], a, out=y[:, None, :])
        return y

    def single():
        for _ in range(calls):
            np.dot(one, x[0], out=y[0])
        return y

    return batched_transposed if transpose else single if count == 1 else batched


def gemm(variant, a, b):
    c = np.empty_like(a)
    return lambda: np.matmul(a, b, out=c)


def syrk(variant, a):
    c = np.empty_like(a)
    return lambda: np.matmul(a, a.T, out=c)  # by dsyrk


def cholesky(variant, a):
    return lambda: np.linalg.cholesky(a)


def invert(variant, a):
    return lambda: np.linalg.inv(a)


def symmetric_eigen(variant, a):
    return lambda: np.linalg.eigh(a)[0]


def svd(variant, a):
    return lambda: np.linalg.svd(a, full_matrices=False)[1]


if __name__ == "__main__":
    serve(
        {
            "uniforms": fill("random"),
            "normals": fill("standard_normal"),
            "sin": elementary(np.sin),
            "exp": elementary(np.exp),
            "dot, 1000": dot,
            "axpy, 1000": axpy,
            "gemv with Aᵀ, 10 of 20 × 20": gemv,
            "gemv, 1 of 1000 × 1000": gemv,
            "spmv, 1000 × 1000": gemv,
            **{f"gemm, {n} × {n}": gemm for n in (32, 64, 128, 256, 512, 1000)},
            "syrk, 1000 × 1000": syrk,
            "cholesky, 1000 × 1000": cholesky,
            "invert, 1000 × 1000": invert,
            **{f"symmetricEigen, {n} × {n}": symmetric_eigen for n in (64, 512)},
            **{f"svd, {n} × {n}": svd for n in (64, 512)},
        }
    )
