import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { decodeSafetensors, initialise, mlp, saveWeights } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/cli/main.js';
import { openModel } from '../src/cli/files.js';
import { parseNpy } from '../src/cli/npy.js';
import { decodeMask, isKept, prune, totals } from '../src/index.js';

let folder: string;
const at = (name: string) => join(folder, name);

const run = (...args: string[]) => runWith(new Uint8Array(), ...args);

async function runWith(stdin: Uint8Array, ...args: string[]) {
  const [out, err] = [[] as string[], [] as string[]];
  const code = await main(args, { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => err.push(text) }, stdin: Readable.from([stdin.subarray(0, 9), stdin.subarray(9)]) }); // prettier-ignore
  return { code, out: out.join(''), err: err.join('') };
}

/** What numpy.save writes: format version 1, header padded to 64 bytes. */
function npy(descr: string, shape: string, data: Uint8Array, order = 'False'): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return new Uint8Array(Buffer.concat([head, Buffer.from(header, 'latin1'), data]));
}
const bytesOf = (values: Float32Array | BigInt64Array | Float64Array) => new Uint8Array(values.buffer);

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'fts-prune-'));
  const net = tfl.sequential();
  net.add(tfl.layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 1] }));
  net.add(tfl.layers.flatten());
  net.add(tfl.layers.dense({ units: 2, activation: 'softmax' }));
  const draws = Float32Array.from(stream(1, 'cli.test').fillNormal(new Float64Array(27 + 54)));
  net.setWeights([tf.tensor4d(draws.slice(0, 27), [3, 3, 1, 3]), tf.zeros([3]), tf.tensor2d(draws.slice(27), [27, 2]), tf.zeros([2])]); // prettier-ignore
  await net.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      await import('node:fs/promises').then(({ mkdir }) => mkdir(at('model')));
      // In two shards, as model.save writes large models.
      const all = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      await writeFile(join(at('model'), 'shard1.bin'), all.slice(0, 100));
      await writeFile(join(at('model'), 'shard2.bin'), all.slice(100));
      await writeFile(join(at('model'), 'model.json'), JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['shard1.bin', 'shard2.bin'], weights: weightSpecs }] })); // prettier-ignore
      return { modelArtifactsInfo: {} as tf.io.ModelArtifactsInfo };
    }),
  );
  const network = mlp({ inputs: 4, hidden: [6], classes: 2 });
  await writeFile(at('mlp.safetensors'), await saveWeights(network, initialise(network)));
  const x = Float32Array.from(stream(2, 'cli.test').fillNormal(new Float64Array(12 * 25)));
  await writeFile(at('x.npy'), npy('<f4', '(12, 5, 5, 1)', bytesOf(x)));
  await writeFile(at('y.npy'), npy('<i8', '(12,)', bytesOf(BigInt64Array.from({ length: 12 }, (_, i) => BigInt(i % 2))))); // prettier-ignore
  await writeFile(at('y11.npy'), npy('<i8', '(11,)', bytesOf(new BigInt64Array(11))));
  await writeFile(at('flat.npy'), npy('<f4', '(12, 25)', bytesOf(x)));
});
afterAll(() => rm(folder, { recursive: true }));

it('--version says that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
  expect(await run('--version')).toMatchObject({ code: 0, out: `${version}\n` });
});

