import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../src/cli/main.js';
import { parseTable } from '../src/microgrid/csv.js';
import { loadDistrict, netZero, parseDistrict, syntheticDistrict, syntheticFolder } from '../src/index.js';

const files = syntheticFolder({ days: 2, buildings: 2 });
type Schema = { buildings: Record<string, Record<string, unknown>>; [name: string]: unknown };
/** The folder with another schema, and other files. */
const changed = (change: (schema: Schema) => void, more: Record<string, string> = {}) => {
  const schema = JSON.parse(files['schema.json']!) as Schema;
  change(schema);
  return { ...files, ...more, 'schema.json': JSON.stringify(schema) };
};
const first = (schema: Schema) => schema.buildings['Building_1']!;
const line = (of: string, row: number, with_: (line: string) => string) => {
  const lines = files[of]!.split('\n');
  lines[row - 1] = with_(lines[row - 1]!);
  return { ...files, [of]: lines.join('\n') };
};

describe('tables', () => {
  it('need names, each once', () => {
    expect(() => parseTable('1,2\n3,4\n', 'a.csv')).toThrow('a.csv, line 1: it has numbers alone; must have the names of the columns. Put them above.'); // prettier-ignore
    expect(() => parseTable('x,y,x\n1,2,3\n', 'a.csv')).toThrow(
      "a.csv, line 1: 'x' is there twice; must be there once.",
    );
  });
  it('are read in proportion to their columns', () => {
    const [names, values] = [(k: number) => `c${k}`, (k: number) => k].map((of) => Array.from({ length: 200_000 }, (_, k) => of(k)).join(',')); // prettier-ignore
    expect(parseTable(`${names}\n${values}\n`, 'wide.csv')['c199999']![0]).toBe(199_999); // minutes, were each name looked for among all
  });
});

describe('parseDistrict', () => {
  it('reads what the folder says', () => {
    const district = parseDistrict(files);
    expect(district).toMatchObject({ steps: 48, hours: 1, central: false, episodeSteps: null, ignored: [] });
    expect(district.buildings.map(({ name, pv }) => [name, pv])).toEqual([['Building_1', 4], ['Building_2', 4]]); // prettier-ignore
    expect(district.buildings[0]!.battery).toMatchObject({ capacity: 6.4, nominalPower: 5, efficiency: 0.9 });
    expect(district.shared).toContain('electricity_pricing');
    expect(parseDistrict(files, { buildings: ['Building_2'] }).buildings.map(({ name }) => name)).toEqual(['Building_2']); // prettier-ignore
  });

  it('reads a window, half-hour steps, and predictions that are named by hours', () => {
    const window = parseDistrict(changed((s) => Object.assign(s, { simulation_start_time_step: 24, simulation_end_time_step: 35, seconds_per_time_step: 1800 }))); // prettier-ignore
    expect([window.steps, window.hours]).toEqual([12, 0.5]);
    expect(window.buildings[0]!.columns['hour']![0]).toBe(24);
    const old = files['weather.csv']!.replace(/_predicted_1/g, '_predicted_6h').replace(/_predicted_2/g, '_predicted_12h').replace(/_predicted_3/g, '_predicted_24h'); // prettier-ignore
    expect(parseDistrict({ ...files, 'weather.csv': old }).buildings[0]!.columns).toEqual(parseDistrict(files).buildings[0]!.columns); // prettier-ignore
  });

  it.each([
    ['a missing file', changed((s) => (first(s)['weather'] = 'wether.csv')), "the schema names the file 'wether.csv', which is not there; must be among 6 files. Did you mean 'weather.csv'?"],
    ['no number', line('Building_1.csv', 5, (text) => text.replace(/^1,/, 'one,')), "Building_1.csv, line 5, column 'month': it is 'one'; must be a finite number."],
    ['NaN', line('pricing.csv', 3, (text) => text.replace(/^[^,]*/, 'NaN')), "pricing.csv, line 3, column 'electricity_pricing': it is 'NaN'"],
    ['an empty field', line('pricing.csv', 3, (text) => text.replace(/^[^,]*/, '')), "pricing.csv, line 3, column 'electricity_pricing': it is ''"],
    ['a ragged line', line('weather.csv', 7, (text) => `${text},1`), 'weather.csv, line 7: it has 17 fields; must have 16, as line 1.'],
    ['unequal lengths', { ...files, 'Building_2.csv': files['Building_2.csv']!.split('\n').slice(0, 40).join('\n') }, "'weather.csv' has 48 rows and 'Building_2.csv' 39; must be equal."],
    ['capacity 0', changed((s) => (first(s)['electrical_storage'] = { type: 'citylearn.energy_model.Battery', attributes: { capacity: 0, nominal_power: 5 } })), "parseDistrict: buildings.Building_1.electrical_storage: 'capacity' is 0; must be above 0"],
    ['efficiency above 1', changed((s) => (first(s)['electrical_storage'] = { type: 'citylearn.energy_model.Battery', attributes: { capacity: 1, nominal_power: 5, efficiency: 1.1 } })), "'efficiency' is 1.1; must be above 0 to 1."],
    ['knots that do not increase', changed((s) => (first(s)['electrical_storage'] = { type: 'citylearn.energy_model.Battery', attributes: { capacity: 1, nominal_power: 5, capacity_power_curve: [[0, 1], [0.5, 1], [0.5, 0.2]] } })), "'buildings.Building_1.electrical_storage.capacity_power_curve[2][0]' is 0.5; must be above the knot before."],
    ['an unknown device', changed((s) => (first(s)['pv'] = { type: 'citylearn.energy_model.Wind', attributes: {} })), "the type 'citylearn.energy_model.Wind' of 'pv' of building 'Building_1' is not supported; must be left out."],
    ['a charger', changed((s) => (first(s)['chargers'] = { a: {} })), "'chargers' of building 'Building_1' is not supported"],
    ['sizes that are drawn', changed((s) => (first(s)['pv'] = { type: 'citylearn.energy_model.PV', autosize: true })), "'autosize' of 'pv' of building 'Building_1' is not supported"],
    ['no seed', changed((s) => (s['random_seed'] = null)), "'random_seed' is null; must be an integer of at least 0. Give one as randomSeed."],
    ['no JSON', { ...files, 'schema.json': '{' }, "'schema.json' is no JSON"],
    ['no building', changed((s) => (s.buildings = {})), 'the schema includes no building; must include one.'],
  ] as const)('refuses %s', (_, of, message) => expect(() => parseDistrict(of)).toThrow(message)); // prettier-ignore

  it('lists what it leaves out where it is told to', () => {
    const odd = changed((s) => Object.assign(first(s), { chargers: { a: {} }, pv: { type: 'citylearn.energy_model.Wind' } })); // prettier-ignore
    const district = parseDistrict(odd, { ignoreUnsupported: true });
    expect(district.ignored).toEqual(["'chargers' of building 'Building_1'", "the type 'citylearn.energy_model.Wind' of 'pv' of building 'Building_1'"]); // prettier-ignore
    expect(district.buildings[0]!.pv).toBe(0);
    expect(() => parseDistrict(files, { buildings: ['Building_3'] })).toThrow("'buildings' is 'Building_3'; must be among Building_1, Building_2."); // prettier-ignore
  });
});

