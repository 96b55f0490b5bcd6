/** `assay doctor`: what this machine can do. */
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { catalogue, howToGet, locate, type DatasetName } from '@assay-ml/datasets';
import type { ExitCode } from '@assay-ml/claims';
import { blasTarget, isBlasTested, isTested, tryBackends, tryEngine, type ToolOptions } from '@assay-ml/tensors/setup';
import type { Io } from '../io.js';
import { table } from '../terminal.js';

/** What this module needs of an engine; the Node types leave WebAssembly to those of browsers. */
const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } };

/** A module with one i8x16.splat: valid only where SIMD is. */
const SIMD = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/** First line of what a program says, or `null` when it is not there or fails. */
function ask(program: string, args: readonly string[]): string | null {
  try {
    const answer = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return answer.trim().split('\n')[0] ?? '';
  } catch {
    return null;
  }
}

interface Finding {
  readonly what: string;
  /** `null`: needed and absent. */
  readonly ok: boolean | null;
  readonly found: string;
}

/** Tries what may hang or fail in a process of its own; why it could not be tried is a finding, too. */
async function attempt(
  io: Io,
  what: string,
  find: (options: ToolOptions) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(ATTEMPT_MS)]);
  try {
    return await find({ env: io.env, signal });
  } catch (error) {
    if (io.signal.aborted) throw error;
    return [{ what, ok: false, found: `could not be tried: ${(error as Error).message}` }];
  }
}

/** Graphics drivers are known to hang. */
const ATTEMPT_MS = 60_000;

const UNTESTED = ' [untested by Assay on this kind of machine]';

/** The backends of TensorFlow.js, each tried. */
const backends = async (options: ToolOptions): Promise<readonly Finding[]> =>
  (await tryBackends(options)).map(({ name, ok, found }) => {
    const { platform, arch } = process;
    const flavour = /a GPU|\bcuda-/.test(found) ? 'cuda' : 'cpu';
    const tested = name !== 'tensorflow' || isTested({ platform, arch, flavour });
    return { what: `backend: ${name}`, ok, found: `${found}${tested ? '' : UNTESTED}` };
  });

/** The native library that `--engine blas` would take. */
async function engine(options: ToolOptions): Promise<readonly Finding[]> {
  const what = 'engine: blas';
  const finding = await tryEngine(options);
  if (!finding.ok)
    return [{ what, ok: false, found: `${finding.reason}. Set one up: npx @assay-ml/tensors native --blas` }];
  const { version, core, path } = finding;
  const tested = isBlasTested(blasTarget()) ? '' : UNTESTED;
  return [{ what, ok: true, found: `${version} with kernels for ${core}, on one thread (${path})${tested}` }];
}

async function findings(io: Io): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const node = major > 20 || (major === 20 && minor >= 19);
  const simd = WebAssembly.validate(SIMD);
  const free = statfsSync(io.cwd);
  const chromium = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => ask(name, ['--version']))
    .find((v) => v !== null);
  const numpy = ask('python3', [
    '-c',
    'import sys, numpy; print(f"Python {sys.version.split()[0]}, numpy {numpy.__version__}")',
  ]);
  return [
    { what: 'Node', ok: node ? true : null, found: `${process.version}${node ? '' : '; needs 20.19 or newer'}` },
    { what: 'cores', ok: true, found: `${availableParallelism()} × ${cpus()[0]?.model.trim() || 'unknown'}` },
    { what: 'memory', ok: true, found: `${gigabytes(freemem())} free of ${gigabytes(totalmem())}` },
    { what: 'disk', ok: true, found: `${gigabytes(free.bavail * free.bsize)} free in the working folder` },
    {
      what: 'WebAssembly SIMD',
      ok: simd ? true : null,
      found: simd ? 'yes' : 'no: the kernels need it; use a newer Node',
    },
    {
      what: 'shared memory',
      ok: typeof SharedArrayBuffer === 'function',
      found: typeof SharedArrayBuffer === 'function' ? 'yes: kernels may use threads' : 'no: one thread a kernel',
    },
    ...(await attempt(io, 'backends', backends)),
    ...(await attempt(io, 'engine: blas', engine)),
    ...(Object.keys(catalogue) as DatasetName[]).map((name) => {
      const folder = locate(name);
      return { what: `data: ${name}`, ok: folder !== null, found: folder ?? howToGet(name) };
    }),
    { what: 'Python peers', ok: numpy !== null, found: numpy ?? 'no python3 with numpy: `bench --peers` needs it' },
    { what: 'Chromium', ok: chromium !== undefined, found: chromium ?? 'not found: only the browser tests need it' },
    {
      what: 'git',
      ok: ask('git', ['--version']) !== null,
      found: ask('git', ['--version']) ?? 'not found: run.json then has no commit',
    },
  ];
}

/** Prints the findings; 2 when something that every run needs is absent. */
export async function doctorCommand(io: Io): Promise<ExitCode> {
  const found = await findings(io);
  const sign = (ok: boolean | null): string => (ok === true ? '✓' : ok === false ? '–' : '✕');
  io.stdout.write(
    table(
      ['', 'what', 'found'],
      [3, 24, 72],
      found.map(({ what, ok, found: text }) => [sign(ok), what, text]),
    ),
  );
  return found.some(({ ok }) => ok === null) ? 2 : 0;
}
