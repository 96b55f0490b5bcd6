import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { blasBuilds } from '@assay-ml/numerics/engine';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nativeBuilds, type NativeFound } from '../src/index.js';
import { remove } from '../src/setup/build.js';
import { main } from '../src/setup/main.js';
import type { EngineFound } from '../src/setup/self-test.js';
import { setUpBlas, type SetUpBlasOptions } from '../src/setup/set-up-blas.js';
import { setUp, type SetUpOptions } from '../src/setup/set-up.js';
import {
  blasTarget,
  blasWheel,
  isBlasTested,
  isTested,
  nvidiaWheels,
  SEEN,
  TENSORFLOW as USUAL,
  tensorflowWheel,
} from '../src/setup/wheels.js';

const disk = vi.hoisted(() => ({ free: Infinity }));
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  statfs: async () => ({ bavail: disk.free, bsize: 1 }),
}));

afterEach(() => {
  vi.unstubAllEnvs();
  disk.free = Infinity;
});

describe('wheels', () => {
  const wheel = (platform: string, arch: string, flavour: 'cpu' | 'cuda' = 'cpu', version = '2.15.1') => {
    const { name, platform: tag } = tensorflowWheel({ platform, arch, flavour, version });
    return `${name} ${tag}`;
  };

  it('are named as the package index names them', () => {
    expect(wheel('linux', 'x64')).toBe('tensorflow-cpu manylinux2014_x86_64');
    expect(wheel('linux', 'x64', 'cuda')).toBe('tensorflow manylinux2014_x86_64');
    expect(wheel('linux', 'arm64')).toBe('tensorflow-cpu-aws manylinux2014_aarch64');
    expect(wheel('linux', 'arm64', 'cpu', '2.20.0')).toBe('tensorflow manylinux2014_aarch64');
    expect(wheel('darwin', 'arm64')).toBe('tensorflow macosx_12_0_arm64');
    expect(wheel('darwin', 'x64')).toBe('tensorflow macosx_10_15_x86_64');
  });

  it('are tested on Linux x64 without CUDA only', () => {
    expect(isTested({ platform: 'linux', arch: 'x64', flavour: 'cpu' })).toBe(true);
    expect(isTested({ platform: 'linux', arch: 'x64', flavour: 'cuda' })).toBe(false);
    expect(isTested({ platform: 'linux', arch: 'arm64', flavour: 'cpu' })).toBe(false);
    expect(isTested({ platform: 'darwin', arch: 'x64', flavour: 'cpu' })).toBe(false);
  });

  it('are refused where there is none', () => {
    expect(() => wheel('win32', 'x64')).toThrow(
      "native: no wheel carries TensorFlow's library for win32 x64; must be linux x64, linux arm64, darwin x64, darwin arm64. The wasm backend works here.",
    );
    expect(() => wheel('linux', 'arm64', 'cuda')).toThrow(
      'native: --cuda is for linux x64, and this is linux arm64. Leave it out.',
    );
  });

  it.each(['2.11.1', '1.15.0', '2.15', 'latest', '2.15.1; rm', ''])('of version %j are refused', (version) => {
    expect(() => wheel('linux', 'x64', 'cpu', version)).toThrow(
      `native: --tensorflow is '${version}'; must be a version such as 2.15.1, 2.12.0 or newer (older wheels lack the library).`,
    );
  });

  it('with CUDA’s libraries are those of the extra and-cuda, in both spellings of METADATA', () => {
    const old = ['cublas 12.2.5.6', 'cuda-cupti 12.2.142', 'cudnn 8.9.4.25'].map((wheel) => {
      const [name, version] = wheel.split(' ');
      return `Requires-Dist: nvidia-${name}-cu12 (==${version}) ; extra == 'and-cuda'`;
    });
    const metadata = [
      'Requires-Dist: numpy (<2.0.0,>=1.23.5)',
      'Provides-Extra: and-cuda',
      ...old,
      'Requires-Dist: nvidia-nccl-cu12==2.16.5; extra == "and-cuda"',
      'Requires-Dist: nvidia-other-cu12==1.0; extra == "and-more"',
    ].join('\n');
    expect(nvidiaWheels(metadata).map(({ name, version }) => `${name} ${version}`)).toEqual([
      'nvidia-cublas-cu12 12.2.5.6',
      'nvidia-cuda-cupti-cu12 12.2.142',
      'nvidia-cudnn-cu12 8.9.4.25',
      'nvidia-nccl-cu12 2.16.5',
    ]);
  });

  it('with OpenBLAS are named as the package index names them, and were seen', () => {
    const wheel = (platform: string, arch: string, musl = false) => {
      const { name, version, platform: tag } = blasWheel({ platform, arch, musl });
      expect([name, version]).toEqual(['scipy-openblas32', '0.3.34.481.3']);
      expect(
        Object.keys(SEEN).filter((file) => file.startsWith('scipy_openblas32-0.3.34.481.3-') && file.includes(tag)),
      ).toHaveLength(1);
      return tag;
    };
    expect(wheel('linux', 'x64')).toBe('manylinux_2_27_x86_64');
    expect(wheel('linux', 'arm64')).toBe('manylinux_2_27_aarch64');
    expect(wheel('linux', 'x64', true)).toBe('musllinux_1_2_x86_64');
    expect(wheel('linux', 'arm64', true)).toBe('musllinux_1_2_aarch64');
    expect(wheel('darwin', 'x64')).toBe('macosx_10_13_x86_64');
    expect(wheel('darwin', 'arm64')).toBe('macosx_11_0_arm64');
    expect(wheel('win32', 'x64')).toBe('win_amd64');
    expect(wheel('win32', 'arm64')).toBe('win_arm64');
    expect(() => wheel('linux', 's390x')).toThrow(
      'native: no wheel carries OpenBLAS for linux s390x; must be linux x64, linux arm64, linux x64 musl, linux arm64 musl, darwin x64, darwin arm64, win32 x64, win32 arm64. The engine wasm works here; a library of your own is named in ASSAY_BLAS.',
    );
    expect(SEEN['scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl']).toBe(
      '0595f94cd58c1f8a0d90c975621f4587337a003916b1979e834ebdf2cb5d9504',
    );
  });

  it('with OpenBLAS are tested on Linux x64 with glibc only', () => {
    expect(isBlasTested({ platform: 'linux', arch: 'x64', musl: false })).toBe(true);
    expect(isBlasTested({ platform: 'linux', arch: 'x64', musl: true })).toBe(false);
    expect(isBlasTested({ platform: 'linux', arch: 'arm64', musl: false })).toBe(false);
    expect(isBlasTested({ platform: 'darwin', arch: 'x64', musl: false })).toBe(false);
    const { platform, arch } = process;
    const musl = platform === 'linux' && existsSync(`/lib/ld-musl-${arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`);
    expect(blasTarget()).toEqual({ platform, arch, musl });
  });

  it('that were seen are known by 64 hexadecimal digits', () => {
    for (const sha256 of Object.values(SEEN)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(SEEN)).size).toBe(Object.keys(SEEN).length);
  });
});

