"""
CityLearn's steps and folder, the same steps in numpy, HiGHS by scipy, products with Fisher's matrix of a Gaussian policy in PyTorch and
TRPO by sb3-contrib. CityLearn and sb3-contrib must be in the folder that CITYLEARN names, without what they would pull:

    pip install --no-deps --target <folder> citylearn==3.0.2 stable-baselines3==2.0.0 sb3-contrib==2.0.0 'pandas<2.3' gymnasium==0.28.1 \
        farama-notifications jax-jumpy cloudpickle typing_extensions python-dateutil pytz tzdata six \
        pyyaml platformdirs simplejson
"""

import copy
import os
import sys
from pathlib import Path

import numpy as np

from protocol import serve


def installed():
    """PyTorch, and the folder's packages. PyTorch comes first, as the fixtures' script puts a stub where it is missing."""
    if "CITYLEARN" not in os.environ:
        raise RuntimeError("no CityLearn: CITYLEARN must name the folder it is installed to")
    import torch

    if os.environ["CITYLEARN"] not in sys.path:
        sys.path.insert(0, os.environ["CITYLEARN"])
        sys.path.append(str(Path(__file__).parents[2] / "packages" / "fedtrpo" / "scripts"))
    return torch


def district(folder):
    installed()
    from citylearn_fixtures import CityLearnEnv

    return CityLearnEnv(f"{folder}/schema.json", central_agent=False)


def steps(variant, folder, actions):
    day = [[[float(a)] for a in hour] for hour in actions]
    env = district(folder)
    env.reset()
    played = 0

    def play(on):
        for hour in day:
            on.step(hour)

    def run():
        nonlocal played
        if played + len(day) >= env.time_steps:
            env.reset()
            played = 0
        play(env)
        played += len(day)

        def first():
            fresh = district(folder)
            fresh.reset()
            play(fresh)
            return [building.electrical_storage.soc[len(day) - 1] for building in fresh.buildings]

        return first

    return run


def reading(variant, folder):
    def run():
        env = district(folder)
        return lambda: [building.energy_simulation.non_shiftable_load.sum(dtype=float) for building in env.buildings]

    return run


def vectorised(variant, actions, starts, load, pv, price, carbon):
    """All buildings of all environments at once; physics 3 of batteries without standby loss."""
    C, P, kappa = 6.4, 5.0, 1e-5
    px, py = [0, 0.3, 0.7, 0.8, 1], [0.83, 0.83, 0.9, 0.9, 0.85]
    cx, cy = [0, 0.8, 1], [1, 1, 0.2]
    shape = len(starts), len(load)
    starts = starts.astype(int)
    load, pv = np.ascontiguousarray(load.T), np.ascontiguousarray(pv.T)

    def run():
        soc, degraded = np.zeros(shape), np.full(shape, C)
        for h, action in enumerate(actions):
            rows = starts + h
            asked = np.clip(action, -1, 1) * P
            charge = asked >= 0
            init = soc * C
            most = np.minimum(np.abs(asked), P * np.interp(soc, cx, cy))
            free = np.maximum(degraded - init, 0)
            rho = np.sqrt(np.interp(most / P, px, py))
            eta = np.interp(np.minimum(most, np.where(charge, free / rho, init * rho)) / P, px, py)
            rho = np.sqrt(eta)
            size = np.minimum(most, np.where(charge, free / rho, init * rho))
            final = np.where(charge, np.minimum(init + size * rho, C), np.maximum(init - size / rho, 0))
            delta = final - init
            meter = np.where(delta >= 0, delta / rho, delta * rho)
            soc = final / C
            degraded -= kappa * C * np.abs(meter) / (2 * degraded)
            net = load[rows] + meter - pv[rows]
            imported = np.maximum(net, 0)
            cost, emission = imported * price.T[rows], imported * carbon.T[rows]
            rewards = -imported
        return np.concatenate([soc.ravel(), net.ravel()])

    return run


def program(variant, need, price, carbon):
    """Columns: import, export, charge, discharge and store of every hour."""
    from scipy import sparse
    from scipy.optimize import linprog

    C, P, rho, alpha = 6.4, 5.0, np.sqrt(0.9), 0.4

    def run():
        H = len(need)
        one, none = sparse.identity(H, format="csr"), sparse.csr_matrix((H, H))
        before = sparse.eye(H, k=-1, format="csr")
        balance = sparse.hstack([one, -one, -one, one, none])
        store = sparse.hstack([none, none, -rho * one, one / rho, one - before])
        cost = np.concatenate([alpha * price + (1 - alpha) * carbon, np.zeros(4 * H)])
        upper = np.repeat([np.inf, np.inf, P, P, C], H)
        bounds = np.stack([np.zeros(5 * H), upper], axis=1)
        right = np.concatenate([need, np.zeros(H)])
        found = linprog(cost, A_eq=sparse.vstack([balance, store], format="csr"), b_eq=right, bounds=bounds, method="highs")
        return [found.fun]

    return run