describe('fts-prune prune', () => {
  it('writes a model that the library reads, with the mask the library makes', async () => {
    const { code, out, err } = await run('prune', at('model'), '--sparsity', '0.7', '--out', at('pruned'), '--mask', at('m.mask'), '--data', at('x.npy'), '--labels', at('y.npy'), '--backend', 'wasm'); // prettier-ignore
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/conv2d_Conv2D\d+\/kernel +\[3, 3, 1, 3\] +9 +27 +33\.33 %/);
    expect(out).toContain('fts kept 9 of 27 prunable weights (sparsity 0.6667); computed on');
    const mask = decodeMask(await readFile(at('m.mask')));
    const [original, pruned] = [await openModel(at('model')), await openModel(join(at('pruned'), 'model.json'))];
    const x = parseNpy(await readFile(at('x.npy')), 'x').values;
    const own = await prune(
      original.model,
      { x, y: Array.from({ length: 12 }, (_, i) => i % 2) },
      { sparsity: 0.7, apply: false },
    );
    expect(mask.layers[0]!.bits).toEqual(own.mask.layers[0]!.bits);
    const [before, after] = await Promise.all([original, pruned].map(({ model }) => Promise.all(model.values().parameters.map((t) => t.data())))); // prettier-ignore
    after![0]!.forEach((w, i) => expect(w + 0).toBe(isKept(mask.layers[0]!, i) ? before![0]![i] : 0));
    expect(after!.slice(1)).toEqual(before!.slice(1));
  });

  it('without data prunes by magnitude, and says so; safetensors too', async () => {
    const { code, err } = await run('prune', at('mlp.safetensors'), '--sparsity', '0.5', '--out', at('half.safetensors'), '--backend', 'wasm'); // prettier-ignore
    expect({ code, err }).toEqual({ code: 0, err: 'No --data: pruning by magnitude. Without data there are random, magnitude, synflow.\n' }); // prettier-ignore
    const before = decodeSafetensors(new Uint8Array(await readFile(at('mlp.safetensors'))));
    const after = decodeSafetensors(new Uint8Array(await readFile(at('half.safetensors'))));
    expect(after.metadata).toEqual(before.metadata);
    let zeros = 0;
    for (const [name, { data }] of Object.entries(before.entries)) {
      const pruned = after.entries[name]!.data;
      const isKernel = name.endsWith('.kernel') && !name.startsWith('classifier');
      const kept = data.filter((_, i) => pruned[i] !== 0).map(Math.abs);
      const gone = data.filter((_, i) => pruned[i] === 0).map(Math.abs);
      if (isKernel) {
        zeros += gone.length;
        expect(Math.max(...gone)).toBeLessThan(Math.min(...kept));
      } else expect(pruned).toEqual(data);
    }
    expect(zeros).toBe(12);
  });

  it('synflow needs no data; --json gives the report', async () => {
    const { code, out } = await run('prune', at('model'), '--criterion', 'synflow', '--sparsity', '0.9', '--out', at('flow'), '--json', '--backend', 'wasm'); // prettier-ignore
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ criterion: 'synflow', kept: 3, count: 27, warnings: [] });
  });

  it.each([
    [['--sparsity', '0.5', '--out', 'OUT', '--criterion', 'fts'], "'--criterion fts' needs examples; without --data and --labels there are random, magnitude, synflow."], // prettier-ignore
    [['--sparsity', '0.5', '--out', 'OUT', '--data', 'x.npy'], "'--data' and '--labels' go together; one of them is missing. Give both, or neither."], // prettier-ignore
    [['--sparsity', '0.5', '--out', 'model'], 'which exists; must be a new path. Nothing is overwritten.'],
    [['--sparsity', '0.5', '--out', 'OUT', '--mask', 'x.npy'], "fts-prune: '--mask' is"],
    [['--sparsity', '1', '--out', 'OUT'], "prune: 'sparsity' is 1; must be from 0 to below 1."],
    [['--sparsity', 'half', '--out', 'OUT'], "option '--sparsity <s>' argument 'half' is invalid. Must be a number."],
    [['--out', 'OUT'], "fts-prune: '--sparsity' is missing; must be given, or one of --pattern, --flops and --bytes. It says how much stays."], // prettier-ignore
    [
      ['--sparsity', '0.5', '--bytes', '90', '--out', 'OUT'],
      "select: 'bytes' is 90; must be left out beside 'sparsity'.",
    ],
    [['--sparsity', '0.5', '--filters', 'max', '--out', 'OUT'], 'Allowed choices are sum, mean.'],
    [['--sparsity', '0.5', '--out', 'OUT', '--data', 'x.npy', '--labels', 'y11.npy'], 'is of shape [11]; must be [12], a class number for each example of'], // prettier-ignore
    [['--sparsity', '0.5', '--out', 'OUT', '--data', 'flat.npy', '--labels', 'y.npy'], 'is of shape [12, 25]; must be [n, 5, 5, 1] for this model. Reshape it.'], // prettier-ignore
    [['--sparsity', '0.5', '--out', 'OUT', '--data', 'mlp.safetensors', '--labels', 'y.npy'], 'does not begin as an .npy file; must be one. Write it with numpy.save.'], // prettier-ignore
  ])('refuses %j and writes nothing', async (flags, message) => {
    const before = await readdir(folder);
    const paths = flags.map((flag) => (flag === 'OUT' || flag.includes('.npy') || flag.includes('.safe') || flag === 'model' ? at(flag) : flag)); // prettier-ignore
    const { code, err } = await run('prune', at('model'), ...paths, '--backend', 'wasm');
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(await readdir(folder)).toEqual(before);
  });

  it('writes model and mask, or neither, so that a second try can write both', async () => {
    const flags = ['--sparsity', '0.5', '--criterion', 'magnitude', '--backend', 'wasm'];
    const before = await readdir(folder);
    for (const [model, end] of [
      ['model', ''],
      ['mlp.safetensors', '.safetensors'],
    ] as const) {
      // prettier-ignore
      for (const [out, mask] of [[`new${end}`, 'nowhere/new.mask'], [`nowhere/new${end}`, 'new.mask']] as const) { // prettier-ignore
        const { code, err } = await run('prune', at(model), ...flags, '--out', at(out), '--mask', at(mask));
        expect(code).toBe(2);
        expect(err).toContain('ENOENT');
        expect(await readdir(folder)).toEqual(before);
      }
    }
  });

  it('refuses to run weights that have no architecture, and files that are no models', async () => {
    const flow = await run('prune', at('mlp.safetensors'), '--sparsity', '0.5', '--out', at('o'), '--criterion', 'synflow', '--backend', 'wasm'); // prettier-ignore
    expect(flow.code).toBe(2);
    expect(flow.err).toContain('holds weights and no architecture; must be magnitude or random.');
    await writeFile(at('other.json'), '{"a": 1}');
    const other = await run('inspect', at('other.json'), '--backend', 'wasm');
    expect(other.err).toContain('has no modelTopology or weightsManifest; must be a model of tfjs-layers.');
    expect((await run('inspect', at('nowhere'), '--backend', 'wasm')).err).toContain('ENOENT');
  });
});

