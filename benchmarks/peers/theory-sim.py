"""
LocalSGD, SCAFFOLD (option II) and minibatch SGD on quadratics in numpy, written as someone would who wants numpy to win:
nothing is allocated in a loop, no Python loop runs over clients unless that is faster, η is folded into H and b before the
loop, clients whose Hessians are all Λ get no matrices.
"""

from time import perf_counter

import numpy as np

from protocol import serve

METHODS = ["minibatchSgd", "localSgd", "scaffold"]
DIVERGED = 99.0
FACTOR = 1e6


class SameLoops:
    """One run at a time; all clients make a step in one call."""

    def __init__(self, H, b, rho, K):
        n, d = b.shape
        self.n, self.d, self.K, self.rho = n, d, K, rho
        self.H, self.b = H, b
        self.mean_H = H.mean(axis=0)
        self.lam = np.diagonal(self.mean_H).copy()
        self.same = np.abs(H - np.diag(self.lam)).max() < 1e-12
        self.eta_H = np.empty(d) if self.same else np.empty_like(H)
        self.eta_b = np.empty_like(b)
        self.Y, self.G, self.S, self.shift = (np.empty((n, d)) for _ in range(4))
        self.controls, self.delta = np.empty((n, d)), np.empty((n, d))
        self.Y3, self.G3 = self.Y[:, :, None], self.G[:, :, None]
        self.g, self.s = np.empty(d), np.empty(d)

    def gradient(self, x):
        np.multiply(self.lam, x, out=self.g)
        if self.rho:
            np.sin(x, out=self.s)
            np.multiply(self.s, self.rho, out=self.s)
            np.subtract(self.g, self.s, out=self.g)
        return self.g

    def local_steps(self, x, eta_shift, eta_rho):
        """K times y ← y − η(Hy + b + shift − ρ sin y) from x, all clients together."""
        Y, G, S = self.Y, self.G, self.S
        Y[:] = x
        for _ in range(self.K):
            if self.same:
                np.multiply(self.eta_H, Y, out=G)
            else:
                np.matmul(self.eta_H, self.Y3, out=self.G3)
            np.add(G, eta_shift, out=G)
            if eta_rho:
                np.sin(Y, out=S)
                np.multiply(S, eta_rho, out=S)
                np.subtract(G, S, out=G)
            np.subtract(Y, G, out=Y)

    def run(self, method, eta, x0, R):
        """The server's last point, or None."""
        K = self.K
        x = x0.copy()
        limit = FACTOR * max(1.0, np.sqrt(x @ x))
        if method != "minibatchSgd":
            np.multiply(self.lam if self.same else self.H, eta, out=self.eta_H)
            np.multiply(self.b, eta, out=self.eta_b)
        if method == "scaffold":
            self.controls.fill(0)
            c = np.zeros(self.d)
        for _ in range(R):
            if method == "minibatchSgd":
                x -= eta * self.gradient(x)
            elif method == "localSgd":
                self.local_steps(x, self.eta_b, eta * self.rho)
                np.mean(self.Y, axis=0, out=x)
            else:
                np.subtract(c, self.controls, out=self.delta)  # c − c_i
                np.multiply(self.delta, eta, out=self.shift)
                np.add(self.shift, self.eta_b, out=self.shift)
                self.local_steps(x, self.shift, eta * self.rho)
                # c_i⁺ = (x − y_i)/(Kη) − (c − c_i)
                np.subtract(x, self.Y, out=self.controls)
                np.multiply(self.controls, 1 / (K * eta), out=self.controls)
                np.subtract(self.controls, self.delta, out=self.controls)
                np.mean(self.controls, axis=0, out=c)
                np.mean(self.Y, axis=0, out=x)
            if not x @ x <= limit * limit:
                return None
        return x


