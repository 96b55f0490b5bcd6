import { expect, it } from 'vitest';

import { Environment, greedy, netZero, none, objective, persistence, simulate, storedOptimum, weightedCostEmissions } from '../src/index.js'; // prettier-ignore
import { year } from './year.js';

const data = netZero(year(4, 6), { buildings: 3, seed: 1 });
const days = { length: 24, episodes: 6, physics: '2.2' } as const;
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

it.each(['train', 'evaluation'] as const)('the stored schedule needs no grid: %s', (part) => {
  const run = simulate(new Environment(data[part], days), storedOptimum(data.schedules[part]), { starts: [0, 24, 48, 72, 96, 120] }); // prettier-ignore
  expect(Math.max(...run.net.map(Math.abs))).toBeLessThan(1e-12);
  expect(Math.abs(sum(objective(run)))).toBeLessThan(1e-12);
});

it.each(['2.2', '3'] as const)('greedy needs no grid in timing %s', (timing) => {
  for (const part of ['train', 'evaluation'] as const) {
    const environment = new Environment(data[part], { ...days, timing });
    const run = simulate(environment, greedy);
    expect(Math.max(...run.net.map(Math.abs))).toBeLessThan(1e-12);
  }
});

it('generation of every day is the load of it', () => {
  for (const { columns } of data.train.buildings) {
    for (let day = 0; day < 6; day++) {
      const of = (name: string) => sum(columns[name]!.subarray(24 * day, 24 * day + 24));
      expect(of('non_shiftable_load')).toBeCloseTo(of('solar_generation') / 1000, 12);
    }
  }
});

it('forecasts of the load add noise up over their horizons, the same for all buildings, and forget it from hour to hour', () => {
  const { train } = netZero(year(2, 200), { seed: 3 });
  const steps = 24 * 200;
  const off = train.buildings.map(({ columns }) =>
    [4, 6, 12, 24].map((k) => Float64Array.from({ length: steps - 24 }, (_, t) => columns[`non_shiftable_load_predicted_${k}h`]![t]! - columns['non_shiftable_load']![t + k]!)),
  ); // prettier-ignore
  const [first, second] = off as [Float64Array[], Float64Array[]];
  const mean = (values: Float64Array) => sum(values) / values.length;
  first.forEach((noise, j) => {
    expect(Math.max(...noise.map((value, t) => Math.abs(value - second[j]![t]!)))).toBeLessThan(1e-12);
    expect(Math.sqrt(mean(noise.map((value) => value * value)))).toBeCloseTo(0.01 * Math.sqrt(j + 1), 3);
    // What is added at each horizon, and what is there an hour later, are independent of what was.
    const added = j === 0 ? noise : noise.map((value, t) => value - first[j - 1]![t]!);
    expect(Math.sqrt(mean(added.map((value) => value * value)))).toBeCloseTo(0.01, 3);
    const later = mean(noise.subarray(1).map((value, t) => value * noise[t]!)) / mean(noise.map((value) => value * value)); // prettier-ignore
    expect(Math.abs(later)).toBeLessThan(5 / Math.sqrt(noise.length));
  });
});

it('persistence closes part of the gap, and no more', () => {
  const environment = new Environment(data.train, days);
  const [idle, rule] = [none, persistence].map((controller) => sum(objective(simulate(environment, controller))));
  expect(rule).toBeGreaterThan(0);
  expect(rule).toBeLessThan(idle!);
});

it('the reward without penalty is the objective, less the hour that has no action', () => {
  const reward = weightedCostEmissions({ penalty: false });
  const environment = new Environment(data.train, { ...days, reward });
  const run = simulate(environment, persistence);
  expect(-sum(run.rewards)).toBeCloseTo(sum(objective(run)), 10);
});
