import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@assay-ml/networks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/cli/main.js';
import { byteCount, bytesText } from '../src/cli/text.js';
import { llamaShapes, plan } from '../src/index.js';

let folder: string;
const at = (name: string) => join(folder, name);

async function run(...args: string[]) {
  const [out, err] = [[] as string[], [] as string[]];
  const code = await main(args, { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => err.push(text) } }); // prettier-ignore
  return { code, out: out.join(''), err: err.join('') };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frugal-opt-'));
  const entries = {
    'embeddings.weight': { shape: [10, 4], data: new Float32Array(40) },
    'layer.query.weight': { shape: [4, 4], data: new Float32Array(16) },
    'layer.query.bias': { shape: [4], data: new Float32Array(4) },
    position_ids: { shape: [1, 6], data: new Int32Array(6) },
  };
  await writeFile(at('model.safetensors'), encodeSafetensors(entries));
  const single = { 'dense.weight': { shape: [4, 4], data: new Float32Array(16) } };
  await writeFile(at('single.safetensors'), encodeSafetensors(single));
  await writeFile(at('indices.safetensors'), encodeSafetensors({ position_ids: entries.position_ids }));
  await mkdir(at('layers'));
  const weights = [{ name: 'dense/kernel', shape: [8, 4], dtype: 'float32' }, { name: 'dense/bias', shape: [4], dtype: 'float32' }]; // prettier-ignore
  await writeFile(at('layers/model.json'), JSON.stringify({ weightsManifest: [{ paths: ['shard.bin'], weights }] }));
  await writeFile(at('broken.json'), '{"weightsManifest":[{"weights":[null]}]}');
});
afterAll(() => rm(folder, { recursive: true }));

it('--version says that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
  expect(await run('--version')).toMatchObject({ code: 0, out: `${version}\n` });
});

