/** The package and its page in headless Chromium, with the bits of Node. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import { type Hour, session, type Settings } from '../demo/session.js';
import * as fedtrpo from '../src/index.js';

const { Environment, parseDistrict, persistence, savePolicy, simulate, syntheticFolder, train } = fedtrpo;
const settings: Settings = { files: null, controller: 'none', policy: null, physics: '3', hours: 30 };
const told = async (changed: Partial<Settings> = {}) => {
  const all: Hour[] = [];
  for await (const hour of session({ ...settings, ...changed })) all.push(hour);
  return all;
};

it('tells what a run of the library comes to, of a folder and of made-up households', async () => {
  const files = syntheticFolder({ days: 2, buildings: 3, seed: 4 });
  const environment = new Environment(parseDistrict(files), { length: 31 });
  const run = simulate(environment, persistence, { starts: [0] });
  const all = await told({ files, controller: 'persistence' });
  expect(all).toHaveLength(30);
  expect(all.map(({ soc }) => soc).flat()).toEqual([...run.soc]);
  expect(all.at(-1)!.cost).toBeCloseTo(
    run.cost.reduce((a, b) => a + b, 0),
    10,
  );
  expect(all.at(-1)!.buildings).toEqual(['Building_1', 'Building_2', 'Building_3']);
  const [idle] = await told({ hours: 1 });
  expect([idle!.net, idle!.cost]).toEqual([idle!.netWithout, idle!.costWithout]);
  expect(await told({ hours: 1000 })).toHaveLength(167);
});

it('plays a policy, and says what is none', async () => {
  const district = parseDistrict(syntheticFolder({ days: 2 }));
  const { general } = train(district, { method: { name: 'trpo' }, iterations: 2, episodes: 1, starts: [0], environment: { physics: '3' } }); // prettier-ignore
  const files = syntheticFolder({ days: 2 });
  const all = await told({ files, controller: 'policy', policy: JSON.stringify(savePolicy(general!)) });
  expect(all.some(({ soc }) => soc[0]! > 0)).toBe(true);
  await expect(told({ controller: 'policy' })).rejects.toThrow("loadPolicy: 'schema' is undefined; must be 1.");
  await expect(told({ files: {} })).rejects.toThrow("must be a map with 'schema.json'");
});

/** A folder as a map of texts, under MPC. */
async function indicators({ Environment, kpis, mpc, parseDistrict, simulate, syntheticFolder }: typeof fedtrpo): Promise<string[]> {
  const environment = new Environment(parseDistrict(syntheticFolder({ days: 2 })), { length: 25 });
  const run = simulate(environment, await mpc({ forecast: 'perfect', horizon: 12 }), { starts: [0] });
  return kpis(run, environment.agents).map(({ kpi, name, ratio }) => `${kpi} ${name} ${ratio}`);
} // prettier-ignore

it.skipIf(!chromium)(
  'a folder’s texts and the page run in headless Chromium, bit for bit (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    const demo = new URL('../demo/', import.meta.url);
    const [, body] = /<body>([\s\S]*)<script/.exec(readFileSync(new URL('index.html', demo), 'utf8'))!;
    const printed = await printedInChromium(`
      import * as fedtrpo from '@assay-ml/fedtrpo';
      for (const line of await (${indicators})(fedtrpo)) console.log(line);
      document.body.innerHTML = ${JSON.stringify(body)};
      const { page } = await import(${JSON.stringify(new URL('main.ts', demo).pathname)});
      page();
      const element = (id) => document.getElementById(id);
      const fill = (name, value) => (element('settings').elements.namedItem(name).value = value);
      fill('controller', 'foresight');
      fill('hours', '30');
      fill('speed', '1000');
      element('start').click();
      await new Promise((then) => setTimeout(then, 50));
      for (let k = 0; k < 2400 && !element('stop').disabled; k++) await new Promise((then) => setTimeout(then, 50));
      for (const id of ['status', 'levels']) console.log(element(id).textContent);
      for (const id of ['soc', 'net']) console.log(element(id).innerHTML);`);
    const here = await indicators(fedtrpo);
    expect(printed.slice(0, here.length)).toEqual(here);
    const all = await told({ controller: 'foresight' });
    const { cost, costWithout, soc } = all.at(-1)!;
    const [status, levels, charge, net] = printed.slice(here.length);
    expect(status).toBe(`hour 30: cost ${cost.toFixed(3)}, without batteries ${costWithout.toFixed(3)}, ${(100 * (1 - cost / costWithout)).toFixed(1)} % less`); // prettier-ignore
    expect(levels).toBe(`Building_1 ${(100 * soc[0]!).toFixed(1)} %, Building_2 ${(100 * soc[1]!).toFixed(1)} %`);
    const points = [0, 1].map((b) => all.map(({ soc: level }, h) => `${10 * h},${(150 * (1 - level[b]!)).toFixed(2)}`).join(' ')); // prettier-ignore
    expect([...charge!.matchAll(/points="([^"]*)"/g)].map(([, drawn]) => drawn)).toEqual(points);
    expect(net!.match(/<polyline/g)).toHaveLength(2);
  },
  300_000,
);
