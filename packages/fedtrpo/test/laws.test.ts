import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ageing, type Battery, bill, type Building, constantTemperature, type Controller, cost, costBadAction, costIdleBattery, dayPanel, type District, Environment, episodeCsv, gridImport, idealLoad, kpis, type Physics, random, runningNormalisation, simulate, type StepView, weightedCostEmissions, withTariff } from '../src/index.js'; // prettier-ignore
import { year } from './year.js';

const curve = (x: number[], y: number[]) => ({ x: Float64Array.from(x), y: Float64Array.from(y) });
/** The battery of the published golden trace: C = 6.4, P = 5, η₀ = .9, κ = 10⁻⁵. */
const battery: Battery = {
  capacity: 6.4,
  nominalPower: 5,
  efficiency: 0.9,
  lossCoefficient: 0,
  capacityLossCoefficient: 1e-5,
  depthOfDischarge: 1,
  initialSoc: 0,
  powerEfficiencyCurve: curve([0, 0.3, 0.7, 0.8, 1], [0.83, 0.83, 0.9, 0.9, 0.85]),
  capacityPowerCurve: curve([0, 0.8, 1], [1, 1, 0.2]),
};
const [base] = year(1, 4).buildings as [Building];
const of = (...buildings: Building[]): District => ({ buildings, steps: 96, hours: 1 });
const withBattery = (more: Partial<Battery> = {}): District => of({ ...base, battery: { ...battery, ...more } });
/** Plays a list of actions, [step × action]. */
const played = (actions: readonly (readonly number[])[]): Controller => ({
  name: 'played',
  bind: () => ({ start: () => ({ step: 0 }), act: (_observation, memory, action) => void action.set(actions[(memory as { step: number }).step++]!) }), // prettier-ignore
});
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('battery', () => {
  it('2.2 has the golden trace', () => {
    const actions = [0.5, 0.5, 0.3, -0.2, -1, -1, 0.05].map((a) => [a]);
    const environment = new Environment(withBattery(), { physics: '2.2', length: 8 });
    const { soc, meter } = simulate(environment, played(actions), { starts: [0] });
    const trace = [[0, 0], [0.471567, 3.2], [0.943133, 3.2], [0.995393, 0.363916], [0.808086, -1.09213], [0.013335, -4.711688], [0, -0.078681], [0.045552, 0.32]]; // prettier-ignore
    trace.forEach(([level, energy], h) => {
      expect(soc[h]).toBeCloseTo(level!, 6);
      expect(meter[h]).toBeCloseTo(energy!, 6);
    });
  });

  it('3 multiplies the action by power and hours, takes η at what is left of it, and loses in standby between hours', () => {
    const environment = new Environment(withBattery({ lossCoefficient: 0.1, depthOfDischarge: 0.75 }), { length: 4 });
    const { soc, meter } = simulate(environment, played([[0.4], [0], [-1]]), { starts: [0] });
    // It starts at its floor of 1.6 kWh. 0.4 × 5 kW is at 0.4 of the power, a quarter of the way from .83 to .9.
    const first = 1.6 + 2 * Math.sqrt(0.83 + 0.07 / 4);
    expect(soc[0]).toBeCloseTo(first / 6.4, 12);
    expect(meter[0]).toBeCloseTo(2, 12);
    expect(soc[1]).toBeCloseTo((0.9 * first) / 6.4, 12);
    // Down to the floor: η is that of what the store holds above it, as it is with the η of full power.
    const above = 0.81 * first - 1.6;
    const share = (above * Math.sqrt(0.85)) / 5;
    const eta = share < 0.3 ? 0.83 : 0.83 + (0.07 * (share - 0.3)) / 0.4;
    expect(soc[2]).toBeCloseTo(0.25, 12);
    expect(meter[2]).toBeCloseTo(-above * Math.sqrt(eta), 12);
  });

  it.each(['2.2', '3'] as const)('%s stays within its limits, and loses what it loses', (physics: Physics) => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          capacity: fc.double({ min: 0.5, max: 20, noNaN: true }),
          nominalPower: fc.double({ min: 0.5, max: 20, noNaN: true }),
          lossCoefficient: fc.double({ min: 0, max: 0.05, noNaN: true }),
          capacityLossCoefficient: fc.double({ min: 0, max: 0.05, noNaN: true }),
          initialSoc: part,
        }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 47, maxLength: 47 }),
        (attributes, actions) => {
          const environment = new Environment(withBattery(attributes), { physics, length: 48 });
          const run = simulate(environment, played(actions.map((a) => [a])), { starts: [0] });
          const { capacity, lossCoefficient, initialSoc } = attributes;
          let [stored, degraded] = [initialSoc * capacity, capacity];
          for (let h = 0; h < run.hours; h++) {
            const idle = physics === '2.2' && h === 0;
            const kept = h === 0 ? stored : stored * (1 - lossCoefficient);
            const next = run.soc[h]! * capacity;
            const energy = run.meter[h]!;
            expect(run.soc[h]).toBeGreaterThanOrEqual(0);
            expect(run.soc[h]).toBeLessThanOrEqual(1 + 1e-12);
            // Energy at the meter is what the store gained, and losses that are never negative.
            expect(energy - (next - (idle ? stored : kept))).toBeGreaterThanOrEqual(-1e-9);
            if (physics === '3' && energy > 0) expect(next).toBeLessThanOrEqual(Math.max(degraded, kept) + 1e-9);
            degraded = Math.max(degraded - (attributes.capacityLossCoefficient * capacity * Math.abs(energy)) / (2 * degraded), 0); // prettier-ignore
            stored = next;
          }
          const [worn] = ageing(run, [{ ...battery, ...attributes }]);
          expect(worn!.remaining).toBeCloseTo(degraded / capacity, 9);
          expect(worn!.equivalentCycles).toBeCloseTo(sum(run.meter.map(Math.abs)) / (2 * capacity), 9);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it('takes half the energy in a step of half an hour', () => {
    const half = new Environment({ ...withBattery(), hours: 0.5 }, { length: 3 });
    expect(simulate(half, played([[0.5], [0]]), { starts: [0] }).meter[0]).toBeCloseTo(1.25, 12);
  });
});