class Best:
    """
    Runs with other step sizes, and the two local methods, ride in the columns of one product H_i Y with Y [d, m], and
    configurations in its batch. `order` says whether all clients step together or each makes its K steps while its data is
    in the cache. Step sizes that have diverged for all are dropped.
    """

    def __init__(self, H, b, rho, K, etas, order):
        self.K, self.rho, self.order = K, rho, order
        # [n, configurations, …]: a client's data stands together.
        self.H = np.ascontiguousarray(H.transpose(1, 0, 2, 3))
        self.b = np.ascontiguousarray(b.transpose(1, 0, 2))[..., None]
        self.etas = etas
        self.lam = np.diagonal(H.mean(axis=(0, 1)))

    def minibatch(self, x0, R, limit):
        x = np.repeat(x0[:, None], self.etas.size, axis=1)
        alive = np.ones(self.etas.size, dtype=bool)
        eta_lam = self.lam[:, None] * self.etas
        eta_rho = self.rho * self.etas
        g, s = np.empty_like(x), np.empty_like(x)
        for _ in range(R):
            np.multiply(eta_lam, x, out=g)
            if self.rho:
                np.multiply(np.sin(x, out=s), eta_rho, out=s)
                np.subtract(g, s, out=g)
            np.subtract(x, g, out=x)
            alive &= np.einsum("dm,dm->m", x, x) <= limit * limit
        return x, alive

    def steps(self, H, Y, G, S, eta, eta_shift, eta_rho):
        for _ in range(self.K):
            np.matmul(H, Y, out=G)
            np.multiply(G, eta, out=G)
            np.add(G, eta_shift, out=G)
            if self.rho:
                np.multiply(np.sin(Y, out=S), eta_rho, out=S)
                np.subtract(G, S, out=G)
            np.subtract(Y, G, out=Y)

    def local(self, x0, R, limit):
        """Columns [localSgd at all η | scaffold at all η]: server points [configurations, d, 2·η], alive."""
        n, k, d, _ = self.H.shape
        every = self.etas.size
        final = np.zeros((k, d, 2 * every))
        alive = np.ones((k, 2 * every), dtype=bool)
        live = np.arange(every)
        x = np.repeat(np.repeat(x0[None, :, None], k, axis=0), 2 * every, axis=2)
        controls = np.zeros((n, k, d, every))
        c = np.zeros((k, d, every))
        sizes = None
        with np.errstate(all="ignore"):
            for _ in range(R):
                m = live.size
                if sizes != m:
                    sizes = m
                    eta = np.tile(self.etas[live], 2)
                    eta_rho = self.rho * eta
                    eta_b = self.b * eta
                    Y, G, S = (np.empty((n, k, d, 2 * m)) for _ in range(3))
                    shift, delta = eta_b.copy(), np.empty((n, k, d, m))
                    scale = 1 / (self.K * eta[m:])
                np.subtract(c, controls, out=delta)
                np.multiply(delta, eta[m:], out=shift[..., m:])
                np.add(shift[..., m:], eta_b[..., m:], out=shift[..., m:])
                Y[:] = x
                if self.order == "lockstep":
                    self.steps(self.H, Y, G, S, eta, shift, eta_rho)
                else:
                    for i in range(n):
                        self.steps(self.H[i], Y[i], G[0], S[0], eta, shift[i], eta_rho)
                np.subtract(x[..., m:], Y[..., m:], out=controls)
                np.multiply(controls, scale, out=controls)
                np.subtract(controls, delta, out=controls)
                np.mean(controls, axis=0, out=c)
                np.mean(Y, axis=0, out=x)
                columns = np.concatenate([live, every + live])
                alive[:, columns] &= np.einsum("kdm,kdm->km", x, x) <= limit * limit
                keep = alive[:, live].any(axis=0) | alive[:, every + live].any(axis=0)
                if not keep.all():
                    live = live[keep]
                    x = np.ascontiguousarray(x[..., np.tile(keep, 2)])
                    controls = np.ascontiguousarray(controls[..., keep])
                    c = np.ascontiguousarray(c[..., keep])
        final[..., np.concatenate([live, every + live])] = x
        return final, alive


def logs(norms2, alive):
    with np.errstate(all="ignore"):
        return np.where(alive, np.log10(norms2), DIVERGED)


def e1(variant, H, b, etas, x0, rho, K, R):
    def same():
        out = np.full((len(H), 3, etas.size), DIVERGED)
        for q, runner in enumerate(runners):
            for m, method in enumerate(METHODS):
                for e, eta in enumerate(etas):
                    x = runner.run(method, eta, x0, R)
                    if x is not None:
                        g = runner.gradient(x)
                        out[q, m, e] = np.log10(g @ g)
        return out

    def best_of(order):
        best = Best(H, b, rho, K, etas, order)
        limit = FACTOR * max(1.0, np.sqrt(x0 @ x0))

        def run():
            out = np.empty((len(H), 3, etas.size))
            with np.errstate(all="ignore"):
                x, alive = best.minibatch(x0, R, limit)
                gradient = best.lam[:, None] * x - rho * np.sin(x)
                out[:, 0] = logs(np.einsum("dm,dm->m", gradient, gradient), alive)
                x, alive = best.local(x0, R, limit)
                gradient = best.lam[:, None] * x - rho * np.sin(x)
                both = logs(np.einsum("kdm,kdm->km", gradient, gradient), alive)
            out[:, 1], out[:, 2] = both[:, : etas.size], both[:, etas.size :]
            return out

        return run

    if variant == "same":
        runners = [SameLoops(H[q], b[q], rho, K) for q in range(len(H))]
        return same
    return fastest([best_of("lockstep"), best_of("clients")])


def fastest(runs, times=3):
    """Of several ways to do the work the one that is fastest here."""

    def cost(run):
        seconds = []
        for _ in range(times):
            start = perf_counter()
            run()
            seconds.append(perf_counter() - start)
        return min(seconds)

    return min(runs, key=cost)