describe('frugal-opt plan', () => {
  it('prints the specification’s table', async () => {
    const { code, out } = await run('plan');
    expect(code).toBe(0);
    // Section 5: GiB of AdamW, FRUGAL at .25, at 0, and GaLore with its directions.
    const printed = {
      '60M': ['25.30 M', '32.78 M', '0.433', '0.291', '0.244', '0.305'],
      '130M': ['84.93 M', '49.17 M', '0.999', '0.525', '0.366', '0.571'],
      '350M': ['302.38 M', '65.59 M', '2.742', '1.052', '0.489', '1.216'],
      '1B': ['1207.91 M', '131.17 M', '9.977', '3.227', '0.977', '3.883'],
      '3B': ['2521.83 M', '164.01 M', '20.01', '5.919', '1.222', '7.286'],
      '7B': ['6476.01 M', '262.41 M', '50.21', '14.02', '1.955', '17.52'],
    };
    const lines = out.split('\n').map((line) => line.split(/ {2,}/));
    for (const [name, row] of Object.entries(printed)) expect(lines).toContainEqual([name, ...row]);
  });

  it('compares the methods on a size, to the byte of the library', async () => {
    const { out } = await run('plan', 'llama-130M', '--rho', '0.25', '--json');
    const plans = JSON.parse(out) as { label: string; total: number }[];
    expect(plans.map(({ label }) => label)).toContain('galore, rho 0.25');
    const own = plan(llamaShapes('130M'), { projector: 'columns', rho: 0.25 }).total;
    expect(plans.find(({ label }) => label === 'frugal, columns, rho 0.25')!.total).toBe(own);
  });

  it('reads the header of a safetensors file, and leaves out what is no weight', async () => {
    const { code, out } = await run('plan', at('model.safetensors'), '--method', 'frugal', '--rho', '0.5');
    expect(code).toBe(0);
    expect(out).toContain('60 weights in 3 tensors, float32');
    // 240 of weights; state 8 · (40 + 4) and half of 8 · 16.
    expect(out).toMatch(/^frugal, columns, rho 0\.5 +240 B +240 B +416 B +0 B +896 B$/m);
  });

  it('finds rho for a budget, and says what the least is', async () => {
    expect(await run('plan', at('model.safetensors'), '--budget', '896')).toMatchObject({ code: 0, out: expect.stringContaining('frugal, rho 0.734375') }); // prettier-ignore
    expect(await run('plan', at('model.safetensors'), '--budget', '400B')).toMatchObject({
      code: 2,
      err: "fit: 'budget' is 400; must be at least 832 bytes. Weights and gradients alone take 480.\n",
    });
  });

  it('takes folders of tfjs-layers', async () => {
    const { out } = await run('plan', at('layers'), '--method', 'adamw');
    expect(out).toMatch(/^adamw +144 B +144 B +288 B +0 B +576 B$/m);
  });

  it.each([
    [['plan', '--rho', '0.5'], /'--rho' is 0.5; must be left out without a model/],
    [['plan', 'llama-12B'], /'model' is 'llama-12B'; must be llama- with one of 9M/],
    [['plan', 'nowhere.safetensors'], /'nowhere.safetensors' cannot be opened \(ENOENT\)/],
    [['plan', 'llama-60M', '--rho', '1.5'], /'rho' is 1.5; must be from 0 to 1/],
    [['plan', 'llama-60M', '--budget', 'much'], /Must be bytes, as 2GB, 512MiB or 1000000/],
    [['plan', 'llama-60M', '--budget', '1GB', '--rho', '0.5'], /'--rho' is 0.5; must be left out with --budget/],
    [['plan', 'llama-60M', '--ro', '1'], /unknown option '--ro'/],
    [['plan', '--free', 'q_proj'], /'--free' is q_proj; must be left out without a model/],
    [['plan', 'llama-60M', '--free', '('], /'groups.match' is '\('; must be the text of a regular expression/],
    [['plan', 'llama-60M', '--method', 'adamw', '--rho', '0.5'], /'--rho' is 0.5; must be left out with 'adamw'/],
    [
      ['plan', 'llama-60M', '--method', 'lion', '--project', 'norm'],
      /'--project' is norm; must be left out with 'lion'/,
    ],
    [['plan', 'llama-60M', '--rank', '0'], /'--rank' is 0; must be an integer of at least 1/],
    [
      ['plan', 'llama-60M', '--budget', '1GB', '--method', 'lora'],
      /'--budget' is 1000000000; must be left out with 'lora', which has no rho/,
    ],
  ])('%j is refused', async (args, said) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(said);
  });

  it('compares the methods that can, and says why another cannot', async () => {
    const { code, out } = await run('plan', at('single.safetensors'));
    expect(code).toBe(0);
    expect(out).toMatch(/^frugal, columns, rho 0\.25 +64 B +64 B +32 B +0 B +160 B$/m);
    expect(out).toMatch(/^badam, rho 0\.25 +– +– +– +– +–$/m);
    expect(out).toContain("badam, rho 0.25: frugal: 'rho' is 0.25; must be at least 0.5 for 1 blocks.");
  });

  it('names a file without weights', async () => {
    expect((await run('plan', at('indices.safetensors'))).err).toContain('has no weights; must have at least one tensor of floats'); // prettier-ignore
  });

  it('names a model.json without a manifest', async () => {
    expect((await run('plan', at('broken.json'))).err).toContain('is no model of tfjs-layers; must have a weightsManifest'); // prettier-ignore
  });
});

it('frugal-opt inspect says how each tensor is treated, and why', async () => {
  const { out } = await run('inspect', at('model.safetensors'), '--frozen', '^embeddings');
  expect(out).toMatch(/^embeddings\.weight +\[10, 4\] +frozen +0 B +the group '\^embeddings' takes it$/m);
  expect(out).toMatch(/^layer\.query\.weight +\[4, 4\] +projectable +32 B +linear: its shape is \[4, 4\]$/m);
  expect(out).toMatch(/^layer\.query\.bias +\[4\] +regular +32 B +bias: its shape, \[4\], is no matrix$/m);
});

