import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask } from '../src/ask.js';
import { find, machineCatalogue } from '../src/catalogue.js';
import { install } from '../src/install.js';
import type { Io } from '../src/io.js';
import { toy, world } from './toy.js';

const NUMERICS = fileURLToPath(new URL('../../../packages/numerics/package.json', import.meta.url));

/** Does what npm does with an empty folder, with packages from `$REGISTRY`; says what it was called with. */
const NPM = `#!/bin/sh
echo "$PWD $*" >> "$CALLS"
for last; do :; done
if [ -n "$FAIL" ]; then
  printf '%s\\n' 'npm error code E404' 'npm error 404 Not Found - GET https://registry/x - Not found' 'npm error 404' \\
    "npm error 404  '$last@*' is not in this registry." 'npm error A complete log of this run can be found in: /home/log' >&2
  exit 1
fi
mkdir -p "node_modules/$last"
cp "$REGISTRY/package.json" "node_modules/$last/"
[ -z "$SLOW" ] || { echo started >&2; exec sleep 30; }
cp "$REGISTRY/index.js" "node_modules/$last/"
`;

/** A machine with that npm and, in its registry, a reproduction `dag-sa` that is the toy with another key. */
function machine(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-install-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [bin, registry, calls, store] = ['bin', 'registry', 'calls', 'cache/reproductions'].map((name) => join(folder, name)) as [string, string, string, string]; // prettier-ignore
  mkdirSync(bin);
  mkdirSync(registry);
  writeFileSync(join(bin, 'npm'), NPM, { mode: 0o755 });
  const manifest = (content: object): void => writeFileSync(join(registry, 'package.json'), JSON.stringify(content));
  manifest({ name: '@assay-ml/reproduce-dag-sa', version: '1.0.0', type: 'module', assay: { key: 'dag-sa' } });
  const source = `
    const cell = 'data:text/javascript,export const run = () => ({ x: 1 })';
    export default { schema: 1, key: 'dag-sa', project: 'dag-sa', title: 'T', citation: 'c', claims: [], experiments: [
      { id: 'one', title: 'One.', module: cell, cells: () => [{ config: {}, seed: 0 }], cost: () => ({ seconds: 0, megabytes: 1 }) },
    ] };`;
  writeFileSync(join(registry, 'index.js'), source);
  let said = '';
  const io: Pick<Io, 'env' | 'stderr' | 'signal'> = {
    env: { PATH: `${bin}${delimiter}${process.env['PATH']}`, CALLS: calls, REGISTRY: registry, ...env },
    stderr: { write: (text) => (said += text) },
    signal: new AbortController().signal,
  };
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  return {
    store,
    registry,
    manifest,
    io,
    said: () => said,
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    left: () => (existsSync(store) ? readdirSync(store) : []),
    assay: (line: string, changes: Partial<Io> = {}) =>
      world().assay(line, {
        cwd: empty,
        catalogue: machineCatalogue([empty], store, (key, where) => install(key, where, io)),
        ...changes,
      }),
    empty,
  };
}

