import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { frugal, type ProjectorName, type RuleName } from '../src/index.js';
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
      values.forEach((value, j) => expect(Math.abs(value - wanted[i]![j]!)).toBeLessThan(1e-5 * (1 + Math.abs(value)))),
    );
  });
});
