/** The command line of this package: flags in, exit code out. */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { nativeCommand } from './command.js';
import type { SetUpIo } from './io.js';
import { SetUpError } from './set-up-error.js';
import { TENSORFLOW } from './wheels.js';

const HELP = `Usage: npx @assay-ml/tensors native [options]

Sets native TensorFlow up, from the Python package index and a C++ compiler; or a BLAS, without one. Both lie in a cache
($ASSAY_CACHE, else assay in the user's cache folder), where useBackend and useEngine find them.

Options:
  --blas                  the library of the engine blas; TensorFlow only where an option of it is given too
  --cuda                  the build for NVIDIA GPUs, with CUDA's libraries (Linux x64; several GB)
  --tensorflow <version>  version of TensorFlow (default: ${TENSORFLOW})
  --remove                delete all that was set up
  --version               the version of this package
  --help                  this text

Exit code: 0 done; 2 it could not be done; 130 stopped by Ctrl-C.
`;

/**
 * Runs the command line.
 * @param argv arguments without `node` and the script
 * @param io where it reads and writes
 * @returns exit code
 */
export async function main(argv: readonly string[], io: SetUpIo): Promise<0 | 2 | 130> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
    const { help, version, ...flags } = values;
    if (help === true || version === true) {
      const { version: number } = createRequire(import.meta.url)('../../package.json') as { version: string };
      io.stdout.write(version === true ? `${number}\n` : HELP);
      return 0;
    }
    if (positionals.join(' ') !== 'native') {
      throw new SetUpError(`the command is '${positionals.join(' ')}'; must be native. See --help.`);
    }
    return await nativeCommand(io, flags);
  } catch (error) {
    io.stderr.write(`tensors: ${said(error)}\n`);
    return 2;
  }
}

const OPTIONS = {
  blas: { type: 'boolean' },
  cuda: { type: 'boolean' },
  tensorflow: { type: 'string' },
  remove: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** A named error, or one of the system or of the flags, speaks for itself; anything else is a defect of ours and shows where. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = error instanceof SetUpError || 'code' in error || /^native: /.test(error.message);
  return named ? error.message : (error.stack ?? error.message);
}
