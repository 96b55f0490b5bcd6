/** `assay native`: native TensorFlow from the package registries, into a cache of ours. */
import type { ExitCode } from '@assay-ml/claims';
import { nativeRoot } from '@assay-ml/tensors';
import type { Io } from '../io.js';
import { remove, setUp } from '../native/set-up.js';
import { isTested } from '../native/wheels.js';

/** Options of `assay native`. */
export interface NativeFlags {
  readonly cuda?: boolean;
  readonly tensorflow: string;
  readonly remove?: boolean;
}

/** Sets native TensorFlow up, or deletes every build of it. */
export async function nativeCommand(io: Io, flags: NativeFlags): Promise<ExitCode> {
  if (flags.remove === true) {
    const names = await remove();
    io.stdout.write(names.length === 0 ? `nothing in ${nativeRoot()}\n` : `removed ${names.join(', ')}\n`);
    return 0;
  }
  const { platform, arch } = process;
  const target = { platform, arch, flavour: flags.cuda === true ? 'cuda' : 'cpu', version: flags.tensorflow } as const;
  const start = performance.now();
  try {
    const { folder, found } = await setUp({ ...target, io });
    if (found === null) {
      io.stdout.write(`TensorFlow ${flags.tensorflow} is set up in ${folder}\n`);
      return 0;
    }
    const seconds = Math.round((performance.now() - start) / 1000);
    const untested = isTested(target) ? '' : ' This kind of set-up is untested by Assay itself.';
    const noGpu = flags.cuda === true && !found.gpu ? ' No GPU was found: it computes on the CPU.' : '';
    io.stdout.write(
      `ready after ${seconds} s: TensorFlow ${found.version} computes and differentiates on ${found.gpu ? 'a GPU' : 'the CPU'}, from ${folder}.${noGpu}${untested}\n`,
    );
    return 0;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.stderr.write('stopped; nothing was left behind.\n');
    return 130;
  }
}
