import fc from 'fast-check';
import { type Json, loadState, saveState, trafficBytes } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import {
  type Corrections, Environment, evaluate, type Federation, fitCritic, gapClosed, greedy, groupsOf, learned, loadPolicy, type Method, mlp, netZero, none,
  objective, persistence, type Policy, projected, random, savePolicy, simulate, startCritic, tapesOf, train, type Trained, type Training, trainingState,
  type TrainOptions, valuesOf, weightedCostEmissions,
} from '../src/index.js'; // prettier-ignore
import { codeOf, mergedFilter, signatureOf, startFilter, watch, writeFeatures } from '../src/learners/features.js';
import { headOf } from '../src/learners/network.js';
import { drawStarts } from '../src/learners/rollout.js';
import { year } from './year.js';

const data = netZero(year(4, 6), { buildings: 3, seed: 1 });
const environment = { physics: '2.2' } as const;
const small = { iterations: 3, episodes: 2, starts: [24], seed: 5, policy: { hidden: [6] } } as const;
const run = (options: Partial<TrainOptions> & { readonly method: Method }, resumed?: Training): Trained => train(data.train, { ...small, ...options }, resumed); // prettier-ignore
const text = (training: Training) => JSON.stringify(saveState(trainingState(training)));
const again = (training: Training) => loadState(JSON.parse(text(training)) as Json) as unknown as Training;
const apart = (a: Float64Array, b: Float64Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

const METHODS: readonly Method[] = [{ name: 'trpo' }, { name: 'ppo', epochs: 2 }, { name: 'newton', steps: 2 }, { name: 'reinforce' }]; // prettier-ignore
const FEDERATIONS: readonly Federation[] = ['none', 'shared', 'fedsgd', 'fedavg'];

describe('resuming', () => {
  it.each(METHODS.map((method, i) => ({ method, federation: FEDERATIONS[i]! })))(
    '$method.name in $federation has the bits of a run that never stopped, after each iteration',
    ({ method, federation }) => {
      // prettier-ignore
      const options: Partial<TrainOptions> & { method: Method } = { method, federation, starts: [0, 24, 72], policy: { hidden: [6], filter: 'zscore', personal: true }, critic: { minibatches: 2, epochs: 2 } }; // prettier-ignore
      const whole = run(options);
      for (const stop of [1, 2]) {
        const part = run({ ...options, iterations: stop });
        expect(text(run(options, again(part.training)).training)).toBe(text(whole.training));
      }
      expect(whole.training.reports).toHaveLength(3);
    },
  );
  it('is possible where a signal has stopped it', () => {
    const abort = new AbortController();
    let kept: Training | undefined;
    const stopped = () =>
      train(data.train, { ...small, method: { name: 'trpo' } }, undefined, {
        signal: abort.signal,
        onProgress: (done, planned, training) => {
          expect(planned).toBe(3);
          if (done === 2) abort.abort();
          kept = again(training);
        },
      });
    expect(stopped).toThrow(/abort/i);
    expect(kept!.iteration).toBe(2);
    expect(text(run({ method: { name: 'trpo' } }, kept).training)).toBe(
      text(run({ method: { name: 'trpo' } }).training),
    );
  });
});

describe('federations', () => {
  const plain = { method: { name: 'reinforce', rate: 0.1 }, iterations: 1 } as const;
  const server = (options: Partial<TrainOptions>) => {
    const { models, server } = run({ ...plain, ...options }).training;
    return server === null ? models[0]!.theta : server.subarray(0, models[0]!.theta.length);
  };

  it('FedAvg of one plain step is the pooled step (T6), with batches of other sizes by their weights', () => {
    for (const episodes of [2, [1, 2, 5]]) {
      const [averaged, pooled] = (['fedavg', 'fedsgd'] as const).map((federation) => server({ episodes, federation }));
      expect(apart(averaged!, pooled!)).toBeLessThan(1e-10);
    }
    const [averaged, pooled] = (['fedavg', 'fedsgd'] as const).map((federation) => server({ federation, ...(federation === 'fedavg' ? { localUpdates: 3 } : {}) })); // prettier-ignore
    expect(apart(averaged!, pooled!)).toBeGreaterThan(1e-4);
  });
  it('standardise advantages over all in shared, over each client elsewhere', () => {
    expect(apart(server({ federation: 'shared' }), server({ federation: 'fedsgd' }))).toBeGreaterThan(1e-6);
    const raw = { standardise: false };
    expect(apart(server({ federation: 'shared', ...raw }), server({ federation: 'fedsgd', ...raw }))).toBe(0);
  });
  it('none leaves clients alone: each learns what it would without the others', () => {
    const all = run({ method: { name: 'trpo' }, federation: 'none' });
    const first = train({ ...data.train, buildings: data.train.buildings.slice(0, 1) }, { ...small, method: { name: 'trpo' }, federation: 'none' }); // prettier-ignore
    expect(all.policies[0]!.theta).toEqual(first.policies[0]!.theta);
    expect(all.policies[0]!.theta).not.toEqual(all.policies[1]!.theta);
    expect(all.general).toBeNull();
  });
  it('personalised keep log σ and the last layer to themselves, and share the rest', () => {
    const { policies, general, training } = run({
      method: { name: 'trpo' },
      federation: 'fedavg',
      personalise: 'head',
    });
    const head = headOf(general!.actor.network);
    const [a, b] = [policies[0]!.theta, policies[1]!.theta];
    expect(a.subarray(0, head)).toEqual(b.subarray(0, head));
    expect(a.subarray(head)).not.toEqual(b.subarray(head));
    // A new building gets the heads' mean.
    policies[0]!.theta.subarray(head).forEach((_, i) => {
      expect(general!.theta[head + i]).toBeCloseTo(policies.reduce((sum, { theta }) => sum + theta[head + i]! / 3, 0), 12); // prettier-ignore
    });
    expect(training.models).toHaveLength(3);
  });
  it('local critics stay, averaged ones start each round from the mean', () => {
    const critics = (how: 'local' | 'averaged') => run({ method: { name: 'trpo' }, federation: 'fedavg', critics: how }).training.models[0]!.critic.theta; // prettier-ignore
    expect(critics('local')).not.toEqual(critics('averaged'));
  });
  it('only the cohort takes part; who drops out sends nothing', () => {
    const { training, policies } = run({ method: { name: 'trpo' }, federation: 'fedavg', participation: { cohort: 2 }, dropout: 0.3, emptyRound: 'skip', iterations: 6 }); // prettier-ignore
    const sizes = training.reports.map(({ clients }) => clients);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
    const total = sizes.reduce((a, b) => a + b, 0);
    expect(total).toBeLessThan(12);
    const { policy, critic } = trafficBytes(training.traffic);
    const d = policies[0]!.theta.length;
    expect(policy).toEqual({ up: 8 * total * d, down: 8 * 12 * d });
    expect(critic!.down / 12 / 8).toBe(training.models[0]!.critic.theta.length);
  });
  it('a round that all have dropped out of is an error, or changes nothing', () => {
    const options = { method: { name: 'trpo' }, federation: 'fedavg', participation: { cohort: 1 }, dropout: 0.999999 } as const; // prettier-ignore
    expect(() => run(options)).toThrow("train: all 1 clients of round 0 have dropped out; must leave one. Lower 'dropout'"); // prettier-ignore
    const { training } = run({ ...options, emptyRound: 'skip' });
    expect(training.reports.map(({ clients }) => clients)).toEqual([0, 0, 0]);
    expect(training.server!.subarray(0, training.models[0]!.theta.length)).toEqual(training.models[0]!.theta);
  });
  it('shared sends data, fedsgd vectors, none nothing', () => {
    const sent = (federation: Federation) => trafficBytes(run({ method: { name: 'trpo' }, federation }).training.traffic); // prettier-ignore
    expect(Object.values(sent('none')).every(({ up, down }) => up + down === 0)).toBe(true);
    // 3 rounds × 3 clients × 2 episodes × 23 hours of 19 observations, action, density and reward.
    expect(sent('shared')['data']!.up).toBe(8 * 3 * 3 * 2 * 23 * 22);
    expect(sent('fedsgd')['policy']!.up).toBeGreaterThan(0);
    expect(sent('fedsgd')['data']!.up).toBe(0);
  });
});

describe('training', () => {
  it('with TRPO and with PPO closes most of the gap of a day, above persistence; the scale of rewards changes nothing', () => {
    const options = { iterations: 40, episodes: 12, starts: [24], seed: 3 };
    const of = (method: Method) => gapClosed(evaluate(learned(train(data.train, { ...options, method }).policies), data.train, { starts: [24], environment })); // prettier-ignore
    const rule = gapClosed(evaluate(persistence, data.train, { starts: [24], environment }));
    for (const method of [{ name: 'trpo', delta: 0.02 }, { name: 'ppo' }] as const) expect(of(method)).toBeGreaterThan(rule); // prettier-ignore
  }, 120_000);
  it.each([{ name: 'trpo' }, { name: 'ppo', epochs: 2 }] as const)(
    '$name does not see the scale of rewards (C4b), unless the critic learns returns as they are',
    (method) => {
      // prettier-ignore
      const of = (scale: number, standardise: boolean) => {
      const base = weightedCostEmissions();
      const reward: typeof base = (step, out) => {
        base(step, out);
        for (let i = 0; i < out.length; i++) out[i]! *= scale;
      };
      return run({ method, environment: { reward }, critic: { standardise } }).policies[0]!.theta;
    };
      expect(apart(of(10, true), of(1, true))).toBeLessThan(1e-9);
      expect(apart(of(10, false), of(1, false))).toBeGreaterThan(1e-6);
    },
  );
  it('selects on validation, or on test by name, and says which', () => {
    const look = { district: data.evaluation, starts: [24], every: 1 };
    const { selectedOn, training, general } = run({ method: { name: 'trpo' }, select: { ...look, selectOn: 'test' } });
    expect(selectedOn).toBe('test');
    expect(training.selected).toMatchObject({ selectedOn: 'test' });
    const gap = gapClosed(evaluate(learned(general!), data.evaluation, { starts: [24], environment }));
    expect(gap).toBeCloseTo(training.selected!.gap, 12);
    const curve = [1, 2, 3].map((iterations) => gapClosed(evaluate(learned(run({ method: { name: 'trpo' }, iterations }).general!), data.evaluation, { starts: [24], environment }))); // prettier-ignore
    expect(gap).toBe(Math.max(...curve));
    expect(run({ method: { name: 'trpo' }, select: { ...look, selectOn: 'validation' } }).selectedOn).toBe('validation'); // prettier-ignore
    expect(run({ method: { name: 'trpo' } }).selectedOn).toBeNull();
  });
  it('goes on from a policy, for fine-tuning in a new building', () => {
    const { general } = run({ method: { name: 'trpo' }, policy: { hidden: [6], personal: true } });
    const tuned = train(data.evaluation, { ...small, method: { name: 'trpo' }, federation: 'none', iterations: 1, initial: general }); // prettier-ignore
    expect(tuned.policies[0]!.encoding).toEqual(general!.encoding);
    const step = apart(tuned.policies[0]!.theta, general!.theta);
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(0.5);
  });
  it('without variance makes no step and says so', () => {
    const nothing = () => (_step: unknown, out: Float64Array) => void out.fill(0);
    const { training } = run({ method: { name: 'trpo' }, environment: { reward: nothing() } });
    expect(training.reports[0]).toMatchObject({ stepped: 0, why: 'the advantages do not vary' });
  });
  it.each([
    [{ method: { name: 'trpo', delta: 0 } }, "'delta' is 0"],
    [{ method: { name: 'trop' } }, "'method.name' is 'trop'"],
    [{ method: { name: 'ppo', delta: 1 } }, "'delta' is no option"],
    [{ iterations: 0 }, "'iterations' is 0"],
    [{ starts: [] }, "'starts.length' is 0"],
    [{ starts: [1e6] }, "'starts[0]' is 1000000"],
    [{ episodes: [1, 2] }, 'one for each of 3 buildings'],
    [{ episodes: [1, 0, 2] }, 'A client without data cannot take part.'],
    [{ federation: 'fedprox' }, "'federation' is 'fedprox'"],
    [{ federation: 'shared', localUpdates: 2 }, "must be 'fedavg' where clients update more than once"],
    [{ federation: 'none', dropout: 0.1 }, "must be 'fedsgd' or 'fedavg'"],
    [{ federation: 'fedavg', dropout: 1 }, "'dropout' is 1"],
    [{ policy: { hiden: [3] } }, "Did you mean 'hidden'?"],
    [{ policy: { unseen: 'ones' } }, "'unseen' is 'ones'"],
    [{ critic: { rate: 0 } }, "'rate' is 0"],
    [{ gamma: 2 }, "'gamma' is 2"],
    [{ safety: 'shield' }, "'safety' is 'shield'"],
    [{ select: { selectOn: 'train', district: data.train, starts: [0] } }, "'select.selectOn' is 'train'"],
    [{ selecton: null }, "'selecton' is no option"],
  ])('refuses %j', (options, message) => {
    expect(() => run({ method: { name: 'trpo' }, ...(options as object) })).toThrow(message);
  });
});

describe('policies', () => {
  const policy = run({ method: { name: 'trpo' }, policy: { hidden: [6], groupWidth: 3, personal: true, filter: 'zscore', squash: 'tanh' } }).general!; // prettier-ignore
  const through = (of: Policy) => simulate(new Environment(data.evaluation, { length: 24, ...environment }), learned(of), { starts: [24] }).action; // prettier-ignore

  it('as JSON act the same to the bit', () => {
    const back = loadPolicy(JSON.parse(JSON.stringify(savePolicy(policy))) as Json);
    expect(back).toEqual(policy);
    expect(through(back)).toEqual(through(policy));
  });
  it('are refused where the text is another, or damaged', () => {
    expect(() => loadPolicy({ schema: 2 })).toThrow("'schema' is 2");
    expect(() => loadPolicy(null)).toThrow("'schema' is undefined");
    const json = savePolicy({ ...policy, theta: policy.theta.slice(1) });
    expect(() => loadPolicy(json)).toThrow("'theta' is an array of");
  });
  it('refuse an environment of other observations, naming both lists', () => {
    const other = new Environment(data.evaluation, { length: 24, observations: ['hour', 'electrical_storage_soc'] });
    expect(() => learned(policy).bind(other)).toThrow(/'hour_cos, hour_sin, electrical_storage_soc'; must be hour_cos, hour_sin, day_type_cos/); // prettier-ignore
    expect(() => learned([policy]).bind(new Environment(data.evaluation, { length: 24 }))).toThrow("'policies.length' is 1; must be 3"); // prettier-ignore
  });
  it('are a controller each where there are several', () => {
    const { policies } = run({ method: { name: 'trpo' }, federation: 'none' });
    const both = simulate(new Environment(data.train, { length: 24, ...environment }), learned(policies), { starts: [24] }); // prettier-ignore
    const second = { ...data.train, buildings: data.train.buildings.slice(1, 2) };
    const alone = simulate(new Environment(second, { length: 24, ...environment }), learned(policies[1]!), { starts: [24] }); // prettier-ignore
    expect([...both.action].filter((_, i) => i % 3 === 1)).toEqual([...alone.action]);
  });
});

describe('features', () => {
  const own = new Environment(data.train, { length: 24 });
  const fresh = new Environment(data.evaluation, { length: 24 });
  const signatures = Float64Array.from([0, 1, 2].flatMap((b) => [...signatureOf(own, b)]));
  const encoding = (unseen: 'zeros' | 'uniform' | 'nearest') => ({ buildings: ['Building_1', 'Building_2', 'Building_3'], unseen, signatures }); // prettier-ignore

  it('encode a training building by its number, others as asked', () => {
    expect([...codeOf(encoding('zeros'), own, 1)]).toEqual([0, 1, 0]);
    expect([...codeOf(encoding('zeros'), fresh, 0)]).toEqual([0, 0, 0]);
    expect([...codeOf(encoding('uniform'), fresh, 0)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
    const code = codeOf(encoding('nearest'), fresh, 0);
    expect([...code].sort()).toEqual([0, 0, 1]);
    // A building by another name is nearest to itself.
    const renamed = { ...data.train, buildings: data.train.buildings.map((building) => ({ ...building, name: 'someone' })) }; // prettier-ignore
    const there = new Environment(renamed, { length: 24 });
    for (const b of [0, 1, 2]) expect(codeOf(encoding('nearest'), there, b)[b]).toBe(1);
  });
  it('group by the words of their names, in several groups where several fit', () => {
    const names = ['hour_cos', 'non_shiftable_load', 'solar_generation', 'electricity_pricing', 'non_shiftable_load_predicted_4h', 'personal_encoding_0']; // prettier-ignore
    expect(groupsOf(names)).toEqual([[1, 4, 5], [2, 5], [3, 4], [0]]);
  });
  it('filter to mean 0 and deviation 1, clipped at 5; codes pass', () => {
    const x = stream(1, 'x').fillNormal(new Float64Array(400)).map((v, i) => (i % 2) * 3 + v); // prettier-ignore
    const filter = startFilter(2);
    watch(filter, x);
    const out = new Float64Array(600);
    writeFeatures(x, 2, filter, Float64Array.of(7), out);
    for (const j of [0, 1]) {
      const column = Array.from({ length: 200 }, (_, i) => out[3 * i + j]!);
      const mean = column.reduce((a, b) => a + b, 0) / 200;
      expect(mean).toBeCloseTo(0, 10);
      expect(column.reduce((a, b) => a + (b - mean) ** 2, 0) / 199).toBeCloseTo(1, 10);
    }
    expect(out[2]).toBe(7);
    writeFeatures(Float64Array.of(1e6, -1e6), 2, filter, new Float64Array(0), out);
    expect([out[0], out[1]]).toEqual([5, -5]);
  });
  it('filters of several clients merge to that of all they saw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 4,
        }),
        (parts) => {
          // prettier-ignore
          const filters = parts.map((values) => {
          const filter = startFilter(1);
          watch(filter, Float64Array.from(values));
          return filter;
        });
          const all = startFilter(1);
          watch(all, Float64Array.from(parts.flat()));
          const merged = mergedFilter([null, ...filters])!;
          expect(merged.count).toBe(all.count);
          expect(merged.mean[0]).toBeCloseTo(all.mean[0]!, 9);
          expect(merged.squares[0]).toBeCloseTo(all.squares[0]!, 7);
        },
      ),
    );
    expect(mergedFilter([null])).toBeNull();
  });
  it('days are drawn by permutation: none twice before all have come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (days, episodes, seed) => {
          // prettier-ignore
          const starts = Array.from({ length: days }, (_, k) => 24 * k);
          const drawn = drawStarts(starts, episodes, stream(seed, 'days'));
          expect(new Set(drawn.slice(0, days)).size).toBe(Math.min(days, episodes));
          expect(drawn.every((start) => starts.includes(start))).toBe(true);
        },
      ),
    );
  });
});

