/** The native libraries of this machine, and how tests go through them. */
import { useEngine } from '../src/engine.js';
import { libraries } from '../src/engine-libraries.js';
import { blas, through, type Blas } from '../src/engine-slot.js';

interface Here {
  readonly name: string;
  readonly path: string;
  readonly core: string;
  readonly blas: Blas;
}

/** Those that pass; each test of a library runs on all of them. */
export const here: readonly Here[] = libraries().flatMap((path) => {
  try {
    const { version, core } = useEngine('blas', { path });
    return [{ name: `${version}, ${core}`, path, core: core!, blas: blas! }];
  } catch (error) {
    if ((error as Error).message.includes('Failed to load shared library')) return [];
    throw error; // it is here, and should pass
  } finally {
    useEngine();
  }
});

/** The name of what is skipped where none is here. */
export const none = 'a native library (none is here; npx @assay-ml/tensors native --blas fetches one)';

/** Everything that `run` calls goes through the library, whatever its size; and it does, or this throws. */
export function throughAll<T>({ blas: library }: Here, name: keyof Blas, run: () => T): T {
  let calls = 0;
  const counted = {
    ...library,
    [name]: (...values: never[]) => {
      calls++;
      return (library[name] as (...values: never[]) => unknown)(...values);
    },
  };
  const result = through(counted, run);
  if (calls === 0) throw new Error(`${name} of the library was not called`);
  return result;
}
