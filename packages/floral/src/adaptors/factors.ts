/** Adaptors of low rank in their merged form: W + Σ_c π_c V_c U_cᵀ, and every gradient from that of the merged kernel. */
import type { FactorBlock } from '../layout.js';
import { addProduct, addProductTransposed, addTransposedProduct } from '../products.js';
import { makeRoom } from '../room.js';

const [first, second] = [makeRoom(), makeRoom()];

/** out_cj ← π_c x_cj of rows cj, C·r of them and `length` long. */
function scaleRows(
  pi: ArrayLike<number>,
  rank: number,
  x: Float64Array,
  at: number,
  length: number,
  out: Float64Array,
): void {
  // prettier-ignore
  for (let row = 0, i = 0; row < pi.length * rank; row++) {
    const weight = pi[Math.floor(row / rank)]!;
    for (let j = 0; j < length; j++, i++) out[i] = weight * x[at + i]!;
  }
}

/** kernel += Σ_c π_c V_c U_cᵀ, at each place of the kernel. */
export function addFactors(
  block: FactorBlock,
  adaptors: Float64Array,
  pi: ArrayLike<number>,
  kernel: Float64Array,
  at: number,
): void {
  const { rank, inputs, outputs, inPlaces, outPlaces, places } = block;
  if (places.length === 1) {
    const rows = pi.length * rank;
    const scaled = first(rows * outputs);
    scaleRows(pi, rank, adaptors, block.u.start, outputs, scaled);
    addTransposedProduct(inputs, outputs, rows, adaptors, block.v.start, scaled, 0, kernel, at);
    return;
  }
  for (let c = 0; c < pi.length; c++) {
    const weight = pi[c]!;
    for (let j = 0; j < rank; j++) {
      for (let p = 0; p < inPlaces; p++) {
        const v = block.v.start + c * block.v.length + (j * inPlaces + p) * inputs;
        for (let q = 0; q < outPlaces; q++) {
          const u = block.u.start + c * block.u.length + (j * outPlaces + q) * outputs;
          const k = at + places[p * outPlaces + q]! * inputs * outputs;
          for (let i = 0; i < inputs; i++) {
            const factor = weight * adaptors[v + i]!;
            const row = k + i * outputs;
            for (let o = 0; o < outputs; o++) kernel[row + o]! += factor * adaptors[u + o]!;
          }
        }
      }
    }
  }
}

/**
 * From G, the gradient of the merged kernel: G_U = π_c GᵀV, G_V = π_c G U, and ⟨G, V_c U_cᵀ⟩ of π_c. All are added to.
 * @param gradient where G lies, from `at` on
 */
export function pullFactors(
  block: FactorBlock,
  adaptors: Float64Array,
  pi: ArrayLike<number>,
  gradient: Float64Array,
  at: number,
  ofAdaptors: Float64Array,
  ofPi: Float64Array,
): void {
  const { rank, inputs, outputs, inPlaces, outPlaces, places } = block;
  if (places.length === 1) {
    const rows = pi.length * rank;
    const ofU = first(rows * outputs);
    const ofV = second(rows * inputs);
    addProduct(rows, outputs, inputs, adaptors, block.v.start, gradient, at, ofU, 0);
    addProductTransposed(rows, inputs, outputs, adaptors, block.u.start, gradient, at, ofV, 0);
    for (let row = 0; row < rows; row++) {
      const c = Math.floor(row / rank);
      let along = 0;
      for (let o = row * outputs; o < (row + 1) * outputs; o++) {
        along += ofU[o]! * adaptors[block.u.start + o]!;
        ofAdaptors[block.u.start + o]! += pi[c]! * ofU[o]!;
      }
      for (let i = row * inputs; i < (row + 1) * inputs; i++) ofAdaptors[block.v.start + i]! += pi[c]! * ofV[i]!;
      ofPi[c]! += along;
    }
    return;
  }
  for (let c = 0; c < pi.length; c++) {
    const weight = pi[c]!;
    let along = 0;
    for (let j = 0; j < rank; j++) {
      for (let p = 0; p < inPlaces; p++) {
        const v = block.v.start + c * block.v.length + (j * inPlaces + p) * inputs;
        for (let q = 0; q < outPlaces; q++) {
          const u = block.u.start + c * block.u.length + (j * outPlaces + q) * outputs;
          const k = at + places[p * outPlaces + q]! * inputs * outputs;
          for (let i = 0; i < inputs; i++) {
            const row = k + i * outputs;
            const vi = adaptors[v + i]!;
            let sum = 0;
            for (let o = 0; o < outputs; o++) {
              const g = gradient[row + o]!;
              sum += g * adaptors[u + o]!;
              ofAdaptors[u + o]! += weight * vi * g;
            }
            ofAdaptors[v + i]! += weight * sum;
            along += vi * sum;
          }
        }
      }
    }
    ofPi[c]! += along;
  }
}
