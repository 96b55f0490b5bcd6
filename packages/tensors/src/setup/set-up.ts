/**
 * Sets native TensorFlow up from the Python wheels, without the storage bucket that tfjs-node's own installer needs: the
 * wheel has TensorFlow's library and headers, the npm package has the source of the binding, a C++ compiler joins them.
 *
 * The folder's layout is that of a Python installation, since TensorFlow looks for CUDA's libraries in `$ORIGIN/../nvidia/<part>/lib`:
 *
 *     tfjs_binding.node   tensorflow/libtensorflow_cc.so.2   tensorflow/include/…   nvidia/cublas/lib/…   native.json
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nativeName, nativeRoot, NATIVE_NAPI } from '../native-builds.js';
import type { NativeFound } from '../native.js';
import type { SetUpIo } from './io.js';
import { tool, ToolFailed, type ToolOptions } from './tool.js';
import { SetUpError } from './set-up-error.js';
import { build } from './build.js';
import { addWheel, checkPip } from './fetch-wheel.js';
import { notInstalled } from './peers.js';
import { selfTest } from './self-test.js';
import { nvidiaWheels, tensorflowWheel, type Target } from './wheels.js';

/** The world that the set-up works in. */
export interface SetUpOptions extends Target {
  readonly io: Omit<SetUpIo, 'stdout'>;
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
 * @throws SetUpError: no wheel for this machine, no such version, no npm package with the binding's source, no pip, no
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
  const found = await build(folder, ROOM[flavour], async (part) => {
    const { sha256, from, file } = await addWheel(part, wheel, TENSORFLOW_PARTS, tools, say);
    const wheels = [{ file, sha256, from }];
    const metadata = join(part, `${file.split('-').slice(0, 2).join('-')}.dist-info`, 'METADATA');
    if (flavour === 'cuda') {
      const needed = nvidiaWheels(await readFile(metadata, 'utf8'));
      if (needed.length === 0) throw new SetUpError(`native: ${file} names no CUDA wheels. Try another --tensorflow.`);
      for (const nvidia of needed) wheels.push(await addWheel(part, nvidia, ['nvidia/'], tools, say));
    }
    await rm(dirname(metadata), { recursive: true });
    say(`compiling the binding of @tensorflow/tfjs-node ${tfjsVersion} with ${compiler}`);
    await compile(compiler, part, tfjs, headers, tools);
    const computed = await test(part, tools);
    const record = { flavour, tensorflow: version, tfjs: tfjsVersion, napi: NATIVE_NAPI, compiler, wheels };
    await writeFile(join(part, 'native.json'), `${JSON.stringify(record, null, 2)}\n`);
    return computed;
  });
  return { folder, found };
}

/**
 * The source of the binding and the headers of Node. Their packages are optional peers: the binding's has an install script
 * that fetches what is built here.
 * @throws SetUpError when one is not installed
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
    throw notInstalled(['@tensorflow/tfjs-node', 'node-api-headers'], cause);
  }
}

/** What is kept of TensorFlow's wheel. */
const TENSORFLOW_PARTS = [
  'tensorflow/libtensorflow',
  ...['tensorflow', 'tsl', 'xla'].map((name) => `tensorflow/include/${name}/`),
  'METADATA',
];

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
  throw new SetUpError(
    `native: no C++ compiler (${asked ? `CXX is ${asked}` : 'tried c++, g++, clang++'}). Install g++ or clang, or name one in CXX.`,
  );
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
    throw new SetUpError(
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
    throw new SetUpError(
      `native: the binding does not compile: ${first.trim()}. Try another compiler (CXX) or --tensorflow.`,
    );
  }
}
