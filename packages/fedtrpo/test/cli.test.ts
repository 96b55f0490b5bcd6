import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../src/cli/main.js';
import { partOf, split } from '../src/cli/parts.js';
import { evaluate, learned, loadDistrict, loadPolicy, persistence, savePolicy, syntheticFolder } from '../src/index.js';

const files = syntheticFolder({ days: 5, buildings: 5 });
let folder: string;
const at = (name: string) => join(folder, name);
async function run(args: readonly string[], heard: (text: string) => void = () => undefined) {
  const [out, err] = [[] as string[], [] as string[]];
  const code = await main(args, { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => (err.push(text), heard(text)) } }); // prettier-ignore
  return { code, out: out.join(''), err: err.join('') };
}
const training = (out: string, ...more: string[]) => ['train', folder, '--out', at(out), '--iterations', '10', '--episodes', '2', '--hidden', '4', ...more]; // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedtrpo-'));
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
});
afterAll(() => rm(folder, { recursive: true }));

it('parts are a fifth, a fifth and the rest, disjoint, in order', () => {
  const items = Array.from({ length: 17 }, (_, k) => k);
  const parts = split(items, stream(0, 'test'));
  expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([11, 3, 3]);
  expect([...parts.train, ...parts.validation, ...parts.test].sort((a, b) => a - b)).toEqual(items);
  for (const part of Object.values(parts)) expect(part).toEqual([...part].sort((a, b) => a - b));
  expect(partOf(parts, (k) => k === parts.test[1])).toBe('test');
  expect(partOf(parts, (k) => k === 17)).toBeUndefined();
});