def rounds(variant, H, b, x0, eta, K, R, method):
    """R rounds of one method."""
    name = METHODS[method]
    runner = SameLoops(H, b, 0, K)
    return lambda: runner.run(name, eta, x0, R)


def large_round(variant, H, b, x0, eta, K, method):
    """One round from x0 on matrices that no cache holds: all clients step together, or each makes its K steps."""
    n, d = b.shape
    Y, G, shift = (np.empty((n, d)) for _ in range(3))
    controls, c, g = np.zeros((n, d)), np.zeros(d), np.empty(d)
    scaffold = METHODS[method] == "scaffold"

    def steps(products):
        controls.fill(0)
        c.fill(0)
        if scaffold:
            np.subtract(c, controls, out=shift)
            np.add(shift, b, out=G)
            summand = G.copy()
        else:
            summand = b
        Y[:] = x0
        products(summand)
        x = Y.mean(axis=0)
        if scaffold:
            np.subtract(x0, Y, out=controls)
            np.multiply(controls, 1 / (K * eta), out=controls)
            np.subtract(controls, shift, out=controls)
            np.mean(controls, axis=0, out=c)
        return x

    def together(summand):
        for _ in range(K):
            np.matmul(H, Y[:, :, None], out=G[:, :, None])
            np.add(G, summand, out=G)
            np.multiply(G, eta, out=G)
            np.subtract(Y, G, out=Y)

    def one_by_one(summand):
        for i in range(n):
            y = Y[i]
            for _ in range(K):
                np.dot(H[i], y, out=g)
                np.add(g, summand[i], out=g)
                np.multiply(g, eta, out=g)
                np.subtract(y, g, out=y)

    return fastest([lambda: steps(together), lambda: steps(one_by_one)], 1)


def quartic_table(variant, a, orders, once, eta, outer, clip, jump, c0, c1, batch, best):
    """
    Shuffling methods on mean (x − a)⁴ from x = 1000; f − f* is taken after every epoch. The orders are given, so that
    results agree; reshuffling draws one of its own beside, as it would have to.
    """
    seeds, epochs, rows = orders.shape
    batch = int(batch)
    starts = range(0, rows, batch)
    sizes = [min(batch, rows - start) for start in starts]
    orders = orders.astype(np.int64)
    draw = np.random.default_rng(0).permutation
    fixed = a[orders[:, 0]]
    best_value = np.mean((best - a) ** 4)

    def one_by_one():
        out = np.empty((eta.size, seeds, 2))
        u, v = np.empty(rows), np.empty(rows)
        views = [(u[:size], v[:size]) for size in sizes]
        for row in range(eta.size):
            for seed in range(seeds):
                x = 1000.0
                for epoch in range(epochs):
                    if once[row]:
                        points = fixed[seed]
                    else:
                        draw(rows)
                        points = a[orders[seed, epoch]]
                    start, total = x, 0.0
                    for at, size, (w, w2) in zip(starts, sizes, views):
                        np.subtract(x, points[at : at + size], out=w)
                        np.multiply(w, w, out=w2)
                        h = 4 * np.dot(w2, w) / size
                        total += h * size / rows
                        step = eta[row]
                        if clip[row] and abs(h) > clip[row]:
                            step *= clip[row] / abs(h)
                        x -= step * h
                    if outer[row]:
                        x = start - outer[row] * total
                    elif jump[row]:
                        x = start - total / (c0 + c1 * abs(total))
                    np.subtract(x, a, out=u)
                    np.multiply(u, u, out=v)
                    gap = np.dot(v, v) / rows - best_value
                    if epoch == 4:
                        out[row, seed, 1] = np.log10(gap)
                out[row, seed, 0] = x
        return out

    def all_seeds():
        out = np.empty((eta.size, seeds, 2))
        us = [np.empty((seeds, size)) for size in (batch, sizes[-1])]
        vs = [np.empty_like(u) for u in us]
        wide, wide2 = np.empty((seeds, rows)), np.empty((seeds, rows))
        for row in range(eta.size):
            x = np.full(seeds, 1000.0)
            for epoch in range(epochs):
                if once[row]:
                    points = fixed
                else:
                    for _ in range(seeds):
                        draw(rows)
                    points = a[orders[:, epoch]]
                start, total = x.copy(), np.zeros(seeds)
                for at, size in zip(starts, sizes):
                    u, v = (us[0], vs[0]) if size == batch else (us[1], vs[1])
                    np.subtract(x[:, None], points[:, at : at + size], out=u)
                    np.multiply(u, u, out=v)
                    h = np.einsum("ij,ij->i", v, u) * (4 / size)
                    total += h * (size / rows)
                    if clip[row]:
                        x -= eta[row] * h * np.minimum(1, clip[row] / np.abs(h))
                    else:
                        x -= eta[row] * h
                if outer[row]:
                    x = start - outer[row] * total
                elif jump[row]:
                    x = start - total / (c0 + c1 * np.abs(total))
                np.subtract(x[:, None], a, out=wide)
                np.multiply(wide, wide, out=wide2)
                gap = np.einsum("ij,ij->i", wide2, wide2) / rows - best_value
                if epoch == 4:
                    out[row, :, 1] = np.log10(gap)
            out[row, :, 0] = x
        return out

    return one_by_one if variant == "same" else all_seeds