describe('critics', () => {
  const network = mlp(2, [8], 1);
  const x = stream(1, 'x').fillNormal(new Float64Array(200));
  const returns = Float64Array.from({ length: 100 }, (_, i) => 40 + 10 * Math.tanh(x[2 * i]! - x[2 * i + 1]!));
  const tapes = tapesOf(network);
  const error = (method: 'adam' | 'lbfgs', scale = 1, standardise = true) => {
    const state = startCritic(network, stream(2, 'critic'), standardise);
    for (let k = 0; k < 10; k++) fitCritic(network, state, x, returns.map((r) => scale * r), stream(3, 'm'), tapes, { method, standardise }); // prettier-ignore
    const values = valuesOf(network, state, x, tapes(100));
    return values.reduce((sum, value, i) => sum + (value / scale - returns[i]!) ** 2, 0) / 100;
  };

  it.each(['adam', 'lbfgs'] as const)('%s learns returns, whatever their scale', (method) => {
    expect(error(method)).toBeLessThan(10);
    expect(error(method, 1000) / error(method)).toBeCloseTo(1, 1);
  });
  it('on returns as they are learns slowly where they are large', () => {
    expect(error('adam', 1, false)).toBeGreaterThan(10 * error('adam'));
  });
  it('are 0 before their first fit, and the mean where returns do not vary', () => {
    const state = startCritic(network, stream(2, 'critic'), true);
    expect([...valuesOf(network, state, x, tapes(100))].every((value) => value === 0)).toBe(true);
    fitCritic(network, state, x, new Float64Array(100).fill(3), stream(3, 'm'), tapes, { epochs: 300 });
    valuesOf(network, state, x, tapes(100)).forEach((value) => expect(value).toBeCloseTo(3, 1));
  });
});

