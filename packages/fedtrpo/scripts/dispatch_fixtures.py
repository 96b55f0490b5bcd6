"""Optimal dispatch of 20 days by scipy's HiGHS, as golden fixtures of the linear program.

    node packages/fedtrpo/scripts/fixture_folder.mjs FOLDER
    python packages/fedtrpo/scripts/dispatch_fixtures.py FOLDER packages/fedtrpo/test/fixtures/citylearn-3.0.2.json \
        > packages/fedtrpo/test/fixtures/dispatch.json

Written from the equations alone, with dense blocks; batteries' curves are those that CityLearn drew.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

folder, fixture = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
schema = json.loads((folder / 'schema.json').read_text())
price = pd.read_csv(folder / 'pricing.csv')['electricity_pricing'].to_numpy()
carbon = pd.read_csv(folder / 'carbon_intensity.csv')['carbon_intensity'].to_numpy()
ALPHA, H, PEAK, RAMP = 0.4, 24, 0.3, 0.05

buildings = []
for made in fixture['random']['buildings']:
    table = pd.read_csv(folder / f"{made['name']}.csv")
    a = schema['buildings'][made['name']]['electrical_storage']['attributes']
    kw = schema['buildings'][made['name']]['pv']['attributes']['nominal_power']
    power, capacity = (np.array(knots)[:, 1] for knots in made['curves'])
    dod = a.get('depth_of_discharge', 1)
    buildings.append({
        'need': (table['non_shiftable_load'] - kw * table['solar_generation'] / 1000).to_numpy(),
        'C': a['capacity'], 'P': a['nominal_power'] * capacity.max(), 'rho': np.sqrt(min(power.max(), 1)),
        'kept': 1 - a.get('loss_coefficient', made['loss']), 'least': (1 - dod) * a['capacity'],
        'start': max(a.get('initial_soc', 1 - dod), 1 - dod) * a['capacity'],
    })


def solve(start, coupled):
    t = slice(start, start + H)
    n = 5 * H * len(buildings)
    size = n + (1 + H - 1) * coupled
    cost, bounds = np.zeros(size), [(0, None)] * size
    equal, right, low, limit = [], [], [], []
    for k, b in enumerate(buildings):
        i, x, c, d, s = (np.arange(H) + (5 * k + v) * H for v in range(5))
        cost[i] = ALPHA * price[t] + (1 - ALPHA) * carbon[t]
        for h in range(H):
            bounds[c[h]] = bounds[d[h]] = (0, b['P'])
            bounds[s[h]] = (b['least'], b['C'])
            equal.append({i[h]: 1, x[h]: -1, c[h]: -1, d[h]: 1})
            right.append(b['need'][t][h])
            row = {s[h]: 1, c[h]: -b['rho'], d[h]: 1 / b['rho']}
            if h == 0:
                equal.append(row)
                right.append(b['start'])
            else:
                row[s[h - 1]] = -b['kept']
                free = b['least'] * (1 - b['kept'])
                low += [row, {j: -v for j, v in row.items()}]
                limit += [free, 0]
    if coupled:
        cost[n], cost[n + 1:] = PEAK, RAMP
        net = [{j: v for k in range(len(buildings)) for j, v in
                (((5 * k) * H + h, 1), ((5 * k + 1) * H + h, -1))} for h in range(H)]
        for h in range(H):
            low.append({**net[h], n: -1})
            limit.append(0)
            if h > 0:
                low.append({**net[h], **{j: -v for j, v in net[h - 1].items()}, n + h: -1})
                limit.append(0)

    def matrix(rows):
        out = lil_matrix((len(rows), size))
        for r, row in enumerate(rows):
            for j, v in row.items():
                out[r, j] = v
        return out.tocsr()

    made = linprog(cost, matrix(low), limit, matrix(equal), right, bounds, method='highs')
    assert made.status == 0, made.message
    return made.fun


days = np.random.RandomState(1).permutation(30)[:20]
print(json.dumps({
    'peakPrice': PEAK, 'rampPrice': RAMP,
    'days': [{'start': int(24 * d), 'alone': solve(24 * d, False), 'coupled': solve(24 * d, True)} for d in days],
}))
