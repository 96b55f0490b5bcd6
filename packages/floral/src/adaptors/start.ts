/** How adaptors start: one factor drawn, the other zero, so that none adds anything yet. */
import { type Stream, stream } from '@assay-ml/numerics';
import { oneOf, requireKeys } from '@assay-ml/numerics/check';
import type { Layout } from '../layout.js';

/**
 * Which factor is drawn: U (`out`), as the paper says, or V (`in`), as the authors' code does. An embedding's table V is drawn
 * either way: its map is zero.
 */
export type Drawn = 'out' | 'in';

/**
 * The adaptors at the start of a training: uniform in ±√(6/fan in) what is drawn, zeros the rest. Every cluster has its own.
 * @param seed with the name `adaptors` the key of the draws
 * @param drawn default 'out'
 * @param biases the authors' code draws biases of dense adaptors in ±1/√r where zero was meant; default false: zero
 * @throws TypeError for arguments of another kind
 */
export function startAdaptors(layout: Layout, seed: number, drawn: Drawn = 'out', biases = false): Float64Array {
  requireKeys('startAdaptors', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  oneOf('startAdaptors', 'drawn', drawn, ['out', 'in']);
  const all = new Float64Array(layout.adaptorSize);
  const key = stream(seed, 'adaptors');
  layout.adaptors.forEach((block, b) => {
    for (let c = 0; c < layout.clusters; c++) {
      const draw = key.at(b, c);
      if (block.kind === 'vector') {
        const of = layout.adaptors.find(
          (other) => other.kind === 'factors' && other.target.layer === block.target.layer,
        );
        if (!biases || of?.kind !== 'factors') continue;
        uniform(draw, all, block.part.start + c * block.part.length, block.part.length, 1 / Math.sqrt(of.rank));
      } else if (block.draw === 'normal') {
        const { start, length } = block.v;
        draw.fillNormal(all.subarray(start + c * length, start + (c + 1) * length));
      } else {
        const { start, length } = drawn === 'in' ? block.v : block.u;
        const fan = drawn === 'in' ? block.inPlaces * block.inputs : block.outPlaces * block.rank;
        uniform(draw, all, start + c * length, length, Math.sqrt(6 / fan));
      }
    }
  });
  return all;
}

/** Fills with uniform numbers in ±bound. */
export function uniform(draw: Stream, out: Float64Array, start: number, length: number, bound: number): void {
  const values = draw.fillUniform(out.subarray(start, start + length));
  for (let i = 0; i < length; i++) values[i] = bound * (2 * values[i]! - 1);
}