describe('evaluation and safety', () => {
  it('is by day and building, the gap over all of them', () => {
    const results = evaluate(persistence, data.train, { starts: [24, 72], environment });
    expect(results.map(({ building, start }) => `${building} ${start}`)).toEqual(['Building_1 24', 'Building_2 24', 'Building_3 24', 'Building_1 72', 'Building_2 72', 'Building_3 72']); // prettier-ignore
    const run = simulate(new Environment(data.train, { length: 24, episodes: 2, ...environment }), persistence, { starts: [24, 72] }); // prettier-ignore
    expect(results.map((r) => r.objective)).toEqual([...objective(run)]);
    expect(gapClosed(evaluate(none, data.train, { starts: [24], environment }))).toBe(0);
    expect(gapClosed(evaluate(greedy, data.train, { starts: [24], environment }))).toBeCloseTo(1, 10);
    expect(gapClosed([{ building: 'a', start: 0, objective: 3, without: 5 }], 1)).toBe(0.5);
    expect(() => gapClosed([])).toThrow("'Σ without' is 0; must be above the optimum");
    expect(() => evaluate(none, data.train, { starts: [] })).toThrow("'starts.length' is 0");
  });
  it('projection keeps actions within the state of charge, so that the penalty is 0, and counts', () => {
    const counts: Corrections = { actions: 0, changed: 0 };
    const exactly = (penalty: boolean, controller = projected(random(), counts)) => {
      const reward = weightedCostEmissions({ penalty });
      return simulate(new Environment(data.train, { length: 24, reward, ...environment }), controller, {
        starts: [24],
      });
    };
    expect([...exactly(true).rewards]).toEqual([...exactly(false).rewards]);
    expect(counts.actions).toBe(2 * 23 * 3);
    expect(counts.changed).toBeGreaterThan(20);
    expect([...exactly(true, random()).rewards]).not.toEqual([...exactly(false, random()).rewards]);
  });
  it('in training says how often it acted', () => {
    const [free, safe] = (['none', 'project'] as const).map((safety) => run({ method: { name: 'trpo' }, safety }).training.reports[0]!); // prettier-ignore
    expect(free!.projected).toBe(0);
    expect(safe!.projected).toBeGreaterThan(0.2);
    expect(safe!.reward).toBeGreaterThan(free!.reward);
  });
});