describe('building', () => {
  const zeros = () => new Float64Array(96);
  const thermal: Building = {
    ...base,
    battery,
    columns: {
      ...base.columns,
      outdoor_dry_bulb_temperature: zeros().map(() => 30),
      cooling_demand: zeros().map(() => 3),
      dhw_demand: zeros().map(() => 0.9),
      power_outage: zeros().map((_, t) => (t === 13 ? 1 : 0)),
      indoor_dry_bulb_temperature: zeros().map(() => 22),
    },
    cooling: {
      device: { kind: 'heat pump', nominalPower: 2, efficiency: 0.25, targetHeatingTemperature: 45, targetCoolingTemperature: 8 }, // prettier-ignore
      tank: { capacity: 10, efficiency: 0.81, lossCoefficient: 0, initialSoc: 0, maxInputPower: Infinity, maxOutputPower: 2 }, // prettier-ignore
    },
    dhw: { device: { kind: 'heater', nominalPower: 4, efficiency: 0.9 }, tank: null },
    actions: ['cooling_storage', 'electrical_storage'],
    observations: ['cooling_storage_soc', 'cooling_demand', 'cooling_electricity_consumption', 'dhw_electricity_consumption', 'cooling_device_efficiency', 'indoor_dry_bulb_temperature', 'net_electricity_consumption'], // prettier-ignore
  };
  const cop = (0.25 * (8 + 273.15)) / (30 - 8);

  it('serves cold and hot water, and the tank both ways', () => {
    const environment = new Environment(of(thermal), { physics: '2.2', length: 4, normalise: false });
    const out = environment.reset({ starts: [0] });
    const [soc, , cooling, hot, efficiency] = out.observations;
    expect([soc, hot, efficiency]).toEqual([0, 1, cop]);
    expect(cooling).toBeCloseTo(3 / cop, 12);
    environment.step([0.2, 0], out);
    // Two kWh more through the pump, of which √.81 arrive.
    expect(out.observations[0]).toBeCloseTo(0.18, 12);
    expect(out.observations[2]).toBeCloseTo(5 / cop, 12);
    environment.step([-0.5, 0], out);
    // The tank holds 1.8 kWh and gives 1.62.
    expect(out.observations[0]).toBeCloseTo(0, 12);
    expect(out.observations[1]).toBeCloseTo(3, 12);
    expect(out.observations[2]).toBeCloseTo((3 - 1.62) / cop, 12);
  });

  it('has in an outage what PV and battery give, and no net', () => {
    const island = { ...thermal, outages: true };
    const environment = new Environment(of(island), { length: 4, normalise: false });
    const out = environment.reset({ starts: [12] });
    environment.step([0, 1], out);
    expect(out.info.net[0]).not.toBe(0);
    environment.step([0, -1], out);
    expect(out.info.net[0]).toBe(0);
    const supplied = environment.series[0]!.pv[13]! - out.info.meter[0]!;
    const used = out.observations[2]! + out.observations[3]!;
    expect(used).toBeLessThanOrEqual(supplied + 1e-9);
    // No more is discharged than is needed.
    const needed = environment.series[0]!.load[13]! + 3 / cop + 1 - environment.series[0]!.pv[13]!;
    expect(-out.info.meter[0]!).toBeLessThanOrEqual(Math.max(needed, 0) + 1e-9);
  });

  it('drives a device by its action where the temperature depends on it', () => {
    const driven: Building = { ...thermal, dynamics: constantTemperature, actions: ['cooling_device'] };
    const environment = new Environment(of(driven), { length: 3, normalise: false });
    const out = environment.reset({ starts: [0] });
    environment.step([0.5], out);
    expect(out.observations[2]).toBeCloseTo(1, 12); // half of two kW
    expect(out.observations[5]).toBe(22);
    const ideal = new Environment(of({ ...driven, dynamics: idealLoad }), { length: 3, normalise: false });
    ideal.step([0.5], ideal.reset({ starts: [0] }));
    const shown = ideal.step([0.5]);
    expect(shown.observations[2]).toBeCloseTo(3 / cop, 12);
  });

  it('refuses a demand that no device meets', () => {
    const weak = { ...thermal, cooling: { ...thermal.cooling!, device: { ...thermal.cooling!.device!, nominalPower: 0.1 } } }; // prettier-ignore
    const environment = new Environment(of(weak), { length: 3 });
    environment.reset({ starts: [0] });
    expect(() => environment.step([0, 0])).toThrow("building 'Building_1' demands 3 kWh of cooling in row 0; must be at most 0.3"); // prettier-ignore
    expect(() => new Environment(of({ ...thermal, cooling: { device: null, tank: null } }))).toThrow("demands 3 kWh of cooling in row 0; must be 0 without a device. Give it one."); // prettier-ignore
  });
});

