/**
 * Memory that the backend could not get. Its `malloc` then gives address 0, and for sizes near 4 GiB and above, which its
 * 32 bits do not hold, one with too little behind it. TensorFlow.js 4.22 takes both for a tensor's: other tensors read
 * wrong numbers. Cure: an error in its place, before anything is written.
 */
interface Backend {
  readonly wasm: { readonly HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(address: number): void };
}

const guarded = new WeakSet<Backend['wasm']>();

/** Guards one backend; a second call does nothing. */
export function guardAllocation({ wasm }: Backend): void {
  if (guarded.has(wasm)) return;
  // Its first call puts another function into its place, which would undo the guard.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const address = malloc(bytes);
    if (bytes > 0 && (address === 0 || (address >>> 0) + bytes > wasm.HEAPU8.length)) {
      wasm._free(address);
      throw new Error(
        `wasm: there is no memory for ${bytes} bytes more; the backend has 4 GiB at most. Dispose tensors (tf.tidy, leakGuard) or use smaller batches.`,
      );
    }
    return address;
  };
  guarded.add(wasm);
}
