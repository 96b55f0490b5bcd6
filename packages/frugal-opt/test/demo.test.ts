/** The demo's page: 20 steps in headless Chromium, with the bits of Node. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { initialise, llama } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import { characterVocabulary } from '@assay-ml/datasets/text';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import { session, type Settings, type Told } from '../demo/session.js';
import { encodeModel } from '../src/cli/characters.js';

const text = Array.from({ length: 60 }, (_, k) => `Line ${k * k} says that ${k} is ${k % 3 === 0 ? 'a' : 'no'} multiple of three.`).join('\n'); // prettier-ignore
const settings: Settings = {
  ...{ text, method: 'frugal', projector: 'rows', rho: 0.25, rate: 3e-3, steps: 20, period: 8, batch: 16, seed: 0 },
  ...{ backend: 'wasm', model: null },
};
const told = async (changed: Partial<Settings> = {}) => {
  const all: Told[] = [];
  await session({ ...settings, ...changed }, (what) => void all.push(what));
  return all;
};
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const here = told();

it('learns, tells of its memory, and leaves no tensor', async () => {
  await here;
  const before = tf.memory().numTensors;
  const all = await told();
  expect(tf.memory().numTensors).toBe(before);
  expect(all.map(({ kind }) => kind)).toEqual(['begun', 'step', 'step', 'done']);
  const [, first, second, done] = all as [Told, Told & { kind: 'step' }, Told & { kind: 'step' }, Told & { kind: 'done' }]; // prettier-ignore
  expect([first.step, second.step]).toEqual([10, 20]);
  expect(second.loss).toBeLessThan(first.loss - 0.1);
  const network = llama({ vocabulary: characterVocabulary(text).size, width: 48, hidden: 128, layers: 2, heads: 4, context: 32 }); // prettier-ignore
  const count = (linear: boolean) => network.parameters.reduce((sum, { role, shape }) => sum + ((role === 'kernel') === linear ? shape.reduce((a, b) => a * b, 1) : 0), 0); // prettier-ignore
  expect(first.memory).toEqual({ own: 2 * count(true) + 8 * count(false), adamw: 8 * (count(true) + count(false)) });
  expect(done.loss).toBeLessThan(first.loss);
});

it('goes on from its own file, and refuses what is none', async () => {
  const { file, loss } = (await here).at(-1) as Told & { kind: 'done' };
  const again = await told({ model: file });
  expect((again[1] as Told & { kind: 'step' }).loss).toBeLessThan(((await here)[1] as Told & { kind: 'step' }).loss - 0.2); // prettier-ignore
  expect((again.at(-1) as Told & { kind: 'done' }).loss).toBeLessThan(loss);
  await expect(told({ model: file, text: `${text}ü` })).rejects.toThrow('U+00FC');
  await expect(told({ model: Uint8Array.of(1, 2, 3) })).rejects.toThrow('decodeSafetensors');
  await expect(told({ text: 'too short' })).rejects.toThrow("'the text' has 9 characters; must have more than 320");
  await expect(told({ rate: NaN })).rejects.toThrow("'rate");
  // A checkpoint of another program has no characters.
  await useBackend('wasm');
  const decoder = llama({ vocabulary: 3, width: 4, hidden: 4, layers: 1, heads: 1, context: 4 });
  const bytes = await encodeModel({ decoder, weights: initialise(decoder), vocabulary: characterVocabulary('abc') });
  const plain = Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('latin1').replace('"characters"', '"Characters"'), 'latin1')); // prettier-ignore
  await expect(told({ model: plain })).rejects.toThrow("must be one of 'frugal-opt train'");
});

it.skipIf(!chromium)(
  'the page trains in headless Chromium, with the weights of Node, bit for bit (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    const demo = new URL('../demo/', import.meta.url);
    const [, body] = /<body>([\s\S]*)<script/.exec(readFileSync(new URL('index.html', demo), 'utf8'))!;
    const printed = await printedInChromium(`
      document.body.innerHTML = ${JSON.stringify(body)};
      const { page } = await import(${JSON.stringify(new URL('main.ts', demo).pathname)});
      page();
      const element = (id) => document.getElementById(id);
      const fill = (name, value) => (element('settings').elements.namedItem(name).value = value);
      fill('text', ${JSON.stringify(text)});
      fill('steps', '20');
      fill('period', '8');
      element('start').click();
for (let k = 0; k < 2400 && !element('stop').disabled; k++) await new Promise((then) => setTimeout(then, 50));
      for (const id of ['status', 'loss', 'own', 'adamw', 'sample']) console.log(element(id).textContent);
      console.log(element('curve').getAttribute('points').split(' ').length);
      const bytes = await fetch(element('file').href).then((response) => response.arrayBuffer());
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      console.log(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));`);
    const [, , last, done] = (await here) as [Told, Told, Told & { kind: 'step' }, Told & { kind: 'done' }];
    const size = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
    expect(printed).toEqual([
      `done: loss ${done.loss.toFixed(3)} on the last tenth of the text`,
      `step 20: loss ${last.loss.toFixed(3)}`,
      size(last.memory.own),
      size(last.memory.adamw),
      last.sample,
      '2',
      hash(done.file),
    ]);
  },
  300_000,
);
