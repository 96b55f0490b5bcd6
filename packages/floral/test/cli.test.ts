import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stream } from '@assay-ml/numerics';
import { fileSystem, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../src/cli/main.js';
import { parseNpy } from '../src/cli/npy.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

async function run(...args: string[]) {
  const [out, err] = [[] as string[], [] as string[]];
  const code = await main(args, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** What numpy.save writes: format version 1, header padded to 64 bytes. */
function npy(descr: string, shape: string, values: Float32Array | Uint8Array, order = 'False'): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return new Uint8Array(Buffer.concat([head, Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]));
}

/** Points of the plane; clients of odd number call the two classes by each other's names. */
const client = (k: number, kind: string, N = 20) => {
  const x = Float32Array.from(stream(k, kind).fillNormal(new Float64Array(2 * N)));
  return { x, y: Uint8Array.from({ length: N }, (_, i) => (x[2 * i]! > 0 ? 1 : 0) ^ (k % 2)) };
};

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'floral-'));
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 8, activation: 'relu', inputShape: [2], kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }), name: 'hidden' }), // prettier-ignore
      tfl.layers.dense({ units: 2, kernelInitializer: tfl.initializers.glorotUniform({ seed: 2 }), name: 'out' }),
    ],
  });
  await model.save(fileSystem(at('model')));
  for (const kind of ['train', 'test']) {
    await mkdir(at(kind));
    for (let k = 0; k < 4; k++) {
      const { x, y } = client(k, kind);
      await writeFile(at(kind, `c${k}.x.npy`), npy('<f4', '(20, 2)', x));
      await writeFile(at(kind, `c${k}.y.npy`), npy('|u1', '(20,)', y));
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

it('inspects, simulates, routes and merges: the merged model loads and predicts what the client needs', async () => {
  const { out } = await run('inspect', at('model'), '--clusters', '2');
  expect(out).toContain('42 numbers, 2 adaptors of 30: 142.9 % more');
  const made = await run('simulate', at('model'), '--clusters', '2', '--data', at('train'), '--tests', at('test'), '--rounds', '30', '--rate', '1', '--batch', '20', '--routing', 'losses', '--out', at('run.json')); // prettier-ignore
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toMatch(/^client {2}cluster 0 {2}cluster 1\nc0/);
  const fresh = client(7, 'fresh', 10);
  await writeFile(at('x.npy'), npy('<f4', '(10, 2)', fresh.x));
  await writeFile(at('y.npy'), npy('|u1', '(10,)', fresh.y));
  const pi = await run('route', at('model'), '--run', at('run.json'), '--x', at('x.npy'), '--y', at('y.npy'));
  expect(pi.code).toBe(0);
  expect(
    (await run('merge', at('model'), '--run', at('run.json'), '--pi', pi.out.trim(), '--out', at('merged'))).code,
  ).toBe(0);
  const merged = await tfl.loadLayersModel(fileSystem(at('merged')));
  const { x, y } = client(7, 'later', 100);
  const scores = tf.tidy(() => (merged.predict(tf.tensor(x, [100, 2])) as tf.Tensor).dataSync());
  const right = [...y].filter((label, i) => (scores[2 * i + 1]! > scores[2 * i]! ? 1 : 0) === label).length;
  expect(right).toBeGreaterThan(80);
  expect((await run('merge', at('model'), '--run', at('run.json'), '--client', 'c1', '--out', at('own'))).code).toBe(0);
});

it('refuses what is wrong, by name, and writes nothing', async () => {
  const said = async (...args: string[]) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    return err;
  };
  await writeFile(at('other.json'), '{"kind":"else"}');
  expect(await said('inspect', at('nowhere'))).toContain('is not there (ENOENT)');
  expect(await said('simulate', at('model'), '--data', at('train'), '--out', at('model'))).toContain('which exists; must be a new path. Nothing is overwritten.'); // prettier-ignore
  expect(await said('simulate', at('model'), '--data', at('model'), '--out', at('new.json'))).toContain('has no client; must hold a pair'); // prettier-ignore
  expect(await said('simulate', at('model'), '--data', at('train'), '--out', at('new.json'), '--routing', 'magic')).toContain("'routing' is 'magic'"); // prettier-ignore
  expect(await said('merge', at('model'), '--run', at('other.json'), '--pi', '1', '--out', at('m'))).toContain('is no file of simulate'); // prettier-ignore
  expect(await said('merge', at('model'), '--run', at('other.json'), '--out', at('m'))).toContain(
    'must be one of them',
  );
  expect(await said('inspect', at('model'), '--clusters', 'two')).toContain('Must be a number.');
  const simulated = (...args: string[]) => said('simulate', at('model'), '--clusters', '2', '--data', at('train'), '--out', at('new.json'), ...args); // prettier-ignore
  expect(await simulated('--rounds', '0')).toContain("argument '0' is invalid. Must be a positive integer.");
  expect(await simulated('--out', at('no', 'new.json'))).toContain('must be in a folder that exists, and');
  expect(await simulated('--data', at('other.json'))).toContain('is a file; must be a folder of clients.');
  // Three pairs of numbers are not two triples.
  await mkdir(at('odd'));
  await writeFile(at('odd', 'a.x.npy'), npy('<f4', '(2, 3)', new Float32Array(6)));
  await writeFile(at('odd', 'a.y.npy'), npy('|u1', '(3,)', new Uint8Array(3)));
  expect(await simulated('--data', at('odd'))).toContain('are of shapes [2, 3] and [3]; must be [N, …] and [N]');
  await writeFile(at('half.json'), '{"a":');
  expect(await said('inspect', at('half.json'))).toContain("half.json' is not JSON; must be whole.");
  expect(await readdir(folder)).not.toContain('new.json');
});

it('refuses files of simulate that are cut, of others or of another model', async () => {
  const args = ['--clusters', '2', '--data', at('train'), '--rounds', '1'];
  expect((await run('simulate', at('model'), ...args, '--out', at('whole.json'))).code).toBe(0);
  const whole = JSON.parse(await readFile(at('whole.json'), 'utf8')) as Record<string, { base: unknown }>;
  const routed = async (changed: object) => {
    await writeFile(at('changed.json'), JSON.stringify({ ...whole, ...changed }));
    const { code, err } = await run('route', at('model'), '--run', at('changed.json'), '--x', at('train', 'c0.x.npy'), '--y', at('train', 'c0.y.npy')); // prettier-ignore
    return `${code}: ${err}`;
  };
  expect(await routed({})).toBe('0: ');
  for (const odd of [
    { layout: 7 },
    { shared: {} },
    { shared: { base: { float64: 'x' } } },
    { clients: null },
    { clients: { c0: 'x' } },
  ]) {
    expect(await routed(odd)).toContain('2: floral: ');
    expect(await routed(odd)).toContain('is no file of simulate');
  }
  expect(await routed({ layout: ['else [1]'] })).toContain('is of another model');
  expect(await routed({ clusters: 3 })).toContain('says 3 clusters of rank 0.1, and its numbers are of others');
  expect(await routed({ shared: { ...whole['shared'], adaptors: whole['shared']!.base } })).toContain('of others');
  expect((await run('route', at('model'), '--run', at('train'), '--x', at('x.npy'), '--y', at('y.npy'))).err).toContain('is a folder; must be a file.'); // prettier-ignore
  expect((await run('merge', at('model'), '--run', at('whole.json'), '--client', 'toString', '--out', at('m'))).err).toContain("'--client' is 'toString'; must be one of c0, c1"); // prettier-ignore
});

it('reads arrays of NumPy, and refuses other ones', () => {
  const good = npy('<f4', '(2, 1)', Float32Array.of(1.5, -2));
  expect(parseNpy(good, 'x.npy')).toEqual({ shape: [2, 1], values: Float64Array.of(1.5, -2) });
  expect(() => parseNpy(good.subarray(0, good.length - 1), 'x.npy')).toThrow(
    "'x.npy' is 135 bytes long; must be 136 for shape [2, 1].",
  );
  expect(() => parseNpy(npy('>f4', '(1,)', new Float32Array(1)), 'x.npy')).toThrow(
    'holds numbers of type >f4; must be <f4,',
  );
  expect(() => parseNpy(npy('<f4', '(1,)', new Float32Array(1), 'True'), 'x.npy')).toThrow('is in Fortran order');
  expect(() => parseNpy(new Uint8Array(20), 'x.npy')).toThrow('does not begin as an .npy file');
});
