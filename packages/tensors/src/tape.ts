/**
 * Repairs the engine's tape, so that gradients can be differentiated again.
 *
 * TensorFlow.js 4.22 (tfjs#3252) has two defects there:
 * - An operation that saves its *output* for its gradient puts the saved copy on the tape before its own entry. The pass
 *   that marks what depends on x walks the tape in order, meets the copy before its source is marked, and drops the
 *   path: second derivatives through tanh, exp, softmax, … are silently wrong. Cure: the copies go behind the entry.
 * - Comparisons have no gradient, and none is needed: the derivative of a truth value is zero. A gradient that compares
 *   (max, clip, leakyRelu, …) yet throws when differentiated. Cure: they do not go on the tape.
 */
import * as tf from '@tensorflow/tfjs-core';

interface TapeEntry {
  readonly inputs: Readonly<Record<string, { readonly id: number }>>;
  readonly outputs: readonly { readonly id: number; readonly dtype: string }[];
  readonly saved: readonly { readonly id: number }[];
  readonly gradient?: unknown;
}

/** The parts of the engine that its type hides. */
interface Tape {
  state: { activeTape: TapeEntry[] };
  addTapeNode(...entry: unknown[]): void;
}

const repaired = Symbol.for('@assay-ml/tensors: tape repaired');

/**
 * Installs both cures in the one engine there is; a second call does nothing.
 * @throws Error if the engine has no such tape, as another version of TensorFlow.js might
 */
export function repairTape(): void {
  const engine = tf.engine() as unknown as Tape & { [repaired]?: true };
  if (engine[repaired]) return;
  if (typeof engine.addTapeNode !== 'function') {
    throw new Error(
      `cure: @tensorflow/tfjs-core is ${tf.version_core}; must be 4.22, whose tape this package repairs. Install that version.`,
    );
  }
  const add = engine.addTapeNode;
  engine.addTapeNode = function (this: Tape, ...entry: unknown[]): void {
    add.apply(this, entry);
    const tape = this.state.activeTape;
    const node = tape.pop()!;
    if (!node.gradient && node.outputs.every((output) => output.dtype === 'bool')) return;
    // The copies of what this entry saved stand right before it.
    let at = tape.length;
    const isSaved = (copy: TapeEntry) => node.saved.some((tensor) => tensor.id === copy.outputs[0]!.id);
    while (at > 0 && isSaved(tape[at - 1]!)) at--;
    const made = new Set(node.outputs.map((output) => output.id));
    const isOutput = (copy: TapeEntry) => Object.values(copy.inputs).some((input) => made.has(input.id));
    const copies = tape.splice(at);
    tape.push(...copies.filter((copy) => !isOutput(copy)), node, ...copies.filter(isOutput));
  };
  engine[repaired] = true;
}