describe('environment', () => {
  const district = year(3, 4);
  const batteries: District = { ...district, buildings: district.buildings.map((b) => ({ ...b, battery })) };

  it.each(['2.2', '3'] as const)('episodes side by side are those that run alone: %s', (physics: Physics) => {
    const starts = [0, 24, 72, 24];
    const together = simulate(new Environment(batteries, { physics, length: 24, episodes: 4 }), random(3), { starts });
    starts.forEach((start, e) => {
      const size = together.hours * 3;
      const actions = Array.from({ length: 23 }, (_, step) => [...together.action.subarray(e * size + (step + (physics === '2.2' ? 1 : 0)) * 3, e * size + (step + (physics === '2.2' ? 1 : 0)) * 3 + 3)]); // prettier-ignore
      const alone = simulate(new Environment(batteries, { physics, length: 24 }), played(actions), { starts: [start] });
      for (const name of ['net', 'soc', 'cost', 'emission'] as const) {
        expect([...together[name].subarray(e * size, (e + 1) * size)]).toEqual([...alone[name]]);
      }
    });
  });

  it('draws every day before it draws one again', () => {
    const environment = new Environment(batteries, { length: 24, episodes: 4 });
    environment.reset({ seed: 7 });
    expect([...environment.starts].sort((a, b) => a - b)).toEqual([0, 24, 48, 72]);
    const first = [...environment.starts];
    environment.reset({ seed: 7 });
    expect([...environment.starts]).toEqual(first);
  });

  it('shows in 3 the hour that is acted on, in 2.2 the one before', () => {
    for (const [physics, row] of [
      ['3', 0],
      ['2.2', 1],
    ] as const) {
      const environment = new Environment(batteries, { physics, length: 24, normalise: false });
      const out = environment.reset({ starts: [24] });
      environment.step([0, 0, 0], out);
      expect(out.info.net[1]).toBe(environment.series[1]!.load[24 + row]! - environment.series[1]!.pv[24 + row]!);
    }
  });

  it('shows a central agent what is shared once', () => {
    const shared = { ...batteries, shared: ['hour', 'electricity_pricing'] };
    const environment = new Environment(shared, { central: true, observations: ['hour', 'electricity_pricing', 'electrical_storage_soc'] }); // prettier-ignore
    expect([...environment.observationOffsets]).toEqual([0, 4, 5, 6]);
    expect(environment.observationSpace(1).names).toEqual(['electrical_storage_soc']);
  });

  it('keeps no memory of ten thousand episodes', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const environment = new Environment(batteries, { length: 24 });
    const out = environment.allocate();
    const actions = new Float64Array(3).fill(0.1);
    const starts = new Float64Array(1);
    const play = (episodes: number): number => {
      for (let k = 0; k < episodes; k++) {
        starts[0] = 24 * (k % 4);
        environment.reset({ starts }, out);
        for (let t = 0; t < 23; t++) environment.step(actions, out);
      }
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = play(1000);
    // A double a step would come to 1.8 MB.
    expect(play(10_000) - before).toBeLessThan(1e6);
  });

  it('writes into what it is given, and nothing else', () => {
    const environment = new Environment(batteries, { length: 24, episodes: 2 });
    const out = environment.allocate();
    environment.reset({}, out);
    const { observations, rewards, info } = out;
    const again = environment.step(new Float64Array(6).fill(0.3), out);
    expect(again).toBe(out);
    expect([out.observations, out.rewards, out.info]).toEqual([observations, rewards, info]);
    expect([out.observations === observations, out.rewards === rewards]).toEqual([true, true]);
    expect(sum(rewards)).toBeLessThan(0);
  });

  it('says what is wrong', () => {
    const environment = new Environment(batteries, { length: 24 });
    expect(() => environment.step([0, 0, 0])).toThrow('the episodes have not begun; must be running. Call reset().');
    environment.reset({ starts: [0] });
    expect(() => environment.step([0, 0])).toThrow("'actions' is [0, 0]; must be an array of 3, episodes × actions.");
    expect(() => environment.step([0, NaN, 0])).toThrow("'actions[1]' is NaN; must be finite.");
    for (let t = 0; t < 23; t++) environment.step([0, 0, 0]);
    expect(() => environment.step([0, 0, 0])).toThrow('have ended after 24 hours');
    expect(() => environment.reset({ starts: [73] })).toThrow("'starts[0]' is 73; must be a row from 0 to 72. Episodes have 24 of 96 rows."); // prettier-ignore
    expect(() => new Environment(batteries, { length: 97 })).toThrow("'length' is 97; must be at most 96, the rows of the data."); // prettier-ignore
    expect(() => new Environment(batteries, { lenght: 24 } as never)).toThrow("Did you mean 'length'?");
    expect(() => new Environment(batteries, { observations: ['our'] })).toThrow("no observation 'our'; must be a column or a state of it. Did you mean 'hour'?"); // prettier-ignore
    expect(() => new Environment(withBattery({ capacity: 0 }))).toThrow(
      "Environment: 'capacity' is 0; must be above 0",
    );
    expect(() => new Environment(withBattery({ efficiency: 1.2 }))).toThrow(
      "'efficiency' is 1.2; must be above 0 to 1.",
    );
  });
});

