import { cureAddN } from './add-n.js';
import { cureAvgPool } from './avg-pool.js';
import { registerChained } from './chained.js';
import { repairCustomGradients } from './custom-gradient.js';
import { cureDepthwiseLayer } from './depthwise-layer.js';
import { refuseEmptyAxes } from './empty-axes.js';
import { registerGradients } from './gradients.js';
import { registerInverse } from './inverse-spd-kernels.js';
import { cureLosses } from './losses.js';
import { cureMatMul } from './mat-mul.js';
import { cureNative } from './native-kernels.js';
import { cureNativeShapes } from './native-shapes.js';
import { curePool3d } from './pool-3d.js';
import { cureStockBatchNorm } from './stock-batch-norm.js';
import { repairTape } from './tape.js';
import { cureTransform } from './transform.js';
import { cureWasm } from './wasm/cure.js';
import { cureWebgpu } from './webgpu-kernels.js';

/**
 * Installs the cures: second derivatives, wrong kernels, the missing and the slow ones of the backend `wasm`. `useBackend` calls it;
 * call it yourself only if you choose the backend without this package. The cures are global, as TensorFlow.js's
 * registries are. Repeating the call does no harm, and cures a `wasm` that was imported after the call before.
 *
 * @throws Error if `@tensorflow/tfjs-core` is not a version this package knows
 */
export function cure(): void {
  repairTape();
  repairCustomGradients();
  cureStockBatchNorm();
  registerChained();
  registerGradients();
  cureDepthwiseLayer();
  cureAddN();
  cureAvgPool();
  registerInverse();
  cureLosses();
  cureMatMul();
  cureNative();
  cureNativeShapes();
  cureTransform();
  cureWasm();
  cureWebgpu();
  curePool3d();
  refuseEmptyAxes();
}
