/** The steps of many clients' optimisers on tensors: `step` of arrays says what they are. */
import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { ADAM, MOMENTUM, type Moments } from '../local-step.js';

/** A variable with its moments: none of SGD's, one of momentum's, two of Adam's. */
export interface Stepped {
  readonly x: tf.Tensor;
  readonly moments: readonly tf.Tensor[];
}

/** @param clients [S] moments of each, of which the counts of steps are taken; the first axis of x is S times something */
export function stepped(
  optimizer: 'sgd' | 'momentum' | 'adam',
  { x, moments }: Stepped,
  gradient: tf.Tensor,
  rate: number,
  clients: readonly Moments[],
): Stepped {
  if (optimizer === 'sgd') return { x: tf.sub(x, tf.mul(gradient, rate)), moments };
  if (optimizer === 'momentum') {
    const m = tf.add(tf.mul(moments[0]!, MOMENTUM), gradient);
    return { x: tf.sub(x, tf.mul(m, rate)), moments: [m] };
  }
  const { beta1, beta2, epsilon } = ADAM;
  const m = tf.add(tf.mul(moments[0]!, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.add(tf.mul(moments[1]!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const repeats = x.shape[0]! / clients.length;
  const unbiased = (moment: tf.Tensor, beta: number) => {
    const by = clients.flatMap(({ step }) => new Array<number>(repeats).fill(1 - scalar.pow(beta, step)));
    return tf.div(moment, tf.tensor(by, [by.length, ...x.shape.slice(1).fill(1)]));
  };
  const d = tf.div(unbiased(m, beta1), tf.add(tf.sqrt(unbiased(v, beta2)), epsilon));
  return { x: tf.sub(x, tf.mul(d, rate)), moments: [m, v] };
}