describe.skipIf(process.platform === 'win32')('a reproduction that is missing (needs a shell)', () => {
  it('is installed after a yes, without scripts, in a folder of its own, and found from then on', async () => {
    const { assay, store, calls, left, said } = machine();
    const questions: string[] = [];
    const yes = async (question: string) => questions.push(question) > 0;
    const first = await assay('run dag-sa', { ask: yes });
    expect([first.code, questions]).toEqual([0, [`Install @assay-ml/reproduce-dag-sa from npm into ${store}? [y/N] `]]);
    expect(said()).toBe(`installing @assay-ml/reproduce-dag-sa into ${join(store, 'dag-sa')}\n`);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(
      /^(\S+dag-sa\.part-\d+-\w+) install --prefix \1 --ignore-scripts --no-audit --no-fund --loglevel=error @assay-ml\/reproduce-dag-sa$/,
    );
    expect(left()).toEqual(['dag-sa']);
    // What numerics calls the library with, which it leaves to its users to install.
    const { peerDependencies } = JSON.parse(readFileSync(NUMERICS, 'utf8')) as { peerDependencies: { koffi: string } };
    const optionalDependencies = { koffi: peerDependencies.koffi };
    expect(JSON.parse(readFileSync(join(store, 'dag-sa', 'package.json'), 'utf8'))).toEqual({
      private: true,
      optionalDependencies,
    });
    const second = await assay('run dag-sa'); // no question, no npm
    expect([second.code, second.lastLine, calls().length]).toEqual([0, first.lastLine, 1]);
    expect((await assay('list')).out).toMatch(/^dag-sa +@assay-ml\/reproduce-dag-sa .*\n +1\.0\.0, cache/m);
    expect((await assay('show dag-sa')).code).toBe(0);
  });

  it('is installed with --yes without a question', async () => {
    const { assay } = machine();
    const never = () => Promise.reject(new Error('asked'));
    expect((await assay('run @assay-ml/reproduce-dag-sa --yes', { ask: never })).code).toBe(0);
  });

  it('is not installed after a no, without a terminal, by another command, or under a stranger’s name', async () => {
    const { assay, calls, left, empty } = machine();
    const no = async () => false;
    const told = `assay: 'dag-sa' needs @assay-ml/reproduce-dag-sa, not installed here. Install and run: npx @assay-ml/assay run dag-sa --yes\n`;
    for (const [line, changes] of [
      ['run dag-sa', { ask: no }],
      ['run dag-sa', {}],
      ['report dag-sa', { ask: no }],
      ['show dag-sa.C1', {}],
    ] as const) {
      const { code, out, err } = await assay(line, changes);
      expect([line, code, out, err]).toEqual([line, 2, '', told]);
    }
    for (const name of ['left-pad', 'dag-sb', 'constructor', 'claims']) {
      const { code, err } = await assay(`run ${name} --yes`);
      expect([code, err]).toEqual([2, expect.stringContaining(`paper is '${name}'; must be a project or a key`)]);
    }
    expect([calls(), left(), readdirSync(empty)]).toEqual([[], [], []]);
  });

  it('means all keys of a project, and asks once, for those that are missing', async () => {
    const { assay, calls } = machine();
    const questions: string[] = [];
    const no = async (question: string) => questions.push(question) < 0;
    const { err } = await assay('run theory-sim', { ask: no });
    expect(err).toContain(
      "'theory-sim' needs @assay-ml/reproduce-local and @assay-ml/reproduce-l0l1, not installed here.",
    );
    const local = { ...toy, key: 'local', project: 'theory-sim' };
    const some = await world(local).assay('run theory-sim', { ask: no });
    expect(some.err).toContain("'theory-sim' needs @assay-ml/reproduce-l0l1, not installed here.");
    expect(questions.map((question) => /^Install (.*) from/.exec(question)![1])).toEqual([
      '@assay-ml/reproduce-local and @assay-ml/reproduce-l0l1',
      '@assay-ml/reproduce-l0l1',
    ]);
    expect(calls()).toEqual([]);
  });

  it('says what npm said when it fails, and leaves nothing', async () => {
    const { assay, left } = machine({ FAIL: '1' });
    const { code, out, err } = await assay('run dag-sa --yes');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(
      'assay: install: npm could not install @assay-ml/reproduce-dag-sa (1). code E404\n  404 Not Found - GET https://registry/x - Not found\n' +
        "  404  '@assay-ml/reproduce-dag-sa@*' is not in this registry.\n",
    );
    expect(left()).toEqual([]);
  });

  it('says what is in the way of the folder for them', async () => {
    const { store, assay } = machine();
    writeFileSync(dirname(store), '');
    const { code, err } = await assay('run dag-sa --yes');
    const why = 'a file is in its way. Name another folder in ASSAY_CACHE.';
    expect([code, err]).toEqual([expect.any(Number), `assay: install: the folder ${store} cannot be made: ${why}\n`]);
    expect(code).not.toBe(0);
  });

  it('says so when there is no npm', async () => {
    const { store, io, left } = machine();
    await expect(install('dag-sa', store, { ...io, env: { PATH: '/nowhere' } })).rejects.toThrow(
      'install: npm could not install @assay-ml/reproduce-dag-sa (ENOENT). It said nothing: is npm on the PATH?',
    );
    expect(left()).toEqual([]);
  });

  it('refuses a package that is another reproduction or none', async () => {
    const { store, io, left, manifest } = machine();
    for (const assay of [{ key: 'other' }, undefined]) {
      manifest({ name: '@assay-ml/reproduce-dag-sa', version: '1.0.0', assay });
      await expect(install('dag-sa', store, io)).rejects.toThrow(
        "install: npm installed @assay-ml/reproduce-dag-sa, which is not the reproduction 'dag-sa'. Look at what npm takes it from.",
      );
    }
    expect(left()).toEqual([]);
  });

  it('stops at once on Ctrl-C with 130 and leaves nothing', async () => {
    const { assay, store, io, left } = machine({ SLOW: '1' });
    const stop = new AbortController();
    const catalogue = machineCatalogue([], store, (key, where) => install(key, where, { ...io, signal: stop.signal }));
    const stopped = assay('run dag-sa --yes', { catalogue, signal: stop.signal });
    while (left().length === 0) await new Promise((done) => setTimeout(done, 5));
    stop.abort();
    expect((await stopped).code).toBe(130);
    expect(left()).toEqual([]);
    const asked = await assay('run dag-sa', { signal: stop.signal, ask: async () => false });
    expect([asked.code, asked.err]).toEqual([130, '']);
  });

  const built = new URL('../dist/install.js', import.meta.url); // `nx test` makes it first
  it.skipIf(!existsSync(built))(
    'finds nothing of an installation that was killed, and clears it with the next',
    async () => {
      const { assay, store, left, io } = machine({ SLOW: '1' });
      const script = `import { install } from ${JSON.stringify(built.href)};
      await install('dag-sa', process.argv[1], { env: process.env, stderr: process.stderr, signal: new AbortController().signal });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, store], { env: { ...process.env, ...io.env }, detached: true, stdio: 'ignore' }); // prettier-ignore
      const half = () =>
        left().map((part) => join(store, part, 'node_modules/@assay-ml/reproduce-dag-sa/package.json'));
      while (!half().some(existsSync)) await new Promise((done) => setTimeout(done, 5));
      const ended = new Promise((done) => child.on('close', done));
      process.kill(-child.pid!, 'SIGKILL'); // npm with it
      await ended;
      expect(left()).toEqual([expect.stringMatching(/^dag-sa\.part-\d+-\w+$/)]);
      expect((await assay('run dag-sa')).err).toContain('not installed here');
      await install('dag-sa', store, { ...io, env: { ...io.env, SLOW: '' } });
      expect(left()).toEqual(['dag-sa']);
    },
  );

  it('comes through the npm of this machine, from a registry on it', async () => {
    const { store, registry, io, left } = machine();
    const packed = JSON.parse(execFileSync('npm', ['pack', '--json'], { cwd: registry, encoding: 'utf8' })) as { filename: string }[]; // prettier-ignore
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      const tarball = `http://${request.headers.host}/package.tgz`;
      const version = { name: '@assay-ml/reproduce-dag-sa', version: '1.0.0', dist: { tarball } };
      const packument = { name: version.name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } };
      response.end(request.url === '/package.tgz' ? readFileSync(join(registry, packed[0]!.filename)) : JSON.stringify(packument)); // prettier-ignore
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: join(registry, 'npm') }; // prettier-ignore
    await install('dag-sa', store, { ...io, env });
    // This registry has no koffi; the reproduction runs without.
    expect(asked.sort()).toEqual(['/@assay-ml%2freproduce-dag-sa', '/koffi', '/package.tgz']);
    expect([left(), find([], [join(store, 'dag-sa')])]).toEqual([['dag-sa'], [expect.objectContaining({ key: 'dag-sa', version: '1.0.0' })]]); // prettier-ignore
  });

  it('takes the place of a broken one, and yields to another process that was first', async () => {
    const { store, io, left } = machine();
    mkdirSync(join(store, 'dag-sa', 'node_modules'), { recursive: true });
    await install('dag-sa', store, io);
    const file = join(store, 'dag-sa', 'node_modules/@assay-ml/reproduce-dag-sa/index.js');
    writeFileSync(file, 'the first');
    await install('dag-sa', store, io);
    expect([readFileSync(file, 'utf8'), left()]).toEqual(['the first', ['dag-sa']]);
  });
});

describe('ask', () => {
  const answer = async (typed: string | null, terminal = false): Promise<[boolean, number, string]> => {
    const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: terminal })];
    let stopped = 0;
    const asked = ask('Sure? [y/N] ', input, output, () => stopped++);
    if (typed === null) input.end();
    else input.write(typed);
    const said = await asked;
    return [said, stopped, String(output.read())];
  };
  it.each(['y\n', 'Y\n', ' yes \n'])('takes %j for yes', async (typed) => {
    expect(await answer(typed)).toEqual([true, 0, 'Sure? [y/N] ']);
  });
  it.each(['\n', 'n\n', 'yep\n', null])('takes %j for no', async (typed) => {
    expect((await answer(typed))[0]).toBe(false);
  });
  it('takes Ctrl-C for no, and says so', async () => {
    expect((await answer('\u0003', true)).slice(0, 2)).toEqual([false, 1]);
  });
});
