/**
 * Multi-layer perceptrons with adaptors on Float64Arrays, and their gradients by hand. Each layer takes the cheaper of two exact
 * forms: merged, x (W + Σ π_c V_c U_cᵀ), or factored, x W + (x [V_1 … V_C] · π) [U_1 … U_C]ᵀ in two thin products.
 */
import { stream } from '@assay-ml/numerics';
import { oneOf, requireOptions } from '@assay-ml/numerics/check';
import { addFactors, pullFactors } from '../adaptors/factors.js';
import { uniform } from '../adaptors/start.js';
import { addVectors, pullVectors } from '../adaptors/vector.js';
import { type BaseBlock, type FactorBlock, type LayoutOptions, layoutOf, type VectorBlock } from '../layout.js';
import type { Gradients, Model, Weights } from '../model.js';
import { addProduct, addProductTransposed, addTransposedProduct } from '../products.js';
import { makeRoom, type Room } from '../room.js';

/** `auto`: factored where B(m + n) < m n, of a batch of B and a kernel n × m; else merged. */
export type Form = 'auto' | 'merged' | 'factored';

/** Options of `mlp`: those of a layout, and the form. */
export interface MlpOptions extends LayoutOptions {
  /** Default 'auto'. Both forms have equal values and gradients, up to rounding. */
  readonly form?: Form;
}

interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: BaseBlock;
  readonly bias: BaseBlock | null;
  readonly factors: FactorBlock | null;
  readonly vector: VectorBlock | null;
}

/** What a forward pass keeps. */
interface Tape {
  count: number;
  /** Of each layer its inputs, and of the last its outputs. */
  readonly values: Float64Array[];
  /** Of each layer the products with V, [B, C·r], before and after π. */
  readonly raw: Float64Array[];
  readonly scaled: Float64Array[];
  /** Of each layer its merged kernel, where that was the form. */
  readonly merged: Float64Array[];
  readonly form: ('merged' | 'factored' | 'plain')[];
  readonly rooms: { readonly [K in 'values' | 'raw' | 'scaled' | 'merged']: readonly Room[] };
}

const NAMES = { clusters: 1, rank: 1, rankRule: 1, convMethod: 1, adaptors: 1, form: 1 };

/**
 * A perceptron with rectified hidden layers.
 * @param sizes inputs, hidden layers, outputs: at least two
 * @throws RangeError for a size or option out of range
 */
