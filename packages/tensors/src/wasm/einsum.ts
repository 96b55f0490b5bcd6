import * as tf from '@tensorflow/tfjs-core';

/**
 * Einstein sums, which the backend lacks: axes of one operand alone are summed first, and two operands become one batched
 * matrix product over the axes they share.
 */
export const einsum: tf.KernelFunc = ({ inputs, attrs }) => {
  const { equation } = attrs as unknown as { equation: string };
  const operands = Object.values(inputs) as tf.Tensor[];
  return tf.tidy(() => {
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands);
    const out = [...equation.replace(/\s/g, '').split('->')[1]!];
    const labels = idDims.map((axes) => axes.map((d) => allDims[d]!));
    const sides = new Map(
      labels.flatMap((list, t) => list.map((label, d) => [label, operands[t]!.shape[d]!] as const)),
    );
    const size = (list: readonly string[]) => list.reduce((product, label) => product * sides.get(label)!, 1);

    // Sum what no other operand and not the result has.
    const reduced = operands.map((tensor, t) => {
      const own = labels[t]!;
      const alone = own.filter(
        (label) => !out.includes(label) && !labels.some((list, u) => u !== t && list.includes(label)),
      );
      labels[t] = own.filter((label) => !alone.includes(label));
      return tf.sum(
        tensor,
        alone.map((label) => own.indexOf(label)),
      );
    });
    const arrange = (tensor: tf.Tensor, from: readonly string[], to: readonly string[]) =>
      tf.transpose(
        tensor,
        to.map((label) => from.indexOf(label)),
      );
    const [a, b] = reduced as [tf.Tensor, tf.Tensor | undefined];
    const [inA, inB] = labels as [string[], string[] | undefined];
    if (!b || !inB) return arrange(a, inA, out);

    const batch = inA.filter((label) => inB.includes(label) && out.includes(label));
    const inner = inA.filter((label) => inB.includes(label) && !out.includes(label));
    const rows = inA.filter((label) => !inB.includes(label));
    const columns = inB.filter((label) => !inA.includes(label));
    const left = tf.reshape(arrange(a, inA, [...batch, ...rows, ...inner]), [size(batch), size(rows), size(inner)]);
    const right = tf.reshape(arrange(b, inB, [...batch, ...inner, ...columns]), [
      size(batch),
      size(inner),
      size(columns),
    ]);
    const made = [...batch, ...rows, ...columns];
    return arrange(
      tf.reshape(
        tf.matMul(left, right),
        made.map((label) => sides.get(label)!),
      ),
      made,
      out,
    );
  });
};