/** `npx @assay-ml/tensors <line>`, without a process. */
async function tensors(line: string) {
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({ write: (text: string) => (texts[name] += text) });
  const io = { stdout: stream('out'), stderr: stream('err'), env: {}, signal: new AbortController().signal };
  const code = await main(line === '' ? [] : line.split(' '), io);
  return { code, ...texts };
}

const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });

/** The library, headers and what else a wheel of TensorFlow has. */
const TENSORFLOW = {
  'tensorflow/libtensorflow_cc.so.2': 'cc',
  'tensorflow/libtensorflow_framework.so.2': 'framework',
  'tensorflow/include/tensorflow/c/c_api.h': 'c api',
  'tensorflow/include/tsl/a.h': 'tsl',
  'tensorflow/include/xla/a.h': 'xla',
  'tensorflow/include/google/protobuf/a.h': 'not needed',
  'tensorflow/python/a.py': 'not needed',
  'tensorflow_cpu-2.14.0.dist-info/METADATA': 'Name: tensorflow-cpu',
};
const CPU = 'tensorflow_cpu-2.14.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
/** What a wheel of scipy-openblas32 has. */
const OPENBLAS = {
  'scipy_openblas32/lib/libscipy_openblas.so': 'blas',
  'scipy_openblas32/lib/pkgconfig/scipy-openblas.pc': 'not needed',
  'scipy_openblas32/include/cblas.h': 'not needed',
  'scipy_openblas32/__init__.py': 'not needed',
  'scipy_openblas32-0.3.34.481.3.dist-info/METADATA': 'Name: scipy-openblas32',
  'scipy_openblas32-0.3.34.481.3.dist-info/licenses/LICENSE.txt': 'BSD',
};
const BLAS = 'scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_x86_64.whl';
const ENGINE: EngineFound = { ok: true, version: 'OpenBLAS 0.3.34', core: 'SkylakeX', path: 'blas.so' };
const FOUND: NativeFound = { ok: true, reason: 'fine', version: '2.14.0', path: null, threads: 1, gpu: false };

