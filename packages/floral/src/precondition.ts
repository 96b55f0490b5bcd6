/**
 * The preconditioner of the paper's appendix E, between the gradient and the step: G_U ← G_U (VᵀV + εI)⁻¹ and
 * G_V ← G_V (UᵀU + εI)⁻¹ of the current factors, so that a step moves U Vᵀ alike however its size is split among them.
 * Convolutions are divided by a number instead: the norm of the other factor's Gram tensor, place by place, and ε.
 */
import { positive, requireKeys } from '@assay-ml/numerics/check';
import type { FactorBlock, Layout } from './layout.js';
import { MOST_ROWS, solveOne } from './solve-spd.js';

let gram = new Float64Array(0);

/**
 * Preconditions the gradients of all factors in place; those of vectors stay.
 * @param adaptors current values
 * @param gradients of the adaptors, overwritten
 * @param epsilon default 1e-5, as published
 * @throws TypeError for arguments of another kind
 */
export function precondition(layout: Layout, adaptors: Float64Array, gradients: Float64Array, epsilon = 1e-5): void {
  requireKeys('precondition', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  positive('precondition', 'epsilon', epsilon, 'It keeps factors of zeros invertible.');
  for (const block of layout.adaptors) {
    if (block.kind === 'vector') continue;
    const { rank, inPlaces, outPlaces, inputs, outputs, v, u } = block;
    for (let c = 0; c < layout.clusters; c++) {
      const [atV, atU] = [v.start + c * v.length, u.start + c * u.length];
      if (block.places.length === 1 && rank <= MOST_ROWS) {
        solve(rank, outputs, adaptors, atU, epsilon, inputs, gradients, atV);
        solve(rank, inputs, adaptors, atV, epsilon, outputs, gradients, atU);
      } else {
        divide(gradients, atV, v.length, gramNorm(block, adaptors, atU, outPlaces, outputs) + epsilon);
        divide(gradients, atU, u.length, gramNorm(block, adaptors, atV, inPlaces, inputs) + epsilon);
      }
    }
  }
}

/** G ← (F Fᵀ + εI)⁻¹ G with F [rank, side] and G [rank, columns]; NaN where factors have diverged, which the server names. */
function solve(
  rank: number,
  side: number,
  factors: Float64Array,
  at: number,
  epsilon: number,
  columns: number,
  gradients: Float64Array,
  to: number,
): void {
  if (gram.length < rank * rank) gram = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? epsilon : 0;
      for (let k = 0; k < side; k++) sum += factors[at + i * side + k]! * factors[at + j * side + k]!;
      gram[i * rank + j] = sum;
    }
  }
  if (solveOne(rank, gram, 0, columns, gradients, to) < rank) gradients.fill(NaN, to, to + rank * columns);
}

/** ‖(Σ_m F_pam F_pbm)_pab‖ of F [rank, places, side]. */
function gramNorm({ rank }: FactorBlock, factors: Float64Array, at: number, places: number, side: number): number {
  let squares = 0;
  for (let p = 0; p < places; p++) {
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < rank; j++) {
        let sum = 0;
        const [a, b] = [at + (i * places + p) * side, at + (j * places + p) * side];
        for (let k = 0; k < side; k++) sum += factors[a + k]! * factors[b + k]!;
        squares += sum * sum;
      }
    }
  }
  return Math.sqrt(squares);
}

function divide(x: Float64Array, at: number, length: number, by: number): void {
  for (let i = at; i < at + length; i++) x[i]! /= by;
}