describe('fedtrpo train', () => {
  it('writes a policy and judges it by parts, as evaluate does again, to the bits of the library', async () => {
    const { code, out, err } = await run(training('policy.json'));
    expect(err.split('\n').slice(0, 2)).toEqual([expect.stringMatching(/^iteration 5 of 10: reward of an episode -\d/), expect.stringMatching(/^iteration 10 of 10/)]); // prettier-ignore
    expect(code).toBe(0);
    expect((await readdir(folder)).filter((name) => name.startsWith('policy'))).toEqual(['policy.json']);
    const again = await run(['evaluate', folder, '--controller', at('policy.json'), '--csv', at('days.csv')]);
    expect(again).toEqual({ code: 0, out, err: '' });
    // 3, 1 and 1 of the buildings and of the days.
    const counts = out.split('\n').flatMap((line) => /^(\w+) +(\w+) +(\d+)  /.exec(line)?.slice(1) ?? []);
    expect(counts).toEqual(['train', 'train', '9', 'train', 'validation', '3', 'train', 'test', '3', 'validation', 'train', '3', 'validation', 'validation', '1', 'validation', 'test', '1', 'test', 'train', '3', 'test', 'validation', '1', 'test', 'test', '1']); // prettier-ignore
    const district = await loadDistrict(folder);
    const policy = loadPolicy(JSON.parse(await readFile(at('policy.json'), 'utf8')) as Json);
    const environment = { length: 24 };
    const starts = [0, 24, 48, 72, 96];
    const [own, rule] = [learned(policy), persistence].map((controller) => evaluate(controller, district, { starts, environment })); // prettier-ignore
    const [names, ...lines] = (await readFile(at('days.csv'), 'utf8')).trim().split('\n');
    expect(names).toBe('building,buildings,first_row,days,objective,objective_without_battery,objective_persistence');
    expect(lines.map((line) => line.split(',').filter((_, k) => k !== 1 && k !== 3))).toEqual(own!.map(({ building, start, objective, without }, i) => [building, start, objective, without, rule![i]!.objective].map(String))); // prettier-ignore
    await rm(at('policy.json'));
  });

  it('goes on where it was interrupted, bit for bit, and under the same flags alone', async () => {
    await run(training('whole.json'));
    const stopped = await run(training('policy.json'), (text) => void (text.startsWith('iteration 5') && process.emit('SIGINT'))); // prettier-ignore
    expect(stopped).toMatchObject({ code: 130, out: '', err: expect.stringMatching(/the same command goes on from iteration 5\n$/) as string }); // prettier-ignore
    expect((await readdir(folder)).filter((name) => name.startsWith('policy'))).toEqual(['policy.json.training']);
    const other = await run(training('policy.json', '--seed', '1'));
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('is a training of other flags or data; must be of these. Delete it') as string }); // prettier-ignore
    const done = await run(training('policy.json'));
    expect(done.err).toMatch(/^goes on from iteration 5\niteration 10 of 10/);
    expect(await readFile(at('policy.json'), 'utf8')).toBe(await readFile(at('whole.json'), 'utf8'));
    expect((await readdir(folder)).filter((name) => name.endsWith('.training'))).toEqual([]);
    expect((await run(training('policy.json'))).err).toContain('which exists; must be a new path. Say --overwrite to train anew.'); // prettier-ignore
    await rm(at('policy.json'));
    await rm(at('whole.json'));
  });

  it('selects by name, says so, and trains in every federation', async () => {
    for (const federation of ['fedsgd', 'fedavg']) {
      const { out } = await run(training('policy.json', '--federation', federation, '--select', 'test', '--personal', '--project', '--overwrite', '--method', 'ppo', '--physics', '2.2')); // prettier-ignore
      expect(out).toContain(`PPO, ${federation}: 0.4 × cost + 0.6 × emissions of a day of a building, means. Parts are those of its training; the best iteration by its test days.`); // prettier-ignore
    }
    const of = (...flags: string[]) => run(['simulate', folder, '--controller', at('policy.json'), ...flags]);
    expect((await of('--physics', '2.2')).out).toMatch(/^PPO, fedavg, 120 hours/);
    expect((await of()).err).toContain(`fedtrpo: '--physics' is '3'; must be '2.2', which '${at('policy.json')}' was trained in.`); // prettier-ignore
    await rm(at('policy.json'));
  });

  it('takes a policy of the library, whose days are all new', async () => {
    await run(training('policy.json'));
    const { policy, name } = { policy: loadPolicy(JSON.parse(await readFile(at('policy.json'), 'utf8')) as Json), name: at('policy.json') }; // prettier-ignore
    await writeFile(name, JSON.stringify(savePolicy(policy)));
    const { out } = await run(['evaluate', folder, '--controller', name]);
    expect(out).toMatch(/^learned: .*means\.\n/);
    expect(out).toMatch(/\nnew +new +25 /);
    // Another folder's building of the same name is no building of the training.
    await run(training('policy.json', '--overwrite'));
    const other = await mkdtemp(join(tmpdir(), 'fedtrpo-'));
    for (const [file, text] of Object.entries(syntheticFolder({ days: 5, buildings: 5, seed: 9 }))) await writeFile(join(other, file), text); // prettier-ignore
    expect((await run(['evaluate', other, '--controller', name])).out).toMatch(/\nnew +train +15 /);
    await rm(other, { recursive: true });
    await rm(name);
  });
});

function withoutBatteries(schema: string): string {
  const read = JSON.parse(schema) as { buildings: Record<string, { electrical_storage?: unknown }> };
  for (const building of Object.values(read.buildings)) delete building.electrical_storage;
  return JSON.stringify(read);
}

