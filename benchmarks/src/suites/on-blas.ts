/** A benchmark of our own work on a native library. */
import type { Benchmark, Peer } from '../benchmark.js';

interface OnBlas {
  /** Our time over that in WebAssembly, at most. */
  readonly goal?: number;
  /** What computes without the library. Default wasm. */
  readonly without?: string;
  /** Others that stand beside it. Default: the benchmark's. */
  readonly peers?: readonly Peer[];
  /** Width of the library's kernels. Default: as wide as the processor. */
  readonly bits?: 256;
}

/** The same work on the engine `blas`, beside the same without it. */
export function onBlas(
  benchmark: Benchmark,
  { goal, without = 'wasm', peers = benchmark.peers, bits }: OnBlas = {},
): Benchmark {
  return {
    ...benchmark,
    name: `${benchmark.name}, blas${bits === undefined ? '' : `, ${bits} bits`}`,
    engine: 'blas',
    ...(bits === undefined ? {} : { bits }),
    peers: [
      {
        name: without,
        runtime: benchmark.backend === undefined ? 'node' : 'wasm',
        ...(goal === undefined ? {} : { goal }),
      },
      ...(peers ?? []),
    ],
    async skip() {
      const { useEngine } = await import('@assay-ml/numerics/engine');
      const { name, why } = useEngine('auto');
      useEngine('wasm');
      return name === 'blas' ? ((await benchmark.skip?.()) ?? null) : why;
    },
  };
}
