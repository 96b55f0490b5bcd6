"""What CityLearn computes, as golden fixtures of the microgrid.

    node packages/fedtrpo/scripts/fixture_folder.mjs FOLDER
    python packages/fedtrpo/scripts/citylearn_fixtures.py FOLDER > packages/fedtrpo/test/fixtures/citylearn-3.0.2.json

once in an environment with citylearn 3.0.2 and once with 2.2.0, each of them so:

    pip install "numpy<2" "pandas<2.3" gymnasium==0.28.1 pyyaml requests simplejson platformdirs scipy
    pip install --no-deps citylearn==3.0.2

torch and scikit-learn are stubs here: nothing of them is called. 2.2.0 fetches tables of sizes even if nothing is sized; that is
a stub, too. With --year, and the folder of the 2022 challenge, the whole year is run with random actions and every 97th hour is kept:
test/fixtures/year-3.0.2.json. With --thermal, and the folder that fixture_folder.mjs --thermal writes, tanks and their devices:
test/fixtures/thermal-3.0.2.json. Actions are RandomState(0).uniform(-1, 1), or by the hour that is observed. Float32 arrays are in base64.
"""
import base64
import json
import sys
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np


class Stub(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        made = Stub(f'{self.__name__}.{name}')
        setattr(self, name, made)
        return made

    def __call__(self, *args, **kwargs):
        return self

    def __mro_entries__(self, bases):
        return (object,)


for name in ['torch', 'torch.nn', 'torch.nn.functional', 'torch.optim', 'torch.distributions', 'torchvision', 'sklearn',
             'sklearn.decomposition', 'sklearn.preprocessing', 'sklearn.neighbors', 'sklearn.cluster', 'sklearn.metrics',
             'sklearn.linear_model', 'sklearn.tree', 'sklearn.base', 'nrel', 'doe_xstock', 'doe_xstock.database',
             'doe_xstock.end_use_load_profiles', 'openstudio', 'requests_cache', 'PySAM', 'PySAM.Pvwattsv8']:
    sys.modules.setdefault(name, Stub(name))
warnings.filterwarnings('ignore')

from citylearn.citylearn import CityLearnEnv  # noqa: E402
from citylearn.data import DataSet  # noqa: E402

for table in ['get_pv_sizing_data', 'get_battery_sizing_data']:
    setattr(DataSet, table, lambda self, *args, **kwargs: None)


def packed(values):
    return base64.b64encode(np.asarray(values, dtype='<f4').tobytes()).decode()


def run(folder, actions_of):
    env = CityLearnEnv(str(Path(folder) / 'schema.json'), central_agent=False)
    observations = env.reset()
    if isinstance(observations, tuple):
        observations = observations[0]
    state = np.random.RandomState(0)
    seen = [list(map(float, o)) for o in observations]
    done = False
    while not done:
        out = env.step(actions_of(env, observations, state))
        observations, done = out[0], out[2] if len(out) == 4 else out[2] or out[3]
    table = env.evaluate()
    control = {}
    for row in table.to_dict('records'):
        if row['value'] == row['value']:
            control.setdefault(row['name'], {})[row['cost_function']] = float(row['value'])
    return {
        'names': list(env.observation_names[0]),
        'first': seen,
        'last': [list(map(float, o)) for o in observations],
        'buildings': [
            {
                'name': b.name,
                'soc': packed(b.electrical_storage.soc),
                'net': packed(b.net_electricity_consumption),
                'degraded': float(b.electrical_storage.degraded_capacity),
                'loss': float(b.electrical_storage.loss_coefficient),
                'curves': [np.asarray(b.electrical_storage.power_efficiency_curve).T.tolist(),
                           np.asarray(b.electrical_storage.capacity_power_curve).T.tolist()],
                'action_limit': float(b.action_space.high[0]),
            }
            for b in env.buildings
        ],
        'kpis': control,
    }


def random_actions(env, observations, state):
    return [[float(a)] for a in state.uniform(-1, 1, len(env.buildings))]


def hour_rule(env, observations, state):
    hours = [o[n.index('hour')] for o, n in zip(observations, env.observation_names)]
    return [[0.11 if 6 <= hour <= 14 else -0.067] for hour in hours]


def sampled(run):
    """Every 97th hour, which comes to all hours of the day, without the last, which is not simulated in 3.0.2."""
    out = []
    for b in run['buildings']:
        soc, net = (np.frombuffer(base64.b64decode(b[name]), dtype='<f4')[:-1:97] for name in ('soc', 'net'))
        out.append({'name': b['name'], 'soc': packed(soc), 'net': packed(net), 'degraded': b['degraded']})
    return {'buildings': out, 'kpis': run['kpis']['District']}


def tanks(folder):
    """All four storages under random actions, small ones for the tanks."""
    env = CityLearnEnv(str(Path(folder) / 'schema.json'), central_agent=False)
    env.reset()
    state, done = np.random.RandomState(0), False
    while not done:
        out = env.step([[float(a) for a in state.uniform(-1, 1, 4) * [0.3, 0.3, 0.3, 1]] for _ in env.buildings])
        done = out[2] if len(out) == 4 else out[2] or out[3]
    uses = ['cooling', 'heating', 'dhw']
    return [
        {
            'soc': {use: packed(getattr(b, f'{use}_storage').soc) for use in uses},
            'electricity': {use: packed(getattr(b, f'{use}_device').electricity_consumption) for use in uses},
            'battery': packed(b.electrical_storage.soc),
            'net': packed(b.net_electricity_consumption),
        }
        for b in env.buildings
    ]


if __name__ == '__main__':
    folder = sys.argv[1]
    if '--thermal' in sys.argv:
        print(json.dumps({'citylearn': version('citylearn'), 'tanks': tanks(folder)}))
        sys.exit()
    print(json.dumps({'citylearn': version('citylearn'), **sampled(run(folder, random_actions))}) if '--year' in sys.argv else json.dumps({
        'citylearn': version('citylearn'),
        'random': run(folder, random_actions),
        'hour rule': run(folder, hour_rule),
    }))
