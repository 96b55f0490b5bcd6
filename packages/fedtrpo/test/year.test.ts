import { mersenneTwister } from '@assay-ml/numerics';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { ageing, type Controller, Environment, greedy, kpis, loadDistrict, netZero, none, persistence, simulate } from '../src/index.js'; // prettier-ignore

const folder = join(process.env['ASSAY_DATA'] ?? '', 'citylearn-2022');
const absent = process.env['ASSAY_DATA'] === undefined || !existsSync(join(folder, 'schema.json'));

interface Year {
  readonly buildings: readonly {
    readonly name: string;
    readonly soc: string;
    readonly net: string;
    readonly degraded: number;
  }[];
  readonly kpis: Readonly<Record<string, number>>;
}

const random: Controller = {
  name: 'random',
  bind: () => {
    const uniform = mersenneTwister(0);
    return { start: () => null, act: (_observation, _memory, action) => void action.forEach((_, b) => (action[b] = -1 + 2 * uniform())) }; // prettier-ignore
  },
};

it.skipIf(absent).each([
  ['3', '3.0.2'],
  ['2.2', '2.2.0'],
] as const)(
  'physics %s is CityLearn %s over the year of its 2022 challenge (skipped where it is absent)',
  async (physics, version) => {
    const golden = JSON.parse(
      readFileSync(new URL(`./fixtures/year-${version}.json`, import.meta.url), 'utf8'),
    ) as Year;
    const environment = new Environment(await loadDistrict(folder), { physics, precision: 'citylearn' });
    const run = simulate(environment, random, { starts: [0] });
    const batteries = environment.district.buildings.map(({ battery }) => battery);
    const worn = ageing(run, batteries);
    golden.buildings.forEach(({ name, soc, net, degraded }, b) => {
      const [levels, theirs] = [soc, net].map(
        (text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
      );
      levels!.forEach((level, k) => {
        const at = 97 * k * run.buildings + b;
        // A root by pow and one by sqrt may leave 10⁻¹⁷ in an empty battery.
        expect(Math.abs(run.soc[at]! - level), `state of charge of ${name}`).toBeLessThan(1e-15);
        expect(Math.abs(run.net[at]! - theirs![k]!), `net of ${name}`).toBeLessThanOrEqual(2 ** -20);
      });
      expect(worn[b]!.remaining * batteries[b]!.capacity).toBeCloseTo(degraded, 9);
    });
    let compared = 0;
    for (const { kpi, name, ratio } of kpis(run, environment.agents)) {
      if (name !== 'District' || golden.kpis[kpi] === undefined) continue;
      expect(Math.abs(ratio! - golden.kpis[kpi]), kpi).toBeLessThan(1e-7);
      compared++;
    }
    expect(compared).toBe(9);
  },
);

it.skipIf(absent)('the net-zero year has its published sums (skipped where the data is absent)', async () => {
  const { train, schedules } = netZero(await loadDistrict(folder), { buildings: 5 });
  const environment = new Environment(train, { physics: '2.2', length: 24, episodes: 365 });
  const starts = Array.from({ length: 365 }, (_, day) => 24 * day);
  const sums = (controller: Controller, of: 'cost' | 'emission' | 'costWithout') => {
    const values = simulate(environment, controller, { starts })[of];
    return Array.from({ length: 5 }, (_, b) => Number(values.reduce((total, value, k) => (k % 5 === b ? total + value : total), 0).toFixed(2))); // prettier-ignore
  };
  expect(train.buildings.map(({ columns }) => Number((columns['solar_generation']!.reduce((a, b) => a + b) / 1000).toFixed(1)))).toEqual([3248, 2453.3, 2651.6, 2228.7, 2699.1]); // prettier-ignore
  expect(sums(none, 'cost')).toEqual([82.95, 81.9, 82.24, 81.12, 84.22]);
  expect(sums(none, 'emission')).toEqual([60.26, 59.45, 59.7, 59.16, 59.93]);
  expect(sums(persistence, 'cost')).toEqual([41.7, 39.12, 39.76, 38.71, 38.86]);
  expect(sums(persistence, 'emission')).toEqual([32.79, 28.58, 29.6, 27.43, 29.49]);
  expect(sums(greedy, 'cost').map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  expect(schedules.train).toHaveLength(5);
});