export function mlp(sizes: readonly number[], options: MlpOptions): Model {
  requireOptions<MlpOptions>('mlp', options, NAMES);
  const { form = 'auto', ...rest } = options;
  oneOf('mlp', 'form', form, ['auto', 'merged', 'factored']);
  if (!Array.isArray(sizes) || sizes.length < 2) {
    throw new RangeError(
      `mlp: 'sizes' has ${sizes?.length ?? 'no'} numbers; must have at least two, inputs and outputs.`,
    );
  }
  const layout = layoutOf(
    sizes.slice(1).map((outputs, i) => ({ kind: 'dense', name: `dense${i}`, inputs: sizes[i]!, outputs })),
    rest,
  );
  const of = <K extends string>(target: BaseBlock | null, kind: K) =>
    (layout.adaptors.find((block) => block.kind === kind && block.target === target) ?? null) as never;
  const layers: DenseLayer[] = sizes.slice(1).map((outputs, i) => {
    const named = (name: string) => layout.base.find((block) => block.name === `dense${i}/${name}`)!;
    const [kernel, bias] = [named('kernel'), named('bias')];
    return { inputs: sizes[i]!, outputs, kernel, bias, factors: of(kernel, 'factors'), vector: of(bias, 'vector') };
  });
  const [inputs, outputs] = [sizes[0]!, sizes.at(-1)!];
  const tapes: Tape[] = [];
  const none = new Float64Array(0);
  const makeTape = (): Tape => {
    const values = [none, ...layers.map(() => none)];
    const each = () => layers.map(() => none);
    const rooms = () => layers.map(makeRoom);
    return {
      ...{ count: 0, values, raw: each(), scaled: each(), merged: each(), form: layers.map(() => 'plain') },
      rooms: { values: [makeRoom(), ...rooms()], raw: rooms(), scaled: rooms(), merged: rooms() },
    };
  };
  const [shifts, sums, whole, thin] = [makeRoom(), makeRoom(), makeRoom(), makeRoom()];
  const above = layers.map(makeRoom);
  /** Biases of the base and of the mixture, to every row. */
  const addShift = (layer: DenseLayer, { base, adaptors, pi }: Weights, y: Float64Array, count: number) => {
    const { bias, vector, outputs: m } = layer;
    if (bias === null) return;
    const shift = shifts(m);
    for (let j = 0; j < m; j++) shift[j] = base[bias.start + j]!;
    if (vector !== null && adaptors !== null && pi !== null) addVectors(vector, adaptors, pi, shift, 0);
    for (let row = 0; row < count; row++) for (let j = 0; j < m; j++) y[row * m + j]! += shift[j]!;
  };

  const forward = (t: number, weights: Weights, x: Float64Array, rows: Uint32Array): Float64Array => {
    const tape = (tapes[t] ??= makeTape());
    const count = (tape.count = rows.length);
    const gathered = (tape.values[0] = tape.rooms.values[0]!(count * inputs));
    for (let row = 0; row < count; row++) {
      const from = rows[row]! * inputs;
      for (let j = 0; j < inputs; j++) gathered[row * inputs + j] = x[from + j]!;
    }
    const { base, adaptors, pi } = weights;
    layers.forEach((layer, l) => {
      const { inputs: n, outputs: m, kernel, factors } = layer;
      const h = tape.values[l]!;
      const y = (tape.values[l + 1] = tape.rooms.values[l + 1]!(count * m));
      if (factors === null || adaptors === null || pi === null) {
        tape.form[l] = 'plain';
        addProduct(count, m, n, h, 0, base, kernel.start, y, 0);
      } else if (form === 'merged' || (form === 'auto' && count * (m + n) >= m * n)) {
        tape.form[l] = 'merged';
        const merged = (tape.merged[l] = tape.rooms.merged[l]!(m * n));
        merged.set(base.subarray(kernel.start, kernel.start + m * n));
        addFactors(factors, adaptors, pi, merged, 0);
        addProduct(count, m, n, h, 0, merged, 0, y, 0);
      } else {
        tape.form[l] = 'factored';
        const columns = pi.length * factors.rank;
        const raw = (tape.raw[l] = tape.rooms.raw[l]!(count * columns));
        const scaled = (tape.scaled[l] = tape.rooms.scaled[l]!(count * columns));
        addProductTransposed(count, columns, n, h, 0, adaptors, factors.v.start, raw, 0);
        for (let at = 0; at < raw.length;) {
          for (let c = 0; c < pi.length; c++)
            for (let j = 0; j < factors.rank; j++, at++) scaled[at] = raw[at]! * pi[c]!;
        }
        addProduct(count, m, n, h, 0, base, kernel.start, y, 0);
        addProduct(count, m, columns, scaled, 0, adaptors, factors.u.start, y, 0);
      }
      addShift(layer, weights, y, count);
      if (l < layers.length - 1) for (let at = 0; at < y.length; at++) if (y[at]! < 0) y[at] = 0;
    });
    return tape.values[layers.length]!;
  };

  const backward = (t: number, weights: Weights, ofOutputs: Float64Array, into: Gradients): void => {
    const tape = tapes[t]!;
    const { count } = tape;
    const { base, adaptors, pi } = weights;
    let dy = ofOutputs;
    for (let l = layers.length - 1; l >= 0; l--) {
      const { inputs: n, outputs: m, kernel, bias, factors, vector } = layers[l]!;
      const h = tape.values[l]!;
      if (bias !== null) {
        const sum = sums(m);
        for (let at = 0; at < dy.length; at += m) for (let j = 0; j < m; j++) sum[j]! += dy[at + j]!;
        for (let j = 0; j < m; j++) into.base[bias.start + j]! += sum[j]!;
        if (vector !== null && adaptors !== null && pi !== null) {
          pullVectors(vector, adaptors, pi, sum, 0, into.adaptors, into.pi);
        }
      }
      const below = l > 0 ? above[l]!(count * n) : null;
      if (tape.form[l] === 'merged') {
        // The gradient of the merged kernel is that of the base's, too.
        const g = whole(m * n);
        addTransposedProduct(n, m, count, h, 0, dy, 0, g, 0);
        for (let at = 0; at < g.length; at++) into.base[kernel.start + at]! += g[at]!;
        pullFactors(factors!, adaptors!, pi!, g, 0, into.adaptors, into.pi);
        if (below) addProductTransposed(count, n, m, dy, 0, tape.merged[l]!, 0, below, 0);
      } else {
        addTransposedProduct(n, m, count, h, 0, dy, 0, into.base, kernel.start);
        if (below) addProductTransposed(count, n, m, dy, 0, base, kernel.start, below, 0);
        if (tape.form[l] === 'factored') {
          const { rank, u, v } = factors!;
          const columns = pi!.length * rank;
          addTransposedProduct(columns, m, count, tape.scaled[l]!, 0, dy, 0, into.adaptors, u.start);
          const dz = thin(count * columns);
          addProductTransposed(count, columns, m, dy, 0, adaptors!, u.start, dz, 0);
          const raw = tape.raw[l]!;
          for (let at = 0; at < dz.length;) {
            for (let c = 0; c < pi!.length; c++) {
              for (let j = 0; j < rank; j++, at++) {
                into.pi[c]! += raw[at]! * dz[at]!;
                dz[at]! *= pi![c]!;
              }
            }
          }
          addTransposedProduct(columns, n, count, dz, 0, h, 0, into.adaptors, v.start);
          if (below) addProduct(count, n, columns, dz, 0, adaptors!, v.start, below, 0);
        }
      }
      if (below) {
        for (let at = 0; at < below.length; at++) if (!(h[at]! > 0)) below[at] = 0;
        dy = below;
      }
    }
  };

  const start = (seed: number, member = 0): Float64Array => {
    const all = new Float64Array(layout.baseSize);
    const key = stream(seed, 'weights');
    layers.forEach(({ inputs: n, kernel, bias }, l) => {
      uniform(key.at(l, member), all, kernel.start, kernel.size, 1 / Math.sqrt(n));
      if (bias) uniform(key.at(l, member, 1), all, bias.start, bias.size, 1 / Math.sqrt(n));
    });
    return all;
  };
  return { layout, inputs, outputs, start, forward, backward };
}
