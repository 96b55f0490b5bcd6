import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The browser's file: CHROMIUM, else `chromium` on PATH. Undefined where there is none; tests then skip. */
export const chromium =
  process.env['CHROMIUM'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((file) => existsSync(file));

const nodeModules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');

/** As READMEs say: the file of the backend wasm lies beside the page. */
const WASM = 'tfjs-backend-wasm-simd.wasm';

const PAGE = `
const printed = [];
console.log = (text) => printed.push(String(text));
const error = await import('./script.ts').then(() => null, String);
await fetch('/result', { method: 'POST', body: JSON.stringify({ printed, error }) });`;

/**
 * Bundles a module with the packages it imports, runs it in a page of headless Chromium, and gives back what it printed.
 * @param {string} script a TypeScript module that prints by console.log
 * @returns {Promise<string[]>}
 */
export async function printedInChromium(script) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-chromium-'));
  try {
    await symlink(nodeModules, join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
    await writeFile(join(folder, 'page.js'), PAGE);
    await writeFile(join(folder, 'script.ts'), script);
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      resolve: { conditions: ['@assay-ml/source', 'module', 'browser'] },
      build: { target: 'es2022' },
    });
    const dist = join(folder, 'dist');
    await copyFile(join(nodeModules, '@tensorflow', 'tfjs-backend-wasm', 'dist', WASM), join(dist, WASM));
    const { printed, error } = JSON.parse(await opened(dist, join(folder, 'profile')));
    if (error !== null) throw new Error(`in Chromium: ${error}`);
    return printed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds a page may take. */
const PATIENCE = 300_000;

const TYPES = { js: 'text/javascript', wasm: 'application/wasm', html: 'text/html' };

/**
 * Serves a folder and opens it in the browser, with a profile of its own, until the page posts its result.
 * @param {string} dist
 * @param {string} profile the profile's folder, a new one
 * @param {Readonly<Record<string, string>>} headers of every response
 * @param {RegExp} [missing] paths that are answered with 404
 * @returns {Promise<string>} the body of the post
 */
export async function opened(dist, profile, headers = {}, missing = undefined) {
  let resolve, reject;
  const result = new Promise((...settle) => ([resolve, reject] = settle));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST') {
      request
        .setEncoding('utf8')
        .toArray()
        .then((parts) => resolve(parts.join('')), reject);
      response.end();
      return;
    }
    const file = pathname === '/' ? 'index.html' : pathname;
    readFile(join(dist, file)).then(
      (body) => {
        const type = TYPES[file.split('.').at(-1)];
        response.writeHead(missing?.test(file) ? 404 : 200, { ...headers, 'content-type': type }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(null)));
  try {
    return await visited(`http://127.0.0.1:${server.address().port}/`, profile, result);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/**
 * Opens a page in headless Chromium, with a profile of its own, until its result is there.
 * @param {string} url
 * @param {string} profile the profile's folder, a new one
 * @param {Promise<string>} result what the page posts
 * @returns {Promise<string>} the result
 */
export async function visited(url, profile, result) {
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ];
  const browser = spawn(chromium, [...flags, url], { stdio: 'ignore' });
  const ended = new Promise((done) => browser.once('exit', done).once('error', done));
  const failed = ended.then((error) => {
    throw error instanceof Error ? error : new Error('Chromium ended before the page posted');
  });
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the page posted nothing in ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([result, failed, late]);
  } finally {
    clearTimeout(timer);
    browser.kill();
    await ended;
  }
}