describe('fts-prune prune, in other amounts', () => {
  // 27 weights of 9 positions: 18 FLOPs each; a mask of 4 bytes.
  it.each([
    [['--pattern', '1:3'], 9],
    [['--flops', '100'], 5],
    [['--bytes', '28'], 6],
    [['--sparsity', '0.4', '--filters', 'mean'], 18],
    [['--sparsity', '0.4', '--scope', 'erk'], 17],
  ])('%j', async (flags, kept) => {
    const out = at(`amount${kept}`);
    const run1 = await run('prune', at('model'), ...flags, '--criterion', 'magnitude', '--out', out, '--json', '--backend', 'wasm'); // prettier-ignore
    expect(JSON.parse(run1.out)).toMatchObject({ kept, count: 27 });
  });
});

describe('fts-prune compare', () => {
  it('prints what each criterion keeps, and how alike the masks are', async () => {
    const { code, out, err } = await run('compare', at('model'), '--sparsities', '0.5,0.9', '--criteria', 'snip,magnitude', '--data', at('x.npy'), '--labels', at('y.npy'), '--backend', 'wasm'); // prettier-ignore
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^criterion +sparsity +kept +on a path +emptied +conv2d_Conv2D\d+\/kernel\n/);
    expect(out).toMatch(/\nsnip +0\.5 +14 +51\.85 % +0 +51\.85 %\n/);
    expect(out).toMatch(/\nmagnitude +0\.9 +3 +11\.11 % +0 +11\.11 %\n/);
    expect(out).toMatch(/masks at 0\.9:\n +snip +magnitude\nsnip +1\.000 +(0\.\d{3})\nmagnitude +\1 +1\.000\n/);
  });

  it('without data compares those that need none; as JSON, without bits', async () => {
    const { out } = await run('compare', at('model'), '--sparsities', '0.9', '--json', '--backend', 'wasm');
    const json = JSON.parse(out) as { criteria: string[]; rows: object[] };
    expect(json.criteria).toEqual(['random', 'magnitude', 'synflow']);
    expect(json.rows[2]).toMatchObject({ criterion: 'synflow', kept: 3, emptied: [], value: null });
    expect(json.rows[2]).not.toHaveProperty('mask');
  });

  it.each([
    ['model', ['--sparsities', '0.5,x'], "argument '0.5,x' is invalid. Must be a number."],
    ['model', ['--sparsities', '0.5', '--criteria', 'fts,best'], "score: 'criterion' is 'best'; must be"],
    ['model', ['--sparsities', '0.5,1'], "select: 'sparsity' is 1; must be from 0 to below 1."],
    ['mlp.safetensors', ['--sparsities', '0.5'], 'holds weights and no architecture; must be a model.json.'],
  ])('refuses %s %j', async (model, flags, message) => {
    const { code, err } = await run('compare', at(model), ...flags, '--data', at('x.npy'), '--labels', at('y.npy'), '--backend', 'wasm'); // prettier-ignore
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('fts-prune inspect', () => {
  it('lists tensors with roles and zeros', async () => {
    const { code, out } = await run('inspect', at('mlp.safetensors'), '--backend', 'wasm');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^tensor +role +shape +weights +zero$/);
    expect(out).toMatch(/\.kernel +kernel +\[4, 6\] +24 +0\.00 %/);
    expect(out).toMatch(/classifier\.kernel +classifier +\[6, 2\] +12 +0\.00 %/);
  });

  it('lists the densities of a mask, and what is on a path', async () => {
    const { code, out } = await run('inspect', at('model'), '--mask', at('m.mask'), '--backend', 'wasm');
    expect({ code, kept: totals(decodeMask(await readFile(at('m.mask')))).kept }).toEqual({ code: 0, kept: 9 });
    expect(out.match(/ 9 +27 +33\.33 %/g)).toHaveLength(2);
    expect(out).toContain('on a path from input to output:');
  });
});

it('reads one file from standard input for -', async () => {
  const inspected = await runWith(await readFile(at('m.mask')), 'inspect', at('model'), '--mask', '-', '--json', '--backend', 'wasm'); // prettier-ignore
  const { layers, onPath } = JSON.parse(inspected.out) as Record<string, object[]>;
  expect(layers).toMatchObject([{ shape: [3, 3, 1, 3], kept: 9, count: 27, density: 9 / 27 }]);
  expect(onPath).toEqual(layers);
  const flags = ['compare', at('model'), '--sparsities', '0.5', '--criteria', 'snip', '--backend', 'wasm', '--json'];
  const file = await run(...flags, '--data', at('x.npy'), '--labels', at('y.npy'));
  expect(await runWith(await readFile(at('x.npy')), ...flags, '--data', '-', '--labels', at('y.npy'))).toEqual(file);
  expect(await run(...flags, '--data', '-', '--labels', '-')).toMatchObject({ code: 2, err: "fts-prune: '--labels' is '-', as '--data' is; must be a file. Standard input is one file.\n" }); // prettier-ignore
});

it('inspect --json lists tensors', async () => {
  const { out } = await run('inspect', at('mlp.safetensors'), '--json', '--backend', 'wasm');
  const { tensors } = JSON.parse(out) as { tensors: object[] };
  expect(tensors).toHaveLength(4);
  expect(tensors).toContainEqual({ name: 'classifier.kernel', role: 'classifier', shape: [6, 2], count: 12, zeros: 0 });
});

it('names a model.json that is broken', async () => {
  await writeFile(at('cut.json'), '{"modelTopology": {');
  await writeFile(at('odd.json'), '{"modelTopology": {"class_name": "Nope", "config": {}}, "weightsManifest": []}');
  for (const name of ['cut.json', 'odd.json']) {
    const { code, err } = await run('inspect', at(name), '--backend', 'wasm');
    expect(code).toBe(2);
    expect(err.startsWith(`fts-prune: '${at(name)}' cannot be read (`)).toBe(true);
    expect(err).toMatch(/; must be a model of tfjs-layers\. Write it with model\.save\(\)\.\n$/);
  }
});

it('says its version, and which file is not there', async () => {
  expect(await run('--version')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) as string,
    err: '',
  });
  const { code, err } = await run('inspect', at('nope'), '--backend', 'wasm');
  expect(code).toBe(2);
  expect(err).toBe(`fts-prune: '${join(at('nope'), 'model.json')}' is not there (ENOENT); must be a file, or a path in a folder that exists. Check the path.\n`); // prettier-ignore
});

