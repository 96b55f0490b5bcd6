/** The example of the README with the built packages, bundled, in headless Chromium. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ['clip-adagrad', 'numerics', 'tensors'];
const built = packages.every((name) => existsSync(join(packageRoot, '..', name, 'dist', 'index.js')));
const chromium =
  process.env['CHROMIUM'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((file) => existsSync(file));

const folder = await mkdtemp(join(tmpdir(), 'clip-adagrad-browser-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))![1]!;

test.skipIf(!built || !chromium)(
  'trains in a browser with the numbers of the README (skipped before a build, or without chromium on PATH or in CHROMIUM)',
  async () => {
    await mkdir(join(folder, 'node_modules', '@assay-ml'), { recursive: true });
    for (const name of packages) {
      await symlink(join(packageRoot, '..', name), join(folder, 'node_modules', '@assay-ml', name));
    }
    const { outputText } = ts.transpileModule(example, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(
      join(folder, 'index.html'),
      `<!doctype html><script>
const printed = [];
console.log = (text) => printed.push(String(text));
const send = () => fetch('/result', { method: 'POST', body: JSON.stringify(printed) });
addEventListener('error', ({ message }) => { printed.push(message); send(); });
addEventListener('unhandledrejection', ({ reason }) => { printed.push(String(reason)); send(); });
</script><script type="module" src="./page.js"></script>`,
    );
    await writeFile(join(folder, 'page.js'), `${outputText}\nawait send();`);
    const modules = join(packageRoot, '..', '..', 'node_modules', '@tensorflow');
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: {
        alias: ['tfjs-core', 'tfjs-layers'].map((name) => ({ find: new RegExp(`^@tensorflow/${name}$`), replacement: join(modules, name) })), // prettier-ignore
      },
      build: { target: 'es2022' },
    });
    const dist = join(folder, 'dist');
    const backend = dirname(createRequire(join(packageRoot, '..', 'tensors', 'package.json')).resolve('@tensorflow/tfjs-backend-wasm')); // prettier-ignore
    await copyFile(join(backend, 'tfjs-backend-wasm-simd.wasm'), join(dist, 'tfjs-backend-wasm-simd.wasm'));

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
      { stdio: 'ignore' },
    );
    const ended = new Promise((done) => browser.once('exit', done));
    try {
      const wanted = [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
      expect(JSON.parse(await result)).toEqual(wanted);
    } finally {
      browser.kill();
      await ended;
      server.closeAllConnections();
      server.close();
    }
  },
  180_000,
);
