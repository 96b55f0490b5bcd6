/** The set-up as a command: native TensorFlow and the BLAS of the engine, from the package registries, into a cache of ours. */
import { nativeRoot } from '../native-builds.js';
import type { SetUpIo } from './io.js';
import { remove } from './build.js';
import { SetUpError } from './set-up-error.js';
import { setUpBlas } from './set-up-blas.js';
import { setUp } from './set-up.js';
import { blasTarget, isBlasTested, isTested, TENSORFLOW } from './wheels.js';

/** Options of the command. */
export interface NativeFlags {
  readonly blas?: boolean;
  readonly cuda?: boolean;
  readonly tensorflow?: string;
  readonly remove?: boolean;
}

/**
 * Sets native TensorFlow up, or the BLAS, or both; or deletes all of it.
 * @throws SetUpError for `remove` with another option, which might be meant to narrow it
 */
export async function nativeCommand(io: SetUpIo, flags: NativeFlags): Promise<0 | 130> {
  const { remove: removes, ...others } = flags;
  if (removes === true) {
    const [other] = Object.keys(others);
    if (other !== undefined) {
      throw new SetUpError(`native: --remove comes with --${other}; must come alone: it deletes all that was set up.`);
    }
    const names = await remove();
    io.stdout.write(names.length === 0 ? `nothing in ${nativeRoot()}\n` : `removed ${names.join(', ')}\n`);
    return 0;
  }
  try {
    if (flags.blas === true) await blas(io);
    if (flags.blas !== true || flags.tensorflow !== undefined || flags.cuda === true) await tensorflow(io, flags);
    return 0;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.stderr.write('stopped; nothing was left behind.\n');
    return 130;
  }
}

async function blas(io: SetUpIo): Promise<void> {
  const target = blasTarget();
  const start = performance.now();
  const { folder, found } = await setUpBlas({ ...target, io });
  io.stdout.write(
    found === null
      ? `BLAS is set up in ${folder}\n`
      : `ready after ${since(start)} s: ${found.version} computes with kernels for ${found.core}, on one thread, from ${folder}.${isBlasTested(target) ? '' : UNTESTED}\n`,
  );
}

async function tensorflow(io: SetUpIo, { cuda = false, tensorflow: version = TENSORFLOW }: NativeFlags): Promise<void> {
  const { platform, arch } = process;
  const target = { platform, arch, flavour: cuda ? 'cuda' : 'cpu', version } as const;
  const start = performance.now();
  const { folder, found } = await setUp({ ...target, io });
  if (found === null) {
    io.stdout.write(`TensorFlow ${version} is set up in ${folder}\n`);
    return;
  }
  const noGpu = cuda && !found.gpu ? ' No GPU was found: it computes on the CPU.' : '';
  io.stdout.write(
    `ready after ${since(start)} s: TensorFlow ${found.version} computes and differentiates on ${found.gpu ? 'a GPU' : 'the CPU'}, from ${folder}.${noGpu}${isTested(target) ? '' : UNTESTED}\n`,
  );
}

const since = (start: number): number => Math.round((performance.now() - start) / 1000);

const UNTESTED = ' This kind of set-up is untested by Assay itself.';
