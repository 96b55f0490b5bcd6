/**
 * The family, composed of flags: kind × scale × delay × momentum × reweighting × clipping. One step of it is in update.ts.
 *
 * | paper | here |
 * |---|---|
 * | γ, β₁, β₂, η, b₀ | `gamma`, `beta1`, `beta2`, `eta`, `b0` |
 * | λ, the clip level | `clip.level`, called L in comments |
 * | K, the horizon | `horizon`: β₂ = 1 − 1/K |
 */
import { atLeast, fraction, integer, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { checkLevel, type ClipLevel, isRunning } from './level.js';
import { checkSchedule, type Schedule } from './schedule.js';

/** Where and how far gradients are clipped. */
export interface Clip {
  /** L, or how it moves. There is no default: `suggestClipLevel` finds one. */
  readonly level: ClipLevel;
  /**
   * What is compared with L: the `norm` of all parameters' gradient (default; the theory's), that of each `tensor` (the
   * authors' experiments, there called local), or each `coordinate`, which is then clamped to [−L, L].
   */
  readonly mode?: 'norm' | 'tensor' | 'coordinate';
  /** Whether the direction is clipped. Default true, as in the paper. */
  readonly direction?: boolean;
  /** Whether what enters the accumulator is clipped. Default true, as in the paper. */
  readonly accumulator?: boolean;
}

/** Options of {@link compose}. Symbols are the paper's. */
export interface MethodOptions {
  /** b² sums squares (`adagrad`), averages them (`adam`), or is left out (`sgd`, for comparison). Default `adagrad`. */
  readonly kind?: 'adagrad' | 'adam' | 'sgd';
  /** One b for all parameters (`norm`, default; the theory's), or one for each `coordinate`. */
  readonly scale?: 'norm' | 'coordinate';
  /** γ. */
  readonly gamma: Schedule;
  /** Divides by the b that does not contain this gradient yet. Default false; with it `b0` must be given. */
  readonly delay?: boolean;
  /** β₁. Default 0.9 for `adam` and 0 else; above 0 the direction is m = β₁m + (1 − β₁)g. */
  readonly beta1?: number;
  /** β₂ of `adam`. Default 0.999, the usual one, which the theory does not cover, or 1 − 1/`horizon`. */
  readonly beta2?: number;
  /** K ≥ 2, the number of steps planned: β₂ = 1 − 1/K, the theory's. Not together with `beta2`. */
  readonly horizon?: number;
  /** η, the weight of a square. Default 1, all but RAdaGrad's. */
  readonly eta?: number;
  /**
   * b₀ > 0. Default 1e-8 without delay, which only keeps 0/0 away (our choice). With delay the first step is γ‖g₀‖/b₀
   * long: give about the norm of a first gradient.
   */
  readonly b0?: number;
  /** Added to b. Default 0, the paper's. */
  readonly eps?: number;
  /** Multiplies steps by √(1 − β₂^(t+1)) / (1 − β₁^(t+1)). Default false, as in the theory; `adam` without delay only. */
  readonly biasCorrection?: boolean;
  /** Decoupled: x ← x − γ_t·weightDecay·x after each step. Default 0. */
  readonly weightDecay?: number;
  /** Default null: no clipping. */
  readonly clip?: Clip | null;
}

/** A checked method of the family with all defaults filled in: what `update` takes. Made by {@link compose} or {@link method}. */
export interface Method extends Required<Omit<MethodOptions, 'horizon' | 'clip'>> {
  readonly clip: Required<Clip> | null;
}

/**
 * Fills in the defaults and checks a method.
 * @throws RangeError for an option out of range: clipping without a level or with one ≤ 0, delay without `b0`, β outside
 *   [0, 1), a horizon below 2, …
 * @example
 * compose({ gamma: 0.1, clip: { level: 1 } }); // Clip-AdaGrad-Norm
 */
export function compose(options: MethodOptions): Method {
  requireOptions('compose', options, METHOD_NAMES);
  return checked('compose', options);
}

/** Names of the options of a method. */
export const METHOD_NAMES: Record<keyof MethodOptions, 1> = {
  ...{ kind: 1, scale: 1, gamma: 1, delay: 1, beta1: 1, beta2: 1, horizon: 1, eta: 1, b0: 1, eps: 1 },
  ...{ biasCorrection: 1, weightDecay: 1, clip: 1 },
};

/** A method of options whose names were checked; `where` is what errors call the function. */
export function checked(where: string, options: MethodOptions): Method {
  const kind = oneOf(where, 'kind', options.kind ?? 'adagrad', ['adagrad', 'adam', 'sgd']);
  const scale = oneOf(where, 'scale', options.scale ?? 'norm', ['norm', 'coordinate']);
  const { delay = false, eta = 1, eps = 0, biasCorrection = false, weightDecay = 0, horizon } = options;
  if (delay && options.b0 === undefined) {
    throw invalid(where, 'b0', undefined, 'a finite number > 0', 'With delay the first step is gamma·‖g‖/b0: give about the norm of a first gradient.'); // prettier-ignore
  }
  if (delay && kind === 'sgd') throw invalid(where, 'delay', delay, 'false', 'SGD has no denominator.');
  if (horizon !== undefined) {
    integer(where, 'horizon', horizon, 2, 'It is K, the number of steps planned: beta2 = 1 - 1/K.');
    if (kind !== 'adam' || options.beta2 !== undefined) {
      throw invalid(where, 'horizon', horizon, "left out, unless kind is 'adam' and beta2 is not given", 'It only says what beta2 is.'); // prettier-ignore
    }
  }
  if (biasCorrection && (kind !== 'adam' || delay)) {
    throw invalid(where, 'biasCorrection', true, "false, unless kind is 'adam' without delay", 'Leave it out.');
  }
  return {
    kind,
    scale,
    delay,
    gamma: checkSchedule(where, options.gamma),
    beta1: fraction(where, 'beta1', options.beta1 ?? (kind === 'adam' ? 0.9 : 0), 'Leave it out for the default.'),
    beta2: fraction(where, 'beta2', options.beta2 === undefined ? (horizon === undefined ? 0.999 : 1 - 1 / horizon) : options.beta2, 'Leave it out for 0.999, or give the horizon K.'), // prettier-ignore
    eta: positive(where, 'eta', eta, 'Leave it out for 1.'),
    b0: positive(where, 'b0', options.b0 ?? 1e-8, 'Leave it out, unless there is delay.'),
    eps: atLeast(where, 'eps', eps, 0, 'Leave it out for 0.'),
    biasCorrection,
    weightDecay: atLeast(where, 'weightDecay', weightDecay, 0, 'Leave it out for none.'),
    clip: checkClip(where, options.clip ?? null),
  };
}

/** @throws RangeError for a clip out of range */
export function checkClip(where: string, clip: Clip | null): Required<Clip> | null {
  if (clip === null) return null;
  requireOptions<Clip>(where, clip, { level: 1, mode: 1, direction: 1, accumulator: 1 }, 'clip');
  return {
    level: checkLevel(where, clip.level),
    mode: oneOf(where, 'clip.mode', clip.mode ?? 'norm', ['norm', 'tensor', 'coordinate']),
    direction: clip.direction ?? true,
    accumulator: clip.accumulator ?? true,
  };
}

/** The paper's names: a `D` delays, `-Norm` has one b for all parameters and no suffix one for each coordinate. */
export type MethodName =
  `${'' | 'Clip-'}${'AdaGrad' | 'M-AdaGrad' | 'RAdaGrad' | 'Adam'}${'' | 'D'}${'' | '-Norm'}` | `${'' | 'Clip-'}SGD`;

/** Options of {@link method}: those of {@link compose} that the name leaves open. */
export interface NamedOptions extends Omit<MethodOptions, 'kind' | 'scale' | 'delay' | 'clip'> {
  /** L; for names with `Clip-`, and only for them. */
  readonly level?: ClipLevel;
  /** Default `norm`, or `coordinate` for names without `-Norm`. */
  readonly clipMode?: Required<Clip>['mode'];
}

/**
 * A method by the paper's name: `Clip-AdaGradD-Norm`, `Adam`, `Clip-RAdaGradD-Norm`, …; the prefix `M-` has β₁ = 0.9 unless
 * given, `R` needs an `eta`.
 * @throws RangeError for a name that is none, an option out of range, or one that the name excludes
 * @example
 * method('Clip-AdamD-Norm', { gamma: 1e-3, b0: 1, horizon: 10_000, level: 0.5 });
 */
export function method(name: MethodName, given: NamedOptions): Method {
  const where = 'method';
  requireOptions<NamedOptions>(where, given, {
    ...{ level: 1, clipMode: 1, gamma: 1, beta1: 1, beta2: 1, horizon: 1, eta: 1, b0: 1, eps: 1 },
    ...{ biasCorrection: 1, weightDecay: 1 },
  });
  const { level, clipMode, ...options } = given;
  const parts = /^(Clip-)?(?:(M-|R)?AdaGrad(D)?(-Norm)?|(Adam)(D)?(-Norm)?|(SGD))$/.exec(name);
  if (parts === null) {
    throw invalid(where, 'name', name, "a name like 'Clip-AdaGradD-Norm'", 'It is [Clip-][M-|R]AdaGrad[D][-Norm], [Clip-]Adam[D][-Norm] or [Clip-]SGD.'); // prettier-ignore
  }
  const [, clipped, variant, , , adam, , , sgd] = parts;
  const [delay, norm] = [parts[3] ?? parts[6], parts[4] ?? parts[7] ?? sgd];
  if (variant === 'R' && options.eta === undefined) {
    throw invalid(
      where,
      'eta',
      undefined,
      'a finite number > 0',
      'RAdaGrad weights squares by it; gamma² in the paper’s quadratic.',
    );
  }
  if (variant === 'M-' && options.beta1 === 0)
    throw invalid(where, 'beta1', 0, 'above 0', 'Without momentum it is AdaGrad.');
  if (!clipped && (level ?? clipMode) !== undefined) {
    throw invalid(where, 'level', level ?? clipMode, 'left out', `Take 'Clip-${name}'.`);
  }
  return checked(where, {
    ...(variant === 'M-' ? { beta1: 0.9 } : {}),
    ...options,
    kind: adam ? 'adam' : sgd ? 'sgd' : 'adagrad',
    scale: norm ? 'norm' : 'coordinate',
    delay: delay !== undefined,
    clip: clipped ? { level: level!, mode: clipMode ?? (norm ? 'norm' : 'coordinate') } : null,
  });
}

/** What a state belongs to: states of methods with the same tag have the same parts with the same meaning. */
export function tagOf({ kind, scale, delay, beta1, eta, clip }: Method): string {
  const base = kind === 'adagrad' ? 'AdaGrad' : kind === 'adam' ? 'Adam' : 'SGD';
  const running = clip !== null && isRunning(clip.level) ? ' at a running quantile' : '';
  return `${clip ? 'Clip-' : ''}${beta1 > 0 && kind !== 'adam' ? 'M-' : ''}${eta !== 1 && kind !== 'sgd' ? 'R' : ''}${base}${delay ? 'D' : ''}${scale === 'norm' && kind !== 'sgd' ? '-Norm' : ''}${kind === 'adam' && beta1 === 0 ? ' without momentum' : ''}${running}`;
}
