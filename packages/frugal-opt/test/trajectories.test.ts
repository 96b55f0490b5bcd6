import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apollo, apolloMini, fira, frugal, type FrugalOptions, galore, type ProjectorName, type RuleName } from '../src/index.js'; // prettier-ignore
import { run, start } from './tiny.js';

/** Made by scripts/frugal_fixture.py, which has the constants below. */
const fixture = JSON.parse(readFileSync(new URL('fixtures/trajectories.json', import.meta.url), 'utf8')) as Record<
  string,
  number[][]
>;

describe('50 steps are those of an independent float64 script', () => {
  it.each(Object.entries(fixture))('%s', (name, wanted) => {
    const [rule, projector, refresh] = name.split(' ') as [RuleName, ProjectorName, 'reset' | 'keep' | 'reproject'];
    const options = {
      rate: 0.01,
      rho: 0.3,
      period: 7,
      weightDecay: 0.02,
      freeScale: 0.5,
      seed: 3,
      rule,
      projector,
      refresh,
    };
    const method = frugal({ ...options, ...(projector === 'svd' ? { exact: true } : {}) });
    const { x } = run(method, 50, start(Float64Array));
    x.forEach((values, i) =>
      values.forEach((value, j) => expect(Math.abs(value - wanted[i]![j]!)).toBeLessThan(1e-8 * (1 + Math.abs(value)))),
    );
    if (projector === 'svd') return;
    const single = run(method, 50, start(Float32Array));
    single.x.forEach((values, i) =>
      values.forEach((value, j) => expect(Math.abs(value - wanted[i]![j]!)).toBeLessThan(1e-6 * (1 + Math.abs(value)))),
    );
  });
});

describe('in float32, by kernels, 50 steps are those in float64', () => {
  const common = { rate: 0.01, rho: 0.4, period: 7, weightDecay: 0.02 } as const;
  const cases: readonly FrugalOptions[] = [
    { ...common, projector: 'rows' },
    { ...common, projector: 'rows', rule: 'sgdm', ruleOptions: { nesterov: true, dampening: 0.1 }, free: 'none' },
    { ...common, projector: 'columns', free: 'none', refresh: 'keep', warmUp: 3 },
    { ...common, projector: 'columns', freeScale: 0.2, projectedScale: 0.5, clip: 1 },
    { ...common, projector: 'rand-k', rule: 'lion', ruleOptions: { beta1: 0.8, beta2: 0.95 }, refresh: 'reproject' },
    { ...common, projector: 'permutation' },
    { ...common, projector: 'columns', rho: 0, groups: [{ match: '1', rateScale: 0.1, weightDecay: 1 }] },
    { ...common, rho: 0.5, free: 'sgd', rule: 'adam-mini' },
    { ...common, projector: 'columns', rule: 'muon', free: 'orthogonal' },
  ];
  it.each(cases)('%j', (options) => {
    const method = frugal(options);
    const [double, single] = [Float64Array, Float32Array].map((Kind) => run(method, 50, start(Kind)));
    single!.x.forEach((values, i) =>
      values.forEach((value, j) =>
        expect(Math.abs(value - double!.x[i]![j]!)).toBeLessThan(1e-5 * (1 + Math.abs(value))),
      ),
    );
    double!.state.tensors.forEach(({ energy }, i) => expect(single!.state.tensors[i]!.energy).toBeCloseTo(energy, 5));
  });
});

it('50 steps of GaLore are those of galore-torch’s AdamW', () => {
  /** Made by scripts/galore_fixture.py: two directions of SVD, which torch finds in float32. */
  const wanted = JSON.parse(readFileSync(new URL('fixtures/galore.json', import.meta.url), 'utf8')) as number[][];
  const method = galore({
    rate: 0.01,
    rho: 0.3,
    period: 7,
    projectedScale: 0.25,
    ruleOptions: { eps: 1e-12 },
    exact: true,
  });
  run(method, 50, start(Float64Array)).x.forEach((values, i) =>
    values.forEach((value, j) => expect(Math.abs(value - wanted[i]![j]!)).toBeLessThan(1e-5 * (1 + Math.abs(value)))),
  );
});

describe('50 steps of Fira, APOLLO and APOLLO-Mini are those of an independent float64 script of their definitions', () => {
  /** Made by scripts/baselines_fixture.py, which has the constants below. */
  const wanted = JSON.parse(readFileSync(new URL('fixtures/baselines.json', import.meta.url), 'utf8')) as Record<
    string,
    number[][]
  >;
  const common = { rate: 0.01, period: 7, weightDecay: 0.02, seed: 3 };
  const methods = {
    fira: fira({ ...common, rho: 0.3, exact: true, freeScale: 0.5 }),
    apollo: apollo({ ...common, rho: 0.3, freeScale: 0.5 }),
    apolloMini: apolloMini(common),
  };
  it.each(Object.entries(methods))('%s', (name, method) => {
    for (const [Kind, within] of [
      [Float64Array, 1e-8],
      [Float32Array, 1e-5],
    ] as const) {
      run(method, 50, start(Kind)).x.forEach((values, i) =>
        values.forEach((value, j) =>
          expect(Math.abs(value - wanted[name]![i]![j]!)).toBeLessThan(within * (1 + Math.abs(value))),
        ),
      );
    }
  });
});