def quartic_clients(variant, points, x0, alpha, c0, c1, tau, R):
    """
    Clip-LocalGDJ on mean ‖x − a‖⁴ by client. 'best' expands ‖y − a‖² = ‖y‖² − 2⟨a, y⟩ + ‖a‖², two products a local step;
    'moments' has the mean quartic as a polynomial, one product, as ours; 'twice' makes two runs of the best.
    """
    n, count, d = points.shape
    means = points.mean(axis=1)
    centred = points - means[:, None]
    C = np.matmul(centred.transpose(0, 2, 1), centred) / count
    squares = np.einsum("nid,nid->ni", centred, centred)
    s = squares.mean(axis=1)[:, None]
    third = np.einsum("ni,nid->nd", squares, centred) / count
    u = np.empty((n, d))
    norms = np.einsum("nid,nid->ni", points, points)
    turned = np.ascontiguousarray(points.transpose(0, 2, 1))
    Y, G, D = (np.empty((n, d)) for _ in range(3))
    W, r = np.empty((n, count)), np.empty((n, count))
    tau, R = int(tau), int(R)

    def together(x):
        Y[:] = x
        D.fill(0)
        for _ in range(tau):
            np.matmul(points, Y[:, :, None], out=W[:, :, None])
            np.multiply(W, -2, out=r)
            np.add(r, norms, out=r)
            np.add(r, np.einsum("nd,nd->n", Y, Y)[:, None], out=r)
            np.matmul(r[:, None, :], points, out=G[:, None, :])
            np.multiply(Y, r.sum(axis=1)[:, None], out=W[:, :d] if d == count else np.empty_like(Y))
            np.subtract(W, G, out=G)
            np.multiply(G, 4 / count, out=G)
            np.add(D, G, out=D)
            np.multiply(G, alpha, out=G)
            np.subtract(Y, G, out=Y)

    def one_by_one(x):
        D.fill(0)
        w, g = np.empty(count), np.empty(d)
        for i in range(n):
            y = Y[i]
            y[:] = x
            for _ in range(tau):
                np.dot(points[i], y, out=w)
                np.multiply(w, -2, out=w)
                np.add(w, norms[i], out=w)
                np.add(w, np.dot(y, y), out=w)
                np.dot(turned[i], w, out=g)
                np.subtract(w.sum() * y, g, out=g)
                np.multiply(g, 4 / count, out=g)
                np.add(D[i], g, out=D[i])
                np.multiply(g, alpha, out=g)
                np.subtract(y, g, out=y)

    def moments(x):
        Y[:] = x
        D.fill(0)
        for _ in range(tau):
            np.subtract(Y, means, out=u)
            np.matmul(C, u[:, :, None], out=G[:, :, None])
            np.multiply(G, 2, out=G)
            np.subtract(G, third, out=G)
            np.multiply(u, np.einsum("nd,nd->n", u, u)[:, None] + s, out=u)
            np.add(G, u, out=G)
            np.multiply(G, 4, out=G)
            np.add(D, G, out=D)
            np.multiply(G, alpha, out=G)
            np.subtract(Y, G, out=Y)

    def run(steps):
        x = x0.copy()
        for _ in range(R):
            steps(x)
            g = D.mean(axis=0) / tau
            x -= g / (c0 + c1 * np.sqrt(g @ g))
        return x

    if variant == "moments":
        return lambda: run(moments)
    best = fastest([lambda: run(together), lambda: run(one_by_one)], 1)
    return (lambda: best() + best()) if variant == "twice" else best


if __name__ == "__main__":
    serve(
        {
            "quartic table, one dimension": quartic_table,
            "quartic, ten clients, d = 100": quartic_clients,
            "quartic, ten clients, d = 100, two workers": quartic_clients,
            "E1, quadratic rows": e1,
            "E1, rows with ρ = 0.05": e1,
            "LocalSGD, n = 10, d = 20": rounds,
            "SCAFFOLD, n = 10, d = 20": rounds,
            "minibatch SGD, n = 10, d = 20": rounds,
            "LocalSGD, n = 100, d = 1000": large_round,
            "SCAFFOLD, n = 100, d = 1000": large_round,
        }
    )
