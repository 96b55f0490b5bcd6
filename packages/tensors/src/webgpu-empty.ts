/**
 * WebGPU refuses a program that reads a tensor of no numbers, and tells nobody but the console: the output is what memory
 * held, and so are those of the programs that wait to be submitted with it. Refused by name before that.
 */
import * as tf from '@tensorflow/tfjs-core';

/** The part of the backend that every program goes through. */
interface WebgpuBackend {
  runWebGPUProgram(
    program: { readonly outputShape: readonly number[] },
    inputs: readonly tf.TensorInfo[],
    ...rest: readonly unknown[]
  ): tf.TensorInfo;
}

const guarded = new WeakSet<object>();

/** The kernel in use, of which programs do not know. */
let running = '';

const size = (shape: readonly number[]) => tf.util.sizeFromShape([...shape]);

/**
 * Has the backend refuse such programs from now on.
 * @param kernelName the kernel that is about to run, for the error
 */
export function refuseEmpty(kernelName: string, given: unknown): void {
  running = kernelName;
  const backend = given as WebgpuBackend;
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const stock = backend.runWebGPUProgram;
  backend.runWebGPUProgram = function (program, inputs, ...rest) {
    const empty = inputs.find(({ shape }) => size(shape) === 0);
    if (empty && size(program.outputShape) > 0) {
      throw new Error(
        `${running}: an input of shape [${empty.shape}] has no numbers; must have one at least on webgpu. Leave the empty ones out.`,
      );
    }
    return stock.call(this, program, inputs, ...rest);
  };
}
