/** The built package, bundled, in headless Chromium. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';
import type * as Core from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import * as tensors from '../src/index.js';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const built = existsSync(join(packageRoot, 'dist', 'index.js'));
const chromium =
  process.env['CHROMIUM'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((file) => existsSync(file));

const folder = await mkdtemp(join(tmpdir(), 'tensors-browser-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the page computes; it is sent there as text, so it refers to nothing but its arguments. */
async function compute(
  tf: typeof Core,
  { batchNorm, hessianVector, normal, useBackend }: typeof tensors,
  key: typeof stream,
) {
  const report = await useBackend('wasm');
  const x = normal(key(7, 'x'), [3, 6, 6, 2]) as Core.Tensor4D;
  const params = [normal(key(7, 'w'), [3, 3, 2, 5]), tf.ones([5])];
  const loss = (p: readonly Core.Tensor[]) =>
    tf.sum(tf.tanh(batchNorm(tf.conv2d(x, p[0] as Core.Tensor4D, 2, 'same'), p[1]!, p[1]!, 'batch').y));
  const gradients = tf.grads((...p) => loss(p))(params);
  const products = hessianVector(loss, params, gradients);
  const values = await Promise.all([...gradients, ...products].map(async (tensor) => [...(await tensor.data())]));
  return { name: report.name, threads: report.threads, values };
}

test.skipIf(!built || !chromium)(
  'wasm starts and differentiates with the numbers of Node (skipped before a build, or without chromium on PATH or in CHROMIUM)',
  async () => {
    await mkdir(join(folder, 'node_modules', '@assay-ml'), { recursive: true });
    await symlink(packageRoot, join(folder, 'node_modules', '@assay-ml', 'tensors'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
    await writeFile(
      join(folder, 'page.js'),
      `import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
const compute = ${compute.toString()};
const body = await compute(tf, tensors, stream).then((value) => JSON.stringify(value), (error) => JSON.stringify({ name: String(error) }));
await fetch('/result', { method: 'POST', body });`,
    );
    const modules = join(packageRoot, '..', '..', 'node_modules');
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: {
        alias: {
          '@tensorflow/tfjs-core': join(modules, '@tensorflow', 'tfjs-core'),
          '@assay-ml/numerics': join(packageRoot, '..', 'numerics'),
        },
      },
      build: { target: 'es2022' },
    });
    const dist = join(folder, 'dist');
    // As the README says: the backend's .wasm file beside the page.
    const backend = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    const wasm = 'tfjs-backend-wasm-simd.wasm';
    await copyFile(join(backend, wasm), join(dist, wasm));

    let received: (text: string) => void;
    const result = new Promise<string>((resolve) => (received = resolve));
    const types = { js: 'text/javascript', wasm: 'application/wasm', html: 'text/html' } as Record<string, string>;
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      if (request.method === 'POST') {
        request
          .setEncoding('utf8')
          .toArray()
          .then((parts) => received(parts.join('')), received);
        response.end();
        return;
      }
      const file = pathname === '/' ? 'index.html' : pathname;
      readFile(join(dist, file)).then(
        (body) => response.writeHead(200, { 'content-type': types[file.split('.').at(-1)!] }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--remote-debugging-port=0',
    ];
    const browser = spawn(
      chromium!,
      [...flags, `--user-data-dir=${join(folder, 'profile')}`, `http://127.0.0.1:${port}/`],
      {
        stdio: 'ignore',
      },
    );
    const ended = new Promise((done) => browser.once('exit', done));
    try {
      const page = JSON.parse(await result) as Awaited<ReturnType<typeof compute>>;
      const here = await compute(tf, tensors, stream);
      expect(page.name).toBe('wasm');
      expect(page.threads).toBe(1);
      expect(page.values).toEqual(here.values);
    } finally {
      browser.kill();
      await ended;
      server.closeAllConnections();
      server.close();
    }
  },
  180_000,
);
