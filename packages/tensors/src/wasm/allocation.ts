/**
 * Memory that the backend could not get. Its `malloc` then gives address 0, which TensorFlow.js 4.22 takes for a tensor's:
 * other tensors read wrong numbers. Cure: an error in its place, before anything is written.
 */
interface Backend {
  readonly wasm: { _malloc(bytes: number): number; _free(address: number): void };
}

const guarded = new WeakSet<Backend['wasm']>();

/** Guards one backend; a second call does nothing. */
export function guardAllocation({ wasm }: Backend): void {
  if (guarded.has(wasm)) return;
  // Emscripten's first call puts the real function in place of whatever stands there.
  wasm._free(wasm._malloc(8));
  const malloc = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    // It takes 32 bits of the number: from 4 GiB on it would give less.
    const address = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (address === 0 && bytes > 0) {
      throw new Error(
        `wasm: there is no memory for ${bytes} bytes more; the backend has 4 GiB at most. Dispose tensors (tf.tidy, leakGuard) or use smaller batches.`,
      );
    }
    return address;
  };
  guarded.add(wasm);
}
