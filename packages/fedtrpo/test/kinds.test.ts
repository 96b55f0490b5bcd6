import { describe, expect, it } from 'vitest';
import * as paper from '../src/index.js';

const district = paper.syntheticDistrict({ days: 1 });
const environment = new paper.Environment(district);
const controller = paper.random(0);
const run = paper.simulate(environment, controller);

/** Each function with what stands in for one of its records or lists. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ['simulate', 'environment', (v) => paper.simulate(v, controller)],
  ['simulate', 'controller', (v) => paper.simulate(environment, v)],
  ['train', 'district', (v) => paper.train(v, { method: { name: 'trpo' }, iterations: 1, starts: [0] } as never)],
  ['Environment', 'district', (v) => new paper.Environment(v)],
  ['objective', 'run', (v) => paper.objective(v)],
  ['ageing', 'run', (v) => paper.ageing(v, [])],
  ['ageing', 'batteries', (v) => paper.ageing(run, v)],
  ['dayPanel', 'run', (v) => paper.dayPanel(v)],
  ['episodeCsv', 'run', (v) => paper.episodeCsv(v, 0)],
  ['kpis', 'run', (v) => paper.kpis(v, [])],
  ['kpis', 'names', (v) => paper.kpis(run, v)],
  ['dispatch', 'district', (v) => paper.dispatch(v)],
  ['netZero', 'base', (v) => paper.netZero(v)],
  ['whatIf', 'district', (v) => paper.whatIf(v)],
  ['withTariff', 'district', (v) => paper.withTariff(v, {})],
  ['bill', 'net', (v) => paper.bill(v, [1])],
  ['bill', 'price', (v) => paper.bill([1], v)],
  ['savePolicy', 'policy', (v) => paper.savePolicy(v)],
  ['project', 'environment', (v) => paper.project(v, 0, 0.5, 0.1)],
  ['projected', 'controller', (v) => paper.projected(v)],
  ['gapClosed', 'results', (v) => paper.gapClosed(v)],
  ['groupsOf', 'names', (v) => paper.groupsOf(v)],
  ['storedOptimum', 'schedules', (v) => paper.storedOptimum(v)],
];

describe('what is of another kind is refused by name', () => {
  it.each(calls)("%s: '%s'", async (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      const error = await Promise.resolve().then(() => call(value as never)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(new RegExp(`^${name}: '${option}' is ${told}; must be an (array|object with [\\w, ]+)\\. \\S`));
    }
  }); // prettier-ignore

  it.each([undefined, null, 3, {}])('loadDistrict of the folder %j', async (folder) => {
    await expect(paper.loadDistrict(folder as never)).rejects.toThrow(/^loadDistrict: 'folder' is .+; must be a text\. Name/);
    expect(() => paper.parseDistrict(null as never)).toThrow(/^parseDistrict: 'files' is null; must be an object\. Give/);
    expect(() => paper.trainingState('x' as never)).toThrow(/^trainingState: 'training' is 'x'; must be an object\. train/);
  }); // prettier-ignore
});
