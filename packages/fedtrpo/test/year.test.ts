import { mersenneTwister } from '@assay-ml/numerics';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { type Controller, Environment, kpis, loadDistrict, simulate } from '../src/index.js';

const folder = join(process.env['ASSAY_DATA'] ?? '', 'citylearn-2022');
const absent = process.env['ASSAY_DATA'] === undefined || !existsSync(join(folder, 'schema.json'));

interface Year {
  readonly buildings: readonly { readonly name: string; readonly soc: string; readonly net: string }[];
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
    golden.buildings.forEach(({ name, soc, net }, b) => {
      // Without the last hour, which 3.0.2 does not simulate.
      const of = (values: Float64Array) =>
        Float32Array.from({ length: 8759 }, (_, h) => values[h * run.buildings + b]!);
      expect(createHash('sha256').update(of(run.soc)).digest('hex'), `state of charge of ${name}`).toBe(soc);
      const theirs = new Float32Array(Uint8Array.from(Buffer.from(net, 'base64')).buffer);
      theirs.forEach((value, k) => {
        expect(Math.abs(of(run.net)[97 * k]! - value), `net of ${name}`).toBeLessThanOrEqual(2 ** -20);
      });
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