describe('rewards', () => {
  const view = { ...(new Environment(withBattery()).allocate().info as StepView), net: Float64Array.of(2), price: Float64Array.of(0.5), sell: Float64Array.of(0.1), carbon: Float64Array.of(0.2), soc: Float64Array.of(0.25), socBefore: Float64Array.of(0.75), action: Float64Array.of(0.5), meter: Float64Array.of(0.3), capacity: Float64Array.of(4), unit: Float64Array.of(4), cost: Float64Array.of(1) }; // prettier-ignore
  const reward = (of: (step: StepView, out: Float64Array) => void, more: Partial<StepView> = {}) => {
    const out = new Float64Array(1);
    of({ ...view, ...more }, out);
    return out[0];
  };
  it.each([
    ['grid import', gridImport(), {}, -2],
    // A quarter of the action does not fit, of 4 kWh: one more is imported.
    ['weighted', weightedCostEmissions(), {}, -(0.4 * 3 * 0.5 + 0.6 * 3 * 0.2)],
    [
      'weighted, discharging',
      weightedCostEmissions(),
      { action: Float64Array.of(-1) },
      -(0.4 * 3 * 0.5 + 0.6 * 3 * 0.2),
    ],
    // Half of 6 kWh is three quarters of the capacity, of which half does not fit.
    ['weighted, in physics 3', weightedCostEmissions(), { unit: Float64Array.of(6) }, -(0.4 * 4 * 0.5 + 0.6 * 4 * 0.2)],
    ['weighted, exporting', weightedCostEmissions({ penalty: false }), { net: Float64Array.of(-2) }, 0.4 * 2 * 0.1],
    ['cost', cost(), {}, -1],
    ['cost as published', cost({ authors: true }), {}, 1],
    ['idle battery', costIdleBattery(), {}, -1.25],
    ['idle battery, earning', costIdleBattery(), { net: Float64Array.of(-2) }, -0.75],
    ['bad action', costBadAction(), {}, -1 - 0.04],
  ] as const)('%s', (_, of, more, expected) => expect(reward(of, more)).toBeCloseTo(expected, 12));

  it('normalises by the deviation of running returns, as Gymnasium', () => {
    const of = runningNormalisation(({ net }, out) => out.set(net), 1);
    // Returns 2, 4 and, begun again, 1; numpy: count 1e-4, mean 0, var 1 at first.
    let [count, mean, variance] = [1e-4, 0, 1];
    const update = (value: number) => {
      const total = count + 1;
      const delta = value - mean;
      variance = (variance * count + (delta * delta * count) / total) / total;
      mean += delta / total;
      count = total;
    };
    for (const [net, step, total] of [
      [2, 0, 2],
      [2, 1, 4],
      [1, 0, 1],
    ] as const) {
      update(total);
      expect(reward(of, { net: Float64Array.of(net), step })).toBeCloseTo(net / Math.sqrt(variance + 1e-8), 10);
    }
  });
});