/** Answers as pip does, with the wheels of a folder; unzips with the real Python. */
const PYTHON = `#!/bin/sh
[ "$1" = -c ] && exec "$REAL_PYTHON" "$@"
echo "$3" >> "$CALLS"
for last; do :; done
wheel=$(echo "$last" | sed 's/==/ /; s/-/_/g; s/ /-/')
case "$3" in
  --version) [ -z "$NO_PIP" ] || { echo 'No module named pip' >&2; exit 1; } ;;
  download)
    [ -z "$FULL" ] || { echo 'OSError: [Errno 28] No space left on device' >&2; exit 1; }
    [ -z "$SLOW" ] || exec sleep 30
    while [ "$1" != --dest ]; do shift; done
    cp "$WHEELS/$wheel"-* "$2" 2> /dev/null || {
      echo "ERROR: Could not find a version that satisfies the requirement $last (from versions: 2.14.0rc1, 2.14.0, 2.15.1)" >&2
      exit 1
    } ;;
  install)
    [ -z "$NO_HASH" ] || { echo '{"install": [{"download_info": {}}]}'; exit; }
    sum=$(sha256sum "$WHEELS/$wheel"-* | cut -c 1-64)
    echo "{\\"install\\": [{\\"download_info\\": {\\"archive_info\\": {\\"hashes\\": {\\"sha256\\": \\"$sum\\"}}}}]}" ;;
esac
`;

/** Compiles nothing: writes its arguments to where the binding should be. */
const COMPILER = `#!/bin/sh
[ "$1" = --version ] && exit "\${NO_COMPILER:-0}"
[ -z "$BROKEN" ] || { echo "x.cc:1: error: 'TF_Nothing' was not declared" >&2; exit 1; }
all="$*"
while [ "$1" != -o ]; do shift; done
echo "$all" > "$2"
`;

