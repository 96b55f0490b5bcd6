/**
 * Memory that the backend could not get. Its `malloc` then gives address 0, which TensorFlow.js 4.22 takes for a tensor's,
 * and of 4 GiB and almost so much it keeps the lower 32 bits: other tensors read wrong numbers. Cure: an error in its place, before
 * anything is written.
 */
interface Backend {
  readonly wasm: { _malloc(bytes: number): number; _free(address: number): void };
}

/** The most that is asked for: its sums of sizes and addresses have 32 bits. */
const MOST = 4095 * 2 ** 20;

const guarded = new WeakSet<Backend['wasm']>();

/** Guards one backend; a second call does nothing. */
export function guardAllocation({ wasm }: Backend): void {
  if (guarded.has(wasm)) return;
  // Its first call puts another function into its place, which would undo the guard.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const address = bytes <= MOST ? malloc(bytes) : 0;
    if (address === 0 && bytes > 0) {
      throw new Error(
        `wasm: there is no memory for ${bytes} bytes more; the backend has 4 GiB at most. Dispose tensors (tf.tidy, leakGuard) or use smaller batches.`,
      );
    }
    return address;
  };
  guarded.add(wasm);
}