describe('synthetic', () => {
  it('has the sun of its latitude', () => {
    const noon = (latitude: number) => {
      const { buildings } = syntheticDistrict({ latitude, days: 365, buildings: 1 });
      const sun = buildings[0]!.columns['direct_solar_irradiance']!;
      const sunny = (from: number) => sun.subarray(24 * from, 24 * (from + 30)).filter((watt) => watt > 0).length / 30;
      return [sunny(0), sunny(157)] as const;
    };
    const [winter, summer] = noon(50);
    expect(winter).toBeGreaterThan(6.5);
    expect(winter).toBeLessThan(9.5);
    expect(summer).toBeGreaterThan(14.5);
    const [equator, always] = noon(0);
    expect(Math.abs(equator - always)).toBeLessThan(0.6);
  });

  it('says what is wrong', () => {
    expect(() => syntheticFolder({ latitude: 70 })).toThrow(
      "syntheticFolder: 'latitude' is 70; must be from -60 to 60.",
    );
    expect(() => syntheticFolder({ day: 3 } as never)).toThrow("Did you mean 'days'?");
    const district = syntheticDistrict({ days: 2 });
    expect(() => netZero(district, { shifted: true })).toThrow('whole days of one-hour steps, a year of 365 where it is shifted'); // prettier-ignore
    expect(() => netZero(district, { buildings: 3 })).toThrow("netZero: 'buildings' is 3; must be at most 2, the buildings of the base."); // prettier-ignore
    expect(() => netZero(district, { loadRatio: 1 })).toThrow("'loadRatio' is 1; must be from 0 to below 1.");
  });
});

describe('on the command line', () => {
  let folder: string;
  const run = async (...args: string[]) => {
    const [out, err] = [[] as string[], [] as string[]];
    const code = await main(args, { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => err.push(text) } }); // prettier-ignore
    return { code, out: out.join(''), err: err.join('') };
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fedtrpo-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads the folder as the map of its files is read', async () => {
    expect(await loadDistrict(folder)).toEqual(parseDistrict(files));
    await expect(loadDistrict(join(folder, 'none'))).rejects.toThrow('schema.json\' cannot be read (ENOENT); must be a file of a CityLearn folder.'); // prettier-ignore
  });

  it('prints indicators, and writes hours and a picture', async () => {
    const at = (name: string) => join(folder, name);
    const { code, out } = await run('simulate', folder, '--controller', 'persistence', '--csv', at('h.csv'), '--svg', at('d.svg')); // prettier-ignore
    expect(code).toBe(0);
    expect(out).toMatch(/^persistence, 47 hours/);
    expect(out).toMatch(/electricity_consumption_total +\d\.\d{4} +\d\.\d{4} +\d\.\d{4}/);
    expect((await readdir(folder)).filter((name) => /^(h-|d\.)/.test(name)).sort()).toEqual(['d.svg', 'h-Building_1.csv', 'h-Building_2.csv']); // prettier-ignore
  });

  it('bounds what a controller reaches, by the release', async () => {
    for (const physics of ['2.2', '3']) {
      expect((await run('simulate', folder, '--controller', 'mpc', '--physics', physics)).code).toBe(0);
      expect((await run('lp', folder, '--physics', physics, '--peak-price', '1')).out).toMatch(/emissions is at least \d/); // prettier-ignore
    }
  });

  it('says what is wrong, with code 2', async () => {
    expect(await run('simulate', folder, '--controller', 'best')).toMatchObject({ code: 2 });
    expect(await run('simulate', join(folder, 'none'))).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') as string }); // prettier-ignore
    expect(await run('simulate', folder, '--hours', '49')).toMatchObject({ code: 2, err: "fedtrpo: '--hours' is 49; must be from 2 to 48, the rows of the data from row 0.\n" }); // prettier-ignore
    expect(await run('lp', folder, '--alpha', '2')).toMatchObject({ code: 2 });
  });
});