describe('what is wrong is named with code 2, and nothing is written', () => {
  const strange = {
    'bare.json': withoutBatteries(files['schema.json']!),
    'array.json': '[]',
    'text.json': 'policy',
    'empty.json': '{"schema":1}',
    'sparse.json': '{"schema":1,"observations":["hour_cos"],"hidden":[2],"groupWidth":0,"floor":-5,"squash":"clip","theta":{"float64":""},"encoding":null,"filter":null}', // prettier-ignore
  };
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['a controller', ['simulate', '@', '--controller', 'best'], "fedtrpo: '--controller' is 'best'; must be none, random, rule, persistence, greedy, mpc, lp or the .json file of a policy."],
    ['a policy that is not there', ['simulate', '@', '--controller', '@/none.json'], "none.json' cannot be read (ENOENT); must be a file of 'fedtrpo train'."],
    ['a policy that is none', ['evaluate', '@', '--controller', '@/array.json'], "loadPolicy: 'schema' is undefined; must be 1. It must be what savePolicy wrote."],
    ['a policy of words', ['evaluate', '@', '--controller', '@/text.json'], "text.json' is no JSON; must be a file of 'fedtrpo train'"],
    ['an empty policy', ['evaluate', '@', '--controller', '@/empty.json'], "loadPolicy: 'observations' is undefined; must be names. The file is damaged."],
    ['a policy without parameters', ['simulate', '@', '--controller', '@/sparse.json'], "loadPolicy: 'theta' is an array of 0; must be 8 finite numbers. The file is damaged."],
    ['a day that is not simulated', ['simulate', '@', '--svg', '@/d.svg', '--csv', '@/h.csv', '--day', '5'], "fedtrpo: '--day' is 5; must be below 5, the days that are simulated."],
    ['a folder that is not there', ['simulate', '@', '--csv', '@/no/h.csv'], "whose folder is not there; must be in one that is. Make it first."],
    ['a folder for a file', ['simulate', '@', '--svg', '@'], 'a folder; must be a file.'],
    ['a start behind the data', ['simulate', '@', '--start', '119'], "fedtrpo: '--start' is 119; must be at most 118"],
    ['a window behind the data', ['evaluate', '@', '--start', '100', '--hours', '24'], "fedtrpo: '--hours' is 24; must be from 2 to 20, the rows of the data from row 100."],
    ['less than a day', ['evaluate', '@', '--hours', '12'], "fedtrpo: '--hours' is 12; must be at least 24, the rows of a day."],
    ['hours that are no number', ['lp', '@', '--hours', 'many'], "option '--hours <n>' argument 'many' is invalid. Must be a number."],
    ['a program without an optimum', ['lp', '@/bare.json', '--export-limit', '0'], 'dispatch: the linear program is infeasible; must have an optimum.'],
    ['no place for the policy', ['train', '@'], "required option '--out <file>' not specified"],
    ['δ of 0', ['train', '@', '--out', '@/p.json', '--delta', '0'], "train: 'delta' is 0; must be"],
    ['δ of PPO', ['train', '@', '--out', '@/p.json', '--method', 'ppo', '--delta', '1'], "'delta' is no option"],
    ['few days', ['train', '@', '--out', '@/p.json', '--hours', '96'], 'fedtrpo: there are 4 whole days; must be at least 5'],
    ['no iteration', ['train', '@', '--out', '@/p.json', '--iterations', '0'], "fedtrpo: 'iterations' is 0; must be an integer of at least 1."],
    ['no episode', ['train', '@', '--out', '@/p.json', '--episodes', '0'], 'A client without data cannot take part.'],
    ['updates that nobody averages', ['train', '@', '--out', '@/p.json', '--local-updates', '2'], "must be 'fedavg' where clients update more than once"],
    ['no units', ['train', '@', '--out', '@/p.json', '--hidden', '0'], "is 0; must be an integer of at least 1."],
    ['buildings without batteries', ['train', '@/bare.json', '--out', '@/p.json'], "has no battery and the actions [electrical_storage]; must have one and electrical_storage alone. Leave out the others."],
    ['a building that is not there', ['train', '@', '--out', '@/p.json', '--buildings', 'Building_9'], "'buildings' is 'Building_9'; must be among Building_1"],
  ]; // prettier-ignore
  it.each(cases)('%s', async (_, args, message) => {
    for (const [name, text] of Object.entries(strange)) await writeFile(at(name), text);
    const before = await readdir(folder);
    const { code, out, err } = await run(args.map((arg) => arg.replace('@', folder)));
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringContaining(message) as string });
    expect(await readdir(folder)).toEqual(before);
  });

  it('a policy of other observations, with both lists', async () => {
    await run(training('policy.json'));
    const schema = JSON.parse(files['schema.json']!) as { observations: Record<string, { active: boolean }> };
    schema.observations['solar_generation']!.active = false;
    await writeFile(at('schema.json'), JSON.stringify(schema));
    const { code, err } = await run(['simulate', folder, '--controller', at('policy.json')]);
    await writeFile(at('schema.json'), files['schema.json']!);
    expect(code).toBe(2);
    expect(err).toMatch(/^learned: 'observations of 'Building_1'' is .*hour_cos.*; must be .*solar_generation.*\. Give the environment the observations that the policy was trained on\.\n$/); // prettier-ignore
  });
});
