import type { Network, Weights } from '@assay-ml/networks';

export const SEED: number;
export const EXAMPLES: number;
export const PIECE: number;
export const PROBES: number;
export function maskCase(name: 'mlp' | 'vggMini'): {
  network: Network;
  weights: Weights;
  data: { x: Float32Array; y: Int32Array };
};