describe.skipIf(python.status !== 0 || process.platform === 'win32')('setting up (needs python3 and a shell)', () => {
  function machine(env: Record<string, string> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'assay-native-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [bin, wheels, calls] = ['bin', 'wheels', 'calls'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(bin);
    mkdirSync(wheels);
    writeFileSync(calls, '');
    writeFileSync(join(bin, 'python3'), PYTHON, { mode: 0o755 });
    for (const name of ['c++', 'g++', 'clang++']) writeFileSync(join(bin, name), COMPILER, { mode: 0o755 });
    vi.stubEnv('ASSAY_CACHE', join(folder, 'cache'));
    const root = join(folder, 'cache', 'native');
    const said: string[] = [];
    const base: SetUpOptions = {
      platform: 'linux',
      arch: 'x64',
      flavour: 'cpu',
      version: '2.14.0',
      io: {
        stderr: { write: (text) => said.push(text) },
        env: {
          PATH: `${bin}${delimiter}${process.env['PATH']}`,
          REAL_PYTHON: python.stdout.trim(),
          WHEELS: wheels,
          CALLS: calls,
          ...env,
        },
        signal: new AbortController().signal,
      },
      test: async () => FOUND,
    };
    return {
      root,
      said,
      calls: () => readFileSync(calls, 'utf8').trim().split('\n'),
      left: () => (existsSync(root) ? readdirSync(root) : []),
      wheel: (file: string, entries: Readonly<Record<string, string>>) => {
        const code =
          'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)';
        execFileSync(python.stdout.trim(), ['-c', code, join(wheels, file), JSON.stringify(entries)]);
        return join(wheels, file);
      },
      run: (changes: Partial<SetUpOptions> = {}) => setUp({ ...base, ...changes }),
      runBlas: (changes: Partial<SetUpBlasOptions> = {}) =>
        setUpBlas({ ...base, musl: false, test: async () => ENGINE, ...changes }),
      base,
    };
  }
  const NAME = `cpu-2.14.0-tfjs4.22.0-napi8-${process.platform}-${process.arch}`;

  it('says which npm packages are missing, and how to install them', async () => {
    const { run, left, calls, root } = machine();
    const beside = pathToFileURL(join(root, 'alone.js')).href;
    await expect(run({ beside })).rejects.toThrow(
      /^native: it needs npm packages that do not come by themselves\. Install them without their scripts: npm i --ignore-scripts @assay-ml\/tensors@\S+ @tensorflow\/tfjs-node@4\.22\.0 node-api-headers@\S+$/,
    );
    expect([left(), calls()]).toEqual([[], ['']]);
  });

  it('lays library, headers and binding into a folder of the version, and nothing else', async () => {
    const { wheel, run, root, left, said, calls } = machine();
    const sha256 = createHash('sha256')
      .update(readFileSync(wheel(CPU, TENSORFLOW)))
      .digest('hex');
    let tested = '';
    const test = async (folder: string) => {
      tested = folder;
      return FOUND;
    };
    expect(await run({ test })).toEqual({ folder: join(root, NAME), found: FOUND });
    expect(tested).toContain(`${NAME}.part-${process.pid}-`);
    expect(left()).toEqual([NAME]);
    const files = readdirSync(join(root, NAME), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(root, NAME).length + 1));
    expect(files.sort()).toEqual([
      'native.json',
      'tensorflow/include/tensorflow/c/c_api.h',
      'tensorflow/include/tsl/a.h',
      'tensorflow/include/xla/a.h',
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'tfjs_binding.node',
    ]);
    const flags = readFileSync(join(root, NAME, 'tfjs_binding.node'), 'utf8');
    expect(flags).toContain('-std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8');
    expect(flags).toContain('-Wl,-rpath,$ORIGIN/tensorflow');
    expect(flags).toMatch(/-I\S*node-api-headers\/include -I\S*\/tensorflow\/include -I\S*node_modules\/@tensorflow /);
    expect(JSON.parse(readFileSync(join(root, NAME, 'native.json'), 'utf8'))).toEqual({
      flavour: 'cpu',
      tensorflow: '2.14.0',
      tfjs: '4.22.0',
      napi: 8,
      compiler: 'c++',
      wheels: [{ file: CPU, sha256, from: 'index' }],
    });
    expect(said.join('')).toContain(
      `sha256 ${sha256.slice(0, 16)}… is as the package index says; Assay has not seen this wheel`,
    );
    const before = calls().length;
    expect(await run()).toEqual({ folder: join(root, NAME), found: null });
    expect(calls()).toHaveLength(before); // not even pip was asked
  });

  it('links for macOS as macOS wants it', async () => {
    const { wheel, run, root } = machine();
    wheel('tensorflow-2.16.1-cp311-cp311-macosx_12_0_arm64.whl', {
      'tensorflow/libtensorflow_cc.2.dylib': 'cc',
      'tensorflow/libtensorflow_framework.2.dylib': 'framework',
      'tensorflow-2.16.1.dist-info/METADATA': '',
    });
    const { folder } = await run({ platform: 'darwin', arch: 'arm64', version: '2.16.1' });
    const flags = readFileSync(join(folder, 'tfjs_binding.node'), 'utf8');
    expect(flags).toContain('-bundle -undefined dynamic_lookup');
    expect(flags).toContain('-Wl,-rpath,@loader_path/tensorflow');
    expect(flags).not.toContain('-shared');
    expect(folder.startsWith(root)).toBe(true);
  });

  it('lays CUDA’s libraries where TensorFlow looks for them: ../nvidia/<part>/lib', async () => {
    const { wheel, run, said } = machine();
    const needs = (name: string, version: string) => `Requires-Dist: ${name} (==${version}) ; extra == 'and-cuda'\n`;
    wheel('tensorflow-2.14.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', {
      ...TENSORFLOW,
      'tensorflow-2.14.0.dist-info/METADATA':
        needs('nvidia-cublas-cu12', '12.2.5.6') + needs('nvidia-cudnn-cu12', '8.9.4.25'),
    });
    wheel('nvidia_cublas_cu12-12.2.5.6-py3-none-manylinux1_x86_64.whl', {
      'nvidia/cublas/lib/libcublas.so.12': 'cublas',
    });
    wheel('nvidia_cudnn_cu12-8.9.4.25-py3-none-manylinux1_x86_64.whl', { 'nvidia/cudnn/lib/libcudnn.so.8': 'cudnn' });
    const { folder } = await run({ flavour: 'cuda' });
    const from = join(folder, 'tensorflow');
    expect(readFileSync(join(from, '../nvidia/cublas/lib/libcublas.so.12'), 'utf8')).toBe('cublas');
    expect(readFileSync(join(from, '../nvidia/cudnn/lib/libcudnn.so.8'), 'utf8')).toBe('cudnn');
    expect(said.filter((line) => line.startsWith('fetching'))).toEqual([
      'fetching tensorflow 2.14.0\n',
      'fetching nvidia-cublas-cu12 12.2.5.6\n',
      'fetching nvidia-cudnn-cu12 8.9.4.25\n',
    ]);
    const { wheels } = JSON.parse(readFileSync(join(folder, 'native.json'), 'utf8')) as { wheels: unknown[] };
    expect(wheels).toHaveLength(3);
  });

  it.each([
    [
      'no pip',
      { NO_PIP: '1' },
      'native: no pip (python3 ended with 1: No module named pip). Install Python 3 with pip',
    ],
    ['no compiler', { NO_COMPILER: '127' }, 'native: no C++ compiler (tried c++, g++, clang++). Install g++ or clang'],
    ['another compiler that is not there', { CXX: 'icpc' }, 'native: no C++ compiler (CXX is icpc)'],
    ['a full disk', { FULL: '1' }, 'no space left for the cache (python3 found none). Make room, or name another'],
    ['an index without hashes', { NO_HASH: '1' }, 'native: the package index gives no sha256 of tensorflow-cpu 2.14.0'],
    [
      'a binding that does not compile',
      { BROKEN: '1' },
      "native: the binding does not compile: x.cc:1: error: 'TF_Nothing' was not declared. Try another compiler (CXX)",
    ],
  ])('says so and leaves nothing: %s', async (_, env, message) => {
    const { wheel, run, left } = machine(env);
    wheel(CPU, TENSORFLOW);
    await expect(run()).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });

  it('names a file that is in the way of the cache', async () => {
    const { run, runBlas, root } = machine();
    writeFileSync(dirname(root), '');
    const told = `native: the folder ${root} cannot be made: a file is in its way. Name another folder in ASSAY_CACHE.`;
    await expect(run()).rejects.toMatchObject({ message: told, code: 'ENOTDIR' });
    await expect(runBlas()).rejects.toMatchObject({ message: told, code: 'ENOTDIR' });
    expect(await remove()).toEqual([]);
  });

  it('asks for room before it fetches anything', async () => {
    const { wheel, run, left, root, said } = machine();
    wheel(CPU, TENSORFLOW);
    disk.free = 9e8;
    await expect(run()).rejects.toThrow(
      `no space left for the cache (0.90 GB free in ${root}, 1.00 GB needed). Make room, or name another folder in ASSAY_CACHE.`,
    );
    disk.free = 1.1e9;
    await expect(run({ flavour: 'cuda' })).rejects.toThrow(`1.10 GB free in ${root}, 8.00 GB needed`);
    expect([left(), said]).toEqual([[], []]);
    expect((await run()).found).toBe(FOUND);
  });

  it('refuses a version that the index lacks, and names those it has', async () => {
    const { run, left } = machine();
    await expect(run({ version: '2.99.0' })).rejects.toThrow(
      'native: tensorflow-cpu 2.99.0 is not there for manylinux2014_x86_64; must be one of 2.14.0, 2.15.1.',
    );
    expect(left()).toEqual([]);
  });

  it('refuses another file under the name of a wheel that was seen', async () => {
    const { wheel, run, left } = machine();
    const file = 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
    const sha256 = createHash('sha256')
      .update(readFileSync(wheel(file, TENSORFLOW)))
      .digest('hex');
    await expect(run({ version: '2.15.1' })).rejects.toThrow(
      `native: sha256 of ${file} is ${sha256}; must be ${SEEN[file]} (the wheel that was seen). It was removed`,
    );
    expect(left()).toEqual([]);
  });

  it.each([
    [
      'a name that leaves the folder',
      { ...TENSORFLOW, 'tensorflow/include/tsl/../../../../evil': 'x' },
      /cannot be unpacked.*leaves the folder/,
    ],
    [
      'no library',
      { 'tensorflow_cpu-2.14.0.dist-info/METADATA': '' },
      /the wheel has no TensorFlow library \(none of two\)/,
    ],
  ])('refuses a wheel with %s', async (_, entries, message) => {
    const { wheel, run, left, root } = machine();
    wheel(CPU, entries);
    await expect(run()).rejects.toThrow(message);
    expect(left()).toEqual([]);
    expect(existsSync(join(root, '..', '..', 'evil'))).toBe(false);
  });

  it('refuses bytes that are no archive', async () => {
    const { wheel, run, left } = machine();
    writeFileSync(wheel(CPU, {}), 'not a zip');
    await expect(run()).rejects.toThrow(`native: ${CPU} cannot be unpacked. python3 ended with 1`);
    expect(left()).toEqual([]);
  });

  it('keeps no build that fails its self-test', async () => {
    const { wheel, run, left } = machine();
    wheel(CPU, TENSORFLOW);
    const test = () => Promise.reject(new Error('1 + 1 is 3'));
    await expect(run({ test })).rejects.toThrow('1 + 1 is 3');
    expect(left()).toEqual([]);
  });

  it('may run twice at once: one build stays, both are told where', async () => {
    const { wheel, run, left, root } = machine();
    wheel(CPU, TENSORFLOW);
    const both = await Promise.all([run(), run()]);
    expect(both.map(({ folder }) => folder)).toEqual([join(root, NAME), join(root, NAME)]);
    expect(left()).toEqual([NAME]);
  });

  it('clears what a killed set-up left, and only that', async () => {
    const { wheel, run, left, root } = machine();
    wheel(CPU, TENSORFLOW);
    const gone = spawnSync('true').pid;
    mkdirSync(join(root, `${NAME}.part-${gone}-AbC123`), { recursive: true });
    mkdirSync(join(root, `${NAME}.part-${process.ppid}-AbC123`));
    await run();
    expect(left().sort()).toEqual([NAME, `${NAME}.part-${process.ppid}-AbC123`]);
  });

  it('stops when told to, at once, and leaves nothing', async () => {
    const { wheel, run, left, base } = machine({ SLOW: '1' });
    wheel(CPU, TENSORFLOW);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const start = performance.now();
    await expect(run({ io: { ...base.io, signal: stop.signal } })).rejects.toThrow('aborted');
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(left()).toEqual([]);
  });

  const BLAS_NAME = `blas-0.3.34.481.3-${process.platform}-${process.arch}`;

  it('lays the BLAS and its licence into a folder of the version, and nothing else; no compiler is asked for', async () => {
    const { wheel, runBlas, root, left, said, calls } = machine({ CXX: 'none' });
    const sha256 = createHash('sha256')
      .update(readFileSync(wheel(BLAS, OPENBLAS)))
      .digest('hex');
    const folder = join(root, BLAS_NAME);
    let tested: readonly string[] = [];
    const test = async (library: string) => {
      tested = [library, readFileSync(library, 'utf8')];
      return ENGINE;
    };
    expect(await runBlas({ test })).toEqual({ folder, found: ENGINE });
    expect(tested).toEqual([expect.stringContaining(`${BLAS_NAME}.part-${process.pid}-`), 'blas']);
    expect(left()).toEqual([BLAS_NAME]);
    expect(readdirSync(folder).sort()).toEqual(['LICENSE.txt', 'blas.json', 'libscipy_openblas.so']);
    expect(readFileSync(join(folder, 'LICENSE.txt'), 'utf8')).toBe('BSD');
    expect(JSON.parse(readFileSync(join(folder, 'blas.json'), 'utf8'))).toEqual({
      library: 'scipy-openblas32',
      version: '0.3.34.481.3',
      wheels: [{ file: BLAS, sha256, from: 'index' }],
    });
    expect(said[0]).toBe('fetching scipy-openblas32 0.3.34.481.3\n');
    expect(blasBuilds()).toEqual([join(folder, 'libscipy_openblas.so')]);
    const before = calls().length;
    expect(await runBlas()).toEqual({ folder, found: null });
    expect(calls()).toHaveLength(before); // not even pip was asked
  });

  it('takes of a Windows wheel the library and not what links to it', async () => {
    const { wheel, runBlas } = machine();
    wheel('scipy_openblas32-0.3.34.481.3-py3-none-win_arm64.other.whl', {
      'scipy_openblas32-0.3.34.481.3.dist-info/licenses/LICENSE.txt': 'BSD',
      'scipy_openblas32/lib/scipy_openblas.lib': 'not needed',
      'scipy_openblas32/lib/scipy_openblas.dll': 'blas',
    });
    const { folder } = await runBlas({ platform: 'win32', arch: 'arm64' });
    expect(readdirSync(folder).sort()).toEqual(['LICENSE.txt', 'blas.json', 'scipy_openblas.dll']);
  });

  it('says how to install the npm package that calls the BLAS', async () => {
    const { runBlas, left, calls, root } = machine();
    await expect(runBlas({ beside: pathToFileURL(join(root, 'alone.js')).href })).rejects.toThrow(
      /^native: it needs npm packages that do not come by themselves\. Install them without their scripts: npm i --ignore-scripts @assay-ml\/tensors@\S+ koffi@\^3\.3\.4$/,
    );
    expect([left(), calls()]).toEqual([[], ['']]);
  });

  it.each([
    [
      'no pip',
      { NO_PIP: '1' },
      OPENBLAS,
      'native: no pip (python3 ended with 1: No module named pip). Install Python 3',
    ],
    ['a full disk', { FULL: '1' }, OPENBLAS, 'no space left for the cache (python3 found none). Make room'],
    [
      'an index without hashes',
      { NO_HASH: '1' },
      OPENBLAS,
      'native: the package index gives no sha256 of scipy-openblas32 0.3.34.481.3',
    ],
    [
      'no library',
      {},
      { ...OPENBLAS, 'scipy_openblas32/lib/libscipy_openblas.so': undefined },
      `native: ${BLAS} has no library where it was looked for.`,
    ],
    [
      'no licence',
      {},
      { ...OPENBLAS, 'scipy_openblas32-0.3.34.481.3.dist-info/licenses/LICENSE.txt': undefined },
      `native: ${BLAS} has no licence where it was looked for.`,
    ],
    [
      'a name that leaves the folder',
      {},
      { ...OPENBLAS, 'scipy_openblas32/lib/libscipy_openblas/../../../../evil': 'x' },
      /cannot be unpacked.*leaves the folder/,
    ],
  ] as const)('says so and leaves nothing of the BLAS: %s', async (_, env, entries, message) => {
    const { wheel, runBlas, left } = machine(env);
    wheel(BLAS, entries as Record<string, string>);
    await expect(runBlas()).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });

  it('refuses another file under the name of the BLAS that was seen, a full disk, and a library that does not compute', async () => {
    const { wheel, runBlas, left, root } = machine();
    disk.free = 9e7;
    await expect(runBlas()).rejects.toThrow(`(0.09 GB free in ${root}, 0.10 GB needed)`);
    disk.free = Infinity;
    const seen = 'scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl';
    const path = wheel(seen, OPENBLAS);
    await expect(runBlas()).rejects.toThrow(
      /^native: sha256 of scipy_openblas32\S+ is \w{64}; must be 0595f94cd58c1f8a0d90c975621f4587337a003916b1979e834ebdf2cb5d9504 \(the wheel that was seen\)/,
    );
    rmSync(path);
    wheel(BLAS, OPENBLAS);
    await expect(runBlas({ test: () => Promise.reject(new Error('gemm is off')) })).rejects.toThrow('gemm is off');
    expect(left()).toEqual([]);
  });

  it('sets TensorFlow up too where --tensorflow is given with --blas, and not otherwise', async () => {
    const { wheel, runBlas, root } = machine();
    wheel(BLAS, OPENBLAS);
    await runBlas();
    const there = `BLAS is set up in ${join(root, BLAS_NAME)}\n`;
    expect(await tensors('native --blas')).toMatchObject({ code: 0, out: there, err: '' });
    const both = await tensors('native --blas --tensorflow 1.0');
    expect(both).toMatchObject({ code: 2, out: there });
    expect(both.err).toMatch(/^tensors: native: --tensorflow is '1\.0'; must be/);
  });

  it('is removed by `native --remove`', async () => {
    const { wheel, run, runBlas, root } = machine();
    wheel(CPU, TENSORFLOW);
    wheel(BLAS, OPENBLAS);
    await run();
    await runBlas();
    expect(await tensors('native --remove --blas')).toEqual({
      code: 2,
      out: '',
      err: 'tensors: native: --remove comes with --blas; must come alone: it deletes all that was set up.\n',
    });
    expect(existsSync(root)).toBe(true);
    expect(await tensors('native --remove')).toMatchObject({ code: 0, out: `removed ${BLAS_NAME}, ${NAME}\n` });
    expect(existsSync(root)).toBe(false);
    expect(await tensors('native --remove')).toMatchObject({ code: 0, out: `nothing in ${root}\n` });
    expect(await remove()).toEqual([]);
  });
});

