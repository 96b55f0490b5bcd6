/** Adaptors that are whole vectors: biases, and gains and shifts of norms. */
import type { VectorBlock } from '../layout.js';

/** vector += Σ_c π_c b_c. */
export function addVectors(
  { part, target: { size } }: VectorBlock,
  adaptors: Float64Array,
  pi: ArrayLike<number>,
  vector: Float64Array,
  at: number,
): void {
  for (let c = 0; c < pi.length; c++) {
    const b = part.start + c * size;
    for (let i = 0; i < size; i++) vector[at + i]! += pi[c]! * adaptors[b + i]!;
  }
}

/** From g, the gradient of the merged vector: π_c g of b_c, and ⟨g, b_c⟩ of π_c. Both are added to. */
export function pullVectors(
  { part, target: { size } }: VectorBlock,
  adaptors: Float64Array,
  pi: ArrayLike<number>,
  gradient: Float64Array,
  at: number,
  ofAdaptors: Float64Array,
  ofPi: Float64Array,
): void {
  for (let c = 0; c < pi.length; c++) {
    const b = part.start + c * size;
    let along = 0;
    for (let i = 0; i < size; i++) {
      const g = gradient[at + i]!;
      ofAdaptors[b + i]! += pi[c]! * g;
      along += g * adaptors[b + i]!;
    }
    ofPi[c]! += along;
  }
}
