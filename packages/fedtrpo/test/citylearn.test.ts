import { mersenneTwister } from '@assay-ml/numerics';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import * as fedtrpo from '../src/index.js';
import { type Controller, Environment, hourRule, kpis, parseDistrict, type Physics, simulate } from '../src/index.js';
import { fixtureFolder, thermalFolder } from '../scripts/folder.mjs';

interface Run {
  readonly names: readonly string[];
  readonly first: readonly (readonly number[])[];
  readonly last: readonly (readonly number[])[];
  readonly buildings: readonly {
    readonly soc: string;
    readonly net: string;
    readonly degraded: number;
    readonly curves: readonly [number[][], number[][]];
    readonly action_limit: number;
  }[];
  readonly kpis: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const floats = (text: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
};

/** numpy.random.RandomState(0).uniform(-1, 1), hour by hour. */
const numpyActions = (): Controller => ({
  name: 'random',
  bind: () => {
    const uniform = mersenneTwister(0);
    return { start: () => null, act: (_observation, _memory, action) => void action.forEach((_, b) => (action[b] = -1 + 2 * uniform())) }; // prettier-ignore
  },
});

const district = parseDistrict(fixtureFolder(fedtrpo));

describe.each([
  ['3', '3.0.2'],
  ['2.2', '2.2.0'],
] as const)('physics %s is CityLearn %s', (physics: Physics, version) => {
  const fixture = JSON.parse(readFileSync(new URL(`./fixtures/citylearn-${version}.json`, import.meta.url), 'utf8'));

  it('draws the curves that the schema leaves out', () => {
    (fixture.random as Run).buildings.forEach(({ curves }, b) => {
      const { powerEfficiencyCurve: power, capacityPowerCurve: capacity } = district.buildings[b]!.battery!;
      const knots = ({ x, y }: { x: Float64Array; y: Float64Array }) => Array.from(x, (at, k) => [at, y[k]]);
      expect([knots(power), knots(capacity)]).toEqual(curves);
    });
  });

  describe.each(['random', 'hour rule'] as const)('%s', (name) => {
    const golden = fixture[name] as Run;
    const environment = new Environment(district, { physics, precision: 'citylearn', normalise: false });
    const controller = name === 'random' ? numpyActions() : hourRule();
    const run = simulate(environment, controller, { starts: [0] });
    const series = (values: Float64Array, b: number) => Array.from({ length: run.hours }, (_, h) => values[h * run.buildings + b]!); // prettier-ignore

    it('has the same states of charge, hour by hour', () => {
      golden.buildings.forEach(({ soc }, b) => {
        expect(series(run.soc, b)).toEqual([...floats(soc).subarray(0, run.hours)]);
      });
    });

    it('has the same net within one unit in the last place of float32', () => {
      golden.buildings.forEach(({ net }, b) => {
        const theirs = floats(net);
        series(run.net, b).forEach((value, h) => {
          expect(Math.abs(value - theirs[h]!)).toBeLessThanOrEqual(2 ** -23 * Math.max(Math.abs(theirs[h]!), 2 ** -3));
        });
      });
    });

    it('has the same indicators', () => {
      const names = environment.agents;
      let compared = 0;
      for (const { kpi, name: of, ratio } of kpis(run, names)) {
        const theirs = golden.kpis[of]?.[kpi];
        if (theirs === undefined) continue;
        expect(Math.abs(ratio! - theirs), `${kpi} of ${of}`).toBeLessThan(1e-7);
        compared++;
      }
      expect(compared).toBe(9 + 4 * names.length);
    });

    it('shows the same observations, first and last', () => {
      const out = environment.reset({ starts: [0] });
      const parts = () => environment.agents.map((_, b) => [...out.observations.subarray(environment.observationOffsets[b], environment.observationOffsets[b + 1])]); // prettier-ignore
      expect(environment.observationSpace(0).names).toEqual(golden.names);
      const close = (ours: number[][], theirs: readonly (readonly number[])[]) =>
        theirs.forEach((numbers, b) => numbers.forEach((value, k) => expect(ours[b]![k], golden.names[k]).toBeCloseTo(value, 4))); // prettier-ignore
      close(parts(), golden.first);
      const bound = controller.bind(environment);
      const memory = bound.start(0);
      const action = new Float64Array(environment.actionOffsets.at(-1)!);
      let before = parts();
      while (!out.terminated) {
        before = parts();
        bound.act(out.observations, memory, action);
        environment.step(action, out);
      }
      // 3.0.2 does not move on in its last step, and shows what it showed before.
      close(physics === '3' ? before : parts(), golden.last);
    });

    it('has the same action space', () => {
      golden.buildings.forEach(({ action_limit }, b) => {
        expect(Math.fround(environment.actionSpace(b).high[0]!)).toBe(Math.fround(action_limit));
      });
    });
  });
});

interface Tanks {
  readonly soc: Readonly<Record<string, string>>;
  readonly electricity: Readonly<Record<string, string>>;
  readonly battery: string;
  readonly net: string;
}

describe.each([
  ['3', '3.0.2'],
  ['2.2', '2.2.0'],
] as const)('heat pumps, heaters and tanks of physics %s are those of CityLearn %s', (physics: Physics, version) => {
  const { tanks } = JSON.parse(readFileSync(new URL(`./fixtures/thermal-${version}.json`, import.meta.url), 'utf8')) as { tanks: readonly Tanks[] }; // prettier-ignore
  const uses = ['cooling', 'heating', 'dhw'];
  const observations = [...uses.map((use) => `${use}_storage_soc`), ...uses.map((use) => `${use}_electricity_consumption`)]; // prettier-ignore
  const environment = new Environment(parseDistrict(thermalFolder(fedtrpo)), { physics, precision: 'citylearn', normalise: false, observations }); // prettier-ignore
  /** One unit in the last place of float32, and not less than that of an eighth of a kWh. */
  const unit = (value: number) => 2 ** -23 * Math.max(Math.abs(value), 2 ** -3);

  it('hour by hour', () => {
    const out = environment.reset({ starts: [0] });
    const uniform = mersenneTwister(0);
    const expected = tanks.map(({ soc, electricity, battery, net }) => ({ shown: [...uses.map((use) => floats(soc[use]!)), ...uses.map((use) => floats(electricity[use]!))], battery: floats(battery), net: floats(net) })); // prettier-ignore
    const most = { shown: 0, battery: 0, net: 0 };
    for (let hour = physics === '3' ? 0 : 1; !out.terminated; hour++) {
      environment.step(
        Float64Array.from({ length: 8 }, (_, k) => (-1 + 2 * uniform()) * (k % 4 < 3 ? 0.3 : 1)),
        out,
      );
      expected.forEach(({ shown, battery, net }, b) => {
        const theirs = shown.map((values) => values[hour]!);
        theirs.forEach((value, k) => (most.shown = Math.max(most.shown, Math.abs(out.observations[6 * b + k]! - value) / unit(value)))); // prettier-ignore
        most.battery = Math.max(most.battery, Math.abs(out.info.soc[b]! - battery[hour]!));
        // The net is a sum of the three electricities, each within its unit, and is rounded itself.
        const within = theirs.slice(3).reduce((sum, value) => sum + unit(value), unit(net[hour]!));
        most.net = Math.max(most.net, Math.abs(out.info.net[b]! - net[hour]!) / within);
      });
    }
    expect(environment.hour).toBe(239);
    expect(most.battery).toBe(0);
    expect(most.shown).toBeLessThanOrEqual(1);
    expect(most.net).toBeLessThanOrEqual(1);
  });
});