describe('npx @assay-ml/tensors', () => {
  it('exits 2 with the reason for what cannot be', async () => {
    const { code, out, err } = await tensors('native --tensorflow 1.0');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^tensors: native: --tensorflow is '1\.0'; must be a version such as 2\.15\.1/);
  });

  it.each([
    ['', "tensors: the command is ''; must be native. See --help.\n"],
    ['nativ', "tensors: the command is 'nativ'; must be native. See --help.\n"],
    ['native --blass', /^tensors: Unknown option '--blass'/],
    ['native --tensorflow', /^tensors: Option '--tensorflow <value>' argument missing/],
  ])('refuses the line %j', async (line, said) => {
    const { code, out, err } = await tensors(line);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(said);
  });

  it('says what it can do, and which version it is', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await tensors('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    const { code, out } = await tensors('--help');
    expect(code).toBe(0);
    for (const flag of ['--blas', '--cuda', '--remove', `(default: ${USUAL})`]) expect(out).toContain(flag);
  });
});

const built = (path: string) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/** The built command or script, as a process. */
function node(path: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built(path), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

// `nx test` builds it first; without a build there is nothing to run.
describe.skipIf(!existsSync(built('setup/backends-process.js')))('the built command', () => {
  it('tries a library in a process of its own, and says what is wrong with it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-engine-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'libblas.so');
    writeFileSync(path, 'not a library\n'.repeat(20));
    const { status, stdout } = node('setup/engine-process.js', [path]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ok: false, reason: expect.stringMatching(new RegExp(`^${path}: .+`)) });
  });

  // Skipped where `npx @assay-ml/tensors native` was not run: it needs a compiler and a package index.
  describe.skipIf(nativeBuilds('4.22.0').length === 0)('with native TensorFlow', () => {
    const [folder = ''] = nativeBuilds('4.22.0');

    it('is there at once the second time', () => {
      const version = /-(\d+\.\d+\.\d+)-tfjs/.exec(folder)![1]!;
      const flags = folder.includes('cuda-') ? ['--cuda'] : [];
      const { status, stdout, stderr } = node('setup/cli.js', ['native', '--tensorflow', version, ...flags]);
      expect([status, stdout, stderr]).toEqual([0, `TensorFlow ${version} is set up in ${folder}\n`, '']);
    });

    it('computes in the self-test’s process, with the threads of the environment', () => {
      const { stdout } = node('setup/self-test-process.js', [folder], { TF_NUM_INTRAOP_THREADS: '1' });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, path: folder, threads: 1 });
      expect(stdout).toContain('with one thread');
    });
  });
});