describe('what a run comes to', () => {
  const run = simulate(new Environment(withBattery(), { length: 49 }), random(2), { starts: [0] });

  it('is billed by its tariff', () => {
    const net = [1, -2, 3, -0.5];
    const { energy, income, demand, curtailed, total } = bill(net, [0.1, 0.1, 0.2, 0.2], { feedIn: 0.05, exportLimit: 1, demandCharge: 2, demandWindow: 2 }); // prettier-ignore
    expect([energy, income, demand, curtailed]).toEqual([0.1 + 3 * 0.2, 1.5 * 0.05, 2 * (1 + 3), 1]);
    expect(total).toBeCloseTo(0.7 - 0.075 + 8, 12);
    const priced = withTariff(withBattery(), { timeOfUse: Array.from({ length: 24 }, (_, h) => h), feedIn: 0.03 });
    expect([...priced.buildings[0]!.columns['electricity_pricing']!.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect(priced.buildings[0]!.columns['selling_pricing']![7]).toBe(0.03);
    expect(() => bill(net, [1], {})).toThrow("bill: 'price' is [1]; must be an array of 4, as the net.");
    expect(() => withTariff(withBattery(), { timeOfUse: [1] })).toThrow(
      "'timeOfUse' is [1]; must be 24 finite numbers",
    );
    expect(() => bill(net, net, { exportLimit: -1 })).toThrow("'exportLimit' is -1; must be at least 0.");
  });

  it('has indicators over any baseline, ramps both ways', () => {
    const ratio = (name: string, options = {}) => kpis(run, ['Building_1'], options).find(({ kpi }) => kpi === name)!;
    expect(ratio('zero_net_energy', { baseline: run }).ratio).toBe(1);
    const { value } = ratio('ramping_average', { ramp: 'absolute' });
    expect(value).toBeCloseTo(sum(run.net.subarray(1).map((x, h) => Math.abs(x - run.net[h]!))), 10);
    expect(ratio('ramping_average').value).toBeCloseTo((value + run.net.at(-1)! - run.net[0]!) / 2, 10);
    expect(ratio('all_time_peak_average').value).toBe(Math.max(...run.net));
    expect(ratio('daily_peak_average').value).toBeCloseTo((Math.max(...run.net.subarray(0, 24)) + Math.max(...run.net.subarray(24))) / 2, 12); // prettier-ignore
    expect(() => kpis(run, ['Building_1'], { episode: 1 })).toThrow("kpis: 'episode' is 1; must be below 1.");
  });

  it('is a table and a picture', () => {
    const lines = episodeCsv(run, 0).trim().split('\n');
    expect(lines).toHaveLength(49);
    expect(lines[0]).toMatch(/^time_step,net_electricity_consumption,/);
    expect(Number(lines[5]!.split(',')[1])).toBe(run.net[4]);
    const svg = dayPanel(run, { from: 24 });
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    expect(svg.match(/points="[^"]*"/)![0].split(' ')).toHaveLength(24);
    expect(dayPanel(run, { beside: run }).match(/<polyline/g)).toHaveLength(6);
    expect(() => dayPanel(run, { from: 40, hours: 24 })).toThrow("dayPanel: 'hours' is 24; must be at most 8.");
  });
});