describe('frugal-opt train', () => {
  const letters = 'to be or not to be, that is the question: ';
  const small = ['--width', '8', '--hidden', '12', '--layers', '1', '--heads', '2', '--context', '16', '--batch', '4', '--steps', '230', '--sample', '20', '--backend', 'wasm']; // prettier-ignore
  beforeAll(() => writeFile(at('text.txt'), letters.repeat(40)));

  it('learns, and goes on where it was stopped, to the same bits', async () => {
    const whole = await run('train', at('text.txt'), '--out', at('whole.safetensors'), ...small);
    expect(whole.code).toBe(0);
    const [, loss] = /test loss (\d\.\d+), perplexity/.exec(whole.out)!;
    // Of 17 equally likely characters it is 2.83.
    expect(Number(loss)).toBeLessThan(2);
    expect(whole.out.trimEnd().split('\n').at(-1)!.length).toBeGreaterThanOrEqual(27);

    // A terminal that is gone ends the training once its first state is written.
    const broken = { stdout: { write: () => 0 }, stderr: { write: (text: string) => { if (text.startsWith('step')) throw new Error('EPIPE'); } } }; // prettier-ignore
    const line = ['train', at('text.txt'), '--out', at('stopped.safetensors'), ...small];
    await expect(main(line, broken).catch(() => 'gone')).resolves.toBe(2);
    await expect(readFile(at('stopped.safetensors'))).rejects.toThrow('ENOENT');
    expect((await run(...line, '--seed', '1')).err).toContain('is the state of another training');
    const { code, err } = await run(...line);
    expect([code, err.split('\n')[0]]).toEqual([0, 'goes on from step 200']);
    expect(await readFile(at('stopped.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
    await expect(readFile(at('stopped.safetensors.training'))).rejects.toThrow('ENOENT');
  });

  it('refuses a path that exists and a text that is too short, before it trains', async () => {
    expect((await run('train', at('text.txt'), '--out', at('broken.json'))).err).toContain("'--out' is '" + at('broken.json') + "', which exists"); // prettier-ignore
    await writeFile(at('short.txt'), letters);
    expect((await run('train', at('short.txt'), '--out', at('x.safetensors'))).err).toContain("has 42 characters; must have more than 640 with a context of 64"); // prettier-ignore
    await writeFile(at('empty.txt'), '');
    expect((await run('train', at('empty.txt'), '--out', at('x.safetensors'))).err).toContain(
      'is empty; must be a text',
    );
    const nowhere = at('nowhere/x.safetensors');
    expect((await run('train', at('text.txt'), '--out', nowhere)).err).toBe(`frugal-opt: '--out' is '${nowhere}', whose folder is not there; must be in one that is. Make it first.\n`); // prettier-ignore
    const within = at('text.txt/x.safetensors');
    expect((await run('train', at('text.txt'), '--out', within)).err).toContain(`'--out' is '${within}', whose folder is not there`); // prettier-ignore
    expect((await run('train', at('text.txt'), '--out', at('layers'), '--overwrite')).err).toContain('which is a folder'); // prettier-ignore
    expect((await run('train', at('text.txt'), '--out', '')).err).toContain("'--out' is '', which is a folder");
    await writeFile(at('latin.txt'), Uint8Array.of(0x66, 0xfc, 0x72));
    expect((await run('train', at('latin.txt'), '--out', at('x.safetensors'))).err).toContain('is not in UTF-8; must be a text'); // prettier-ignore
    expect((await run('train', at('layers'), '--out', at('x.safetensors'))).err).toContain("layers' cannot be read (EISDIR)"); // prettier-ignore
  });

  it.each([
    [['--steps', '0'], "'--steps' is 0; must be an integer of at least 1"],
    [['--context', '1'], "'--context' is 1; must be an integer of at least 2"],
    [['--batch', '2.5'], "'--batch' is 2.5"],
    [['--sample', '-5'], "'--sample' is -5"],
    [['--rate', '0'], "'--rate' is 0; must be a finite number > 0"],
    [['--rho', '2'], "'rho' is 2; must be from 0 to 1"],
    [['--method', 'adamw', '--rho', '0.5'], "'--rho' is 0.5; must be left out with 'adamw', which splits nothing"],
    [['--method', 'muon', '--projector', 'svd'], "'projector' is 'svd'; must be left out"],
  ])('%j is refused', async (flags, said) => {
    const { code, err } = await run('train', at('text.txt'), '--out', at('x.safetensors'), ...small, ...flags);
    expect(code).toBe(2);
    expect(err).toContain(said);
    await expect(readFile(at('x.safetensors.training'))).rejects.toThrow('ENOENT');
  });

  it('takes a single step', async () => {
    expect((await run('train', at('text.txt'), '--out', at('one.safetensors'), ...small, '--steps', '1')).code).toBe(0);
  });
});

it('reads and writes sizes', () => {
  expect(['2GB', '512MiB', '1.5 kB', '1000', '7B'].map(byteCount)).toEqual([2e9, 2 ** 29, 1500, 1000, 7]);
  expect(['', 'x', '-1', '1ZB', '1e9'].map(byteCount)).toEqual([null, null, null, null, null]);
  expect([1023, 1024, 1.5 * 2 ** 20, 2 ** 31].map(bytesText)).toEqual(['1023 B', '1 KiB', '1.5 MiB', '2 GiB']);
});