describe('parseNpy', () => {
  it('reads floats and integers', () => {
    expect(parseNpy(npy('<f8', '(2, 1)', bytesOf(Float64Array.of(1.5, -2))), 'a')).toEqual({ shape: [2, 1], values: Float32Array.of(1.5, -2) }); // prettier-ignore
    expect(parseNpy(npy('|u1', '(3,)', Uint8Array.of(1, 2, 255)), 'a')).toEqual({ shape: [3], values: Int32Array.of(1, 2, 255) }); // prettier-ignore
    expect(parseNpy(npy('|i1', '()', Uint8Array.of(255)), 'a')).toEqual({ shape: [], values: Int32Array.of(-1) });
  });
  it.each([
    [npy('<c8', '(1,)', new Uint8Array(8)), 'a.npy holds numbers of type <c8; must be <f4, <f8, <i4, <i8, |u1, |i1.'],
    [npy('<f4', '(1, 2)', new Uint8Array(8), 'True'), 'a.npy is in Fortran order; must be in C order'],
    [npy('<f4', '(3,)', new Uint8Array(8)), 'bytes long; must be 140 for shape [3]. Write it with numpy.save.'],
    [new Uint8Array(3), 'a.npy does not begin as an .npy file; must be one.'],
  ])('refuses %#', (bytes, message) => {
    expect(() => parseNpy(bytes, 'a.npy')).toThrow(message);
  });
});
