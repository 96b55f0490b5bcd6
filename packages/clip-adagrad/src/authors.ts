/**
 * The optimisers of the authors' repository (`yaroslavkliukin/Clipped-AdaGrad-and-Adam`, Apache-2.0; read, not copied) as
 * methods of this family, with its defaults. All have one b for each coordinate.
 *
 * Not here: its `AdaGradClip_Delayed_Etta`, in which the accumulator and the direction both use the previous gradient. That
 * is AdaGrad with a stale gradient, not AdaGradD; take `method('Clip-AdaGradD', …)`.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import type { ClipLevel } from './level.js';
import { checked, type Method } from './method.js';
import type { Schedule } from './schedule.js';

/** Options of the authors' optimisers. */
export interface AuthorsOptions {
  /** `lr`. Default 1e-3 (`adamClip`), 1e-3 (`adamClipDelayed`), 1e-2 (`adagradClip`, torch's). */
  readonly gamma?: Schedule;
  /** `clipping_level`, default 1. */
  readonly level?: ClipLevel;
  /** `clipping`: per `tensor` (their "local", default) or by `coordinate`. */
  readonly mode?: 'tensor' | 'coordinate';
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-6; 1e-10 in `adagradClip`. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** `correct_bias` of `adamClip`, default true. */
  readonly biasCorrection?: boolean;
  /** `etta`, default 1. */
  readonly eta?: number;
  /** `exp_avg_sq_value` of `adamClipDelayed`: where v starts. Default 1e-5. */
  readonly v0?: number;
}

/** Names of the options that they share. */
const NAMES = { gamma: 1, level: 1, mode: 1, eps: 1, weightDecay: 1, eta: 1 };

/** `AdamClip`: Adam on gradients clipped per tensor or by coordinate; ε is not rescaled by the bias correction. */
export function adamClip(options: Omit<AuthorsOptions, 'v0'> = {}): Method {
  requireOptions('adamClip', options, { ...NAMES, beta1: 1, beta2: 1, biasCorrection: 1 });
  const { gamma = 1e-3, level = 1, mode = 'tensor', eps = 1e-6, biasCorrection = true, ...rest } = options;
  // v starts at 0 there; b0 is too small to be seen beside ε.
  return checked('adamClip', { ...rest, gamma, eps, biasCorrection, kind: 'adam', scale: 'coordinate', b0: 1e-20, clip: { level, mode } }); // prettier-ignore
}

/**
 * `AdamClip_Delayed_Etta`, the one their runs use. Its v is fed with the previous clipped gradient, zero at first, and so is
 * AdamD exactly, with b₀² = β₂·`v0`: the first feeding decays v once.
 */
export function adamClipDelayed(options: Omit<AuthorsOptions, 'biasCorrection'> = {}): Method {
  requireOptions('adamClipDelayed', options, { ...NAMES, beta1: 1, beta2: 1, v0: 1 });
  const { gamma = 1e-3, level = 1, mode = 'tensor', eps = 1e-6, beta2 = 0.999, v0 = 1e-5, ...rest } = options;
  return checked('adamClipDelayed', { ...rest, gamma, eps, beta2, kind: 'adam', scale: 'coordinate', delay: true, b0: Math.sqrt(beta2 * v0), clip: { level, mode } }); // prettier-ignore
}

/** `AdagradClip`: AdaGrad on gradients clipped per tensor or by coordinate. */
export function adagradClip(options: Omit<AuthorsOptions, 'beta1' | 'beta2' | 'v0' | 'biasCorrection'> = {}): Method {
  requireOptions('adagradClip', options, NAMES);
  const { gamma = 1e-2, level = 1, mode = 'tensor', eps = 1e-10, ...rest } = options;
  return checked('adagradClip', { ...rest, gamma, eps, scale: 'coordinate', b0: 1e-20, clip: { level, mode } });
}