def fisher(variant, x, theta, v, units):
    """The derivative of the KL's gradient along v, float64."""
    import torch

    rows, inputs = x.shape
    sizes = [inputs, int(units), int(units), 1]
    x, v = torch.from_numpy(x), torch.from_numpy(v)
    theta = torch.from_numpy(theta).requires_grad_()

    def means(parameters):
        at, h = 0, x
        for layer, (m, n) in enumerate(zip(sizes, sizes[1:])):
            h = torch.addmm(parameters[at + m * n : at + (m + 1) * n], h, parameters[at : at + m * n].view(m, n))
            at += (m + 1) * n
            if layer + 2 < len(sizes):
                h = torch.tanh(h)
        return h

    stop, before = means(theta).detach(), theta[-1].detach()
    after = theta[-1]
    kl = (after - before + ((2 * before).exp() + (stop - means(theta)) ** 2) / (2 * (2 * after).exp()) - 0.5).mean()
    # Made once: an iteration of TRPO asks for a dozen products with one graph.
    (gradient,) = torch.autograd.grad(kl, theta, create_graph=True)

    def run():
        (product,) = torch.autograd.grad(gradient, theta, v, retain_graph=True)
        return (product + 0.1 * v).numpy()

    return run


def update(variant, x, actions, rewards, units, steps):
    """Values, advantages and `train` of sb3-contrib's TRPO on a full buffer, the critic fitted by as many whole batches as ours."""
    torch = installed()
    from citylearn_fixtures import Stub

    # It draws no pictures here.
    for name in ["matplotlib", "matplotlib.figure", "matplotlib.pyplot"]:
        sys.modules.setdefault(name, Stub(name))
    import gymnasium
    from sb3_contrib import TRPO
    from stable_baselines3.common.logger import Logger

    steps = int(steps)
    rows, inputs = x.shape

    class Box(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (inputs,))
        action_space = gymnasium.spaces.Box(-1, 1, (1,))

    policy = {"net_arch": {"pi": [int(units)] * 2, "vf": [int(units)] * 2}, "log_std_init": -0.5}
    model = TRPO("MlpPolicy", Box(), learning_rate=0.01, n_steps=rows, batch_size=rows, gamma=1, cg_max_steps=10, cg_damping=0.1,
                 target_kl=0.01, gae_lambda=0.97, n_critic_updates=15, policy_kwargs=policy, device="cpu")  # fmt: skip
    model.set_logger(Logger(None, []))
    observations = torch.from_numpy(x.astype(np.float32))
    taken = torch.from_numpy(actions.astype(np.float32))[:, None]

    buffer = model.rollout_buffer
    with torch.no_grad():
        values, densities, _ = model.policy.evaluate_actions(observations, taken)
    for row in range(rows):
        buffer.add(x[row], actions[row : row + 1], rewards[row], row % steps == 0, values[row], densities[row])
    full = {name: array.copy() for name, array in vars(buffer).items() if isinstance(array, np.ndarray)}

    start = copy.deepcopy((model.policy.state_dict(), model.policy.optimizer.state_dict()))

    def run():
        # The same policy each time, as the rows are its.
        weights, moments = copy.deepcopy(start)
        model.policy.load_state_dict(weights)
        model.policy.optimizer.load_state_dict(moments)
        # Rows are collected already: values and advantages are of the update.
        vars(buffer).update({name: array.copy() for name, array in full.items()}, generator_ready=False)
        with torch.no_grad():
            buffer.values[:] = model.policy.predict_values(observations).numpy()
        buffer.compute_returns_and_advantage(torch.zeros(1), np.array([True]))
        model.train()
        return [1.0]

    return run


def versions():
    try:
        import torch

        return {"torch": torch.__version__}
    except ImportError:
        return {}


if __name__ == "__main__":
    products = [(1840, 32), (9200, 64), (12000, 256)]
    serve(
        {
            "step of 17 buildings, physics 3": steps,
            "step of 17 buildings, physics 3, with observations": steps,
            "a day of 17 buildings, 1 environment": vectorised,
            "a day of 17 buildings, 64 environments": vectorised,
            "reading 17 buildings": reading,
            "year of one building, linear program": program,
            "TRPO update, 1840 rows, 19-32-32-1, critic fitted 15 times": update,
            **{f"Fisher product, {n} rows, 19-{h}-{h}-1": fisher for n, h in products},
        },
        versions,
    )
