/**
 * FRUGAL: each gradient is split, a part of size rho goes through a rule with state, the residual through one without.
 *
 *     g_full = P g        g_free = g − P⁻¹ g_full
 *     x ← (1 − η·decay)·x + P⁻¹ StateFull(g_full) + StateFree(g_free)
 *
 * The subspace is chosen anew every T steps. Tensors that are not split go through the rule whole.
 */
import { stream, type Stream } from '@assay-ml/numerics';
import { updateColumns, updateRows } from '@assay-ml/tensors';
import { type Treatment, treatmentOf } from './groups.js';
import { begin, requireValues } from './guard.js';
import { isSingle, type Kept, type Matrix, matrixOf, type Method, type Numbers, type Parameter, type Point, type State, type TensorState, zerosLike } from './method.js'; // prettier-ignore
import { type FrugalOptions, type Settings, settingsOf } from './options.js';
import { activeUnits, unitsOf } from './projectors/blocks.js';
import type { Projection } from './projectors/projector.js';
import { advance, type Rule } from './rules/rule.js';
import { densityAt, rateAt } from './schedule.js';
import { countOf } from './sizes.js';

/** A tensor with all that does not change. */
interface Place extends Treatment {
  readonly parameter: Parameter;
  readonly matrix: Matrix;
}

/**
 * The method of the paper and, by its options, most of what it is compared with.
 * @throws RangeError for an option that is unknown, out of range, or makes no sense beside another
 * @example
 * const method = frugal({ rate: 1e-3, projector: 'columns', rho: 0.25, period: 200 });
 * let point = { x, state: method.init(parameters, x) };
 * point = method.step(point, gradients);
 */
export function frugal(options: FrugalOptions): Method {
  return methodOf(settingsOf('frugal', options));
}

function methodOf(settings: Settings): Method {
  const { tag, seed } = settings;
  const draws: Stream[] = [];
  const drawOf = (i: number) => (draws[i] ??= stream(seed, 'frugal', i));
  const states: Stream[] = [];
  const scratch = scratchSpace();
  const kept = keeper(settings, scratch, (i) => (states[i] ??= stream(seed, 'frugal', 'states', i)));
  const ontoOf = projections(settings, drawOf);
  const places = new WeakMap<readonly Parameter[], readonly Place[]>();
  const placesOf = (parameters: readonly Parameter[]) => {
    let found = places.get(parameters);
    if (!found) {
      found = parameters.map((parameter) => ({
        parameter,
        matrix: matrixOf(parameter.shape),
        ...treatmentOf(parameter, settings.project, settings.groups),
      }));
      places.set(parameters, found);
    }
    return found;
  };

  return {
    tag,
    init(parameters, x) {
      requireValues('init', parameters, x);
      const all = placesOf(parameters);
      const split = all.filter(({ kind }) => kind === 'projectable');
      for (const rho of densities(settings)) {
        if (settings.projector) for (const place of split) countOf(settings, place.parameter, rho);
        else activeUnits(settings.order, unitsOf(split.map((p) => p.parameter.name), settings.unit).length, rho, 0, drawOf(0), settings.round); // prettier-ignore
      }
      return {
        tag,
        parameters,
        step: 0,
        period: settings.period,
        window: 0,
        tensors: all.map(({ kind, matrix }, i) => ({
          ...{ t: 0, refreshes: 0, next: 0, count: 0, basis: [], energy: 1, fallbacks: 0 },
          moments: kind === 'regular' ? kept.fresh(settings.regularRule, matrix, x[i]!, i, 0) : [],
          extra: kind === 'projectable' || kind === 'free' ? settings.free.keeps.map((n) => zerosLike(x[i]!, n)) : [],
        })),
      };
    },

    step(from, g, into) {
      const { point, squares } = begin(tag, from, g, into);
      const { x, state } = point;
      const all = placesOf(state.parameters);
      const k = state.step;
      const clipped = clipFactor(settings, squares);
      if (settings.projector === null) refreshBlocks(settings, all, point, drawOf(state.parameters.length), kept.fresh);
      for (const [i, place] of all.entries()) {
        const given = g[i]!;
        if (given === null || place.kind === 'frozen') continue;
        const values = clipped === 1 ? given : scaled(given, clipped);
        const own = state.tensors[i]!;
        const weights = x[i]!;
        const raw = rateAt(settings.rate, k) * place.rateScale;
        const keep = 1 - raw * (place.weightDecay ?? settings.weightDecay);
        own.t++;
        let moments = kept.open(own, weights);
        if (place.kind === 'regular') {
          advance(settings.regularRule, weights, moments, values, { t: own.t, rate: raw, shape: place.matrix, keep });
        } else {
          if (settings.projector && place.kind === 'projectable' && k >= own.next) {
            moments = refresh(settings, place, own, moments, values, drawOf(i), k, state, i);
          }
          const square = clipped * clipped * squares[i]!;
          const onto = own.count > 0 && settings.projector ? ontoOf(place.matrix, own, i) : null;
          split(settings, place, own, moments, weights, values, { raw, keep, square, onto }, scratch);
        }
        kept.close(own, moments, i, k);
      }
      state.step++;
      return point;
    },
  };
}

/** rho at the start and at the end; what lies between is between. */
function densities({ rho }: Settings): readonly number[] {
  return typeof rho === 'number' ? [rho] : [rho.start, rho.end];
}

function clipFactor({ clip }: Settings, squares: readonly number[]): number {
  if (clip === null) return 1;
  return Math.min(1, clip / Math.sqrt(squares.reduce((sum, square) => sum + square, 0)));
}

/** Subspaces that take longer to draw than a step are remembered within a period. */
function projections({ projector }: Settings, drawOf: (i: number) => Stream) {
  const known: { matrix: Matrix; refreshes: number; count: number; onto: Projection }[] = [];
  return (matrix: Matrix, own: TensorState, i: number): Projection => {
    const { refreshes, count } = own;
    const last = known[i];
    if (last?.matrix === matrix && last.refreshes === refreshes && last.count === count) return last.onto;
    const onto = projector!.of(matrix, count, own.basis, drawOf(i).at(refreshes));
    if (projector!.small) known[i] = { matrix, refreshes, count, onto };
    return onto;
  };
}

function scaled(values: Numbers, factor: number): Numbers {
  return values.map((value) => value * factor) as Numbers;
}

/** Moments as numbers, and as what a state keeps. */
function keeper({ states, repo }: Settings, scratch: Scratch, drawOf: (i: number) => Stream) {
  const write = (list: readonly Numbers[], own: readonly Kept[], drawOf: (m: number) => Stream): Kept[] => {
    if (states === null) return list as Numbers[];
    return list.flatMap((values, m) => {
      const last = own.slice(m * states.arrays, (m + 1) * states.arrays);
      const into = last[0]?.length === values.length ? last : states.zeros(values.length);
      const uniform = drawOf(m).fillUniform(new Float64Array(values.length));
      states.write(values, m === 1, uniform, into);
      return into;
    });
  };
  return {
    /** Zeros; in `repo` SGDM's buffer of an unprojected tensor is a copy of the parameter, as in the authors' code. */
    fresh(rule: Rule, matrix: Matrix, weights: Numbers, i: number, step: number): Kept[] {
      if (repo && rule.name === 'sgdm') return write([weights.slice()], [], (m) => drawOf(i).at(step, m, 1));
      return rule.sizes(matrix).flatMap((n) => states?.zeros(n) ?? [zerosLike(weights, n)]);
    },
    open({ moments }: TensorState, weights: Numbers): Numbers[] {
      if (states === null) return moments as Numbers[];
      return Array.from({ length: moments.length / states.arrays }, (_, m) => {
        const own = moments.slice(m * states.arrays, (m + 1) * states.arrays);
        const values = scratch(`moments ${m}`, weights, own[0]!.length);
        states.read(own, m === 1, values);
        return values;
      });
    },
    close(own: TensorState, list: readonly Numbers[], i: number, step: number): void {
      own.moments = write(list, own.moments, (m) => drawOf(i).at(step, m));
    },
  };
}

type Scratch = (use: string, like: Numbers, length: number) => Numbers;

/** Arrays that steps share: one tensor's scratch, not one a tensor. */
function scratchSpace(): Scratch {
  const arrays = new Map<string, Numbers>();
  return (use, like, length) => {
    const key = `${use}${like.BYTES_PER_ELEMENT}`;
    let array = arrays.get(key);
    if (!array || array.length < length) arrays.set(key, (array = zerosLike(like, length)));
    return array.subarray(0, length);
  };
}

/** Moves the window of active blocks on when it is time. */
function refreshBlocks(
  settings: Settings,
  all: readonly Place[],
  { x, state }: Point,
  draw: Stream,
  fresh: ReturnType<typeof keeper>['fresh'],
): void {
  const indices = [...all.keys()].filter((i) => all[i]!.kind === 'projectable');
  const first = state.tensors[indices[0] ?? -1];
  if (!first || state.step < first.next) return;
  const units = unitsOf(indices.map((i) => all[i]!.parameter.name), settings.unit); // prettier-ignore
  const rho = densityAt(settings.rho, state.step);
  const { active, window } = activeUnits(settings.order, units.length, rho, state.window, draw.at(first.refreshes), settings.round); // prettier-ignore
  state.window = window;
  const chosen = new Set(active.flatMap((unit) => units[unit]!));
  indices.forEach((i, place) => {
    const own = state.tensors[i]!;
    own.refreshes++;
    own.next = state.step + state.period;
    const stays = own.count === 1 && chosen.has(place) && settings.refresh !== 'reset';
    own.count = chosen.has(place) ? 1 : 0;
    if (stays) return;
    own.t = 0;
    own.moments = own.count === 1 ? fresh(settings.rule, all[i]!.matrix, x[i]!, i, state.step) : [];
  });
}

/** Chooses the subspace of a tensor anew, and does with its moments what the mode says. */
function refresh(
  settings: Settings,
  { matrix }: Place,
  own: TensorState,
  moments: Numbers[],
  g: Numbers,
  draw: Stream,
  k: number,
  state: State,
  i: number,
): Numbers[] {
  const projector = settings.projector!;
  const count = projector.count(matrix, densityAt(settings.rho, k));
  const sizes = count === 0 ? [] : settings.rule.sizes(projector.shape(matrix, count));
  const mode = moments.length === 0 || count === 0 ? 'reset' : settings.refresh;
  const whole = () => zerosLike(g, g.length);
  // What the state means in the tensor's own coordinates, before the old subspace is lost.
  const carried =
    mode === 'reproject'
      ? moments.map((moment) => {
          const back = whole();
          projector.of(matrix, own.count, own.basis, draw.at(own.refreshes)).up(moment, back);
          return back;
        })
      : null;
  own.refreshes++;
  own.next = k + state.period;
  if (settings.stagger && k === 0)
    own.next = Math.max(1, Math.round((state.period * (i + 1)) / state.parameters.length));
  if (count > 0) {
    const { basis, fallback } = projector.refresh({ matrix, count, g, draw: draw.at(own.refreshes), basis: own.basis });
    own.basis = basis.map((values) => {
      const stored = zerosLike(g, values.length);
      stored.set(values);
      return stored;
    });
    if (fallback) own.fallbacks++;
  } else own.basis = [];
  own.count = count;
  if (carried) {
    const onto = projector.of(matrix, count, own.basis, draw.at(own.refreshes));
    return carried.map((back, m) => {
      const moment = zerosLike(g, sizes[m]!);
      onto.down(back, moment);
      // A second moment that was carried over must stay one.
      if (m === 1) for (let j = 0; j < moment.length; j++) moment[j] = Math.max(0, moment[j]!);
      return moment;
    });
  }
  const fits = moments.length === sizes.length && moments.every((moment, m) => moment.length === sizes[m]);
  if (mode !== 'reset' && fits) return moments;
  own.t = 1;
  return fits ? moments.map((moment) => moment.fill(0)) : sizes.map((n) => zerosLike(g, n));
}

/** x ← keep·x. */
function decay(weights: Numbers, keep: number): void {
  if (keep !== 1) for (let j = 0; j < weights.length; j++) weights[j]! *= keep;
}

/** One step of a tensor that is split. */
function split(
  settings: Settings,
  { kind, matrix }: Place,
  own: TensorState,
  moments: readonly Numbers[],
  weights: Numbers,
  g: Numbers,
  at: { readonly raw: number; readonly keep: number; readonly square: number; readonly onto: Projection | null },
  scratch: Scratch,
) {
  const { free, rule } = settings;
  const { raw, keep, square, onto } = at;
  const rate = raw * settings.projectedScale;
  const freely = { rate: rate * settings.freeScale, shape: matrix, extra: own.extra };
  if (kind === 'free' || own.count === 0) {
    own.energy = 0;
    const nothing = g.subarray(0, 0);
    decay(weights, keep);
    free.step(g, weights, { ...freely, projected: nothing, update: nothing, projectedShape: [0, 0] });
    return;
  }
  const warm = settings.warmUp > 0 ? Math.min(1, own.t / settings.warmUp) : 1;
  const full = { t: own.t, rate: rate * warm };
  if (onto === null) {
    own.energy = 1;
    advance(rule, weights, moments, g, { ...full, shape: matrix, keep });
    return;
  }
  const share = (part: number) => (square === 0 ? 0 : part / square);
  const { whole, shape } = onto;
  const plain = free.name === 'sign' || free.name === 'none';
  if (whole && plain && rule.kernel && isSingle(weights) && isSingle(g) && moments.every(isSingle)) {
    // What has state and what has none in one pass.
    const step = rule.kernel({ ...full, shape, keep });
    const rest = { shape: whole.shape, indices: whole.indices, rate: free.name === 'none' ? 0 : freely.rate, keep };
    own.energy = share((whole.byRow ? updateRows : updateColumns)(step, weights, moments as [Float32Array], g, rest));
    return;
  }
  const [rows, columns] = shape;
  const projected = scratch('projected', g, rows * columns);
  const inner = scratch('inner', g, rows * columns).fill(0);
  onto.down(g, projected);
  let part = 0;
  for (let j = 0; j < projected.length; j++) part += projected[j]! * projected[j]!;
  own.energy = share(part);
  const byNorms = free.keeps.length > 0;
  advance(rule, inner, moments, projected, { ...full, ...(byNorms && { rate: 1 }), shape, keep: 1 });
  const about = { ...freely, projected, update: inner, projectedShape: shape };
  decay(weights, keep);
  if (free.whole) {
    free.step(g, weights, about);
    return;
  }
  const update = scratch('update', weights, weights.length);
  onto.up(inner, update);
  const factor = byNorms ? full.rate : 1;
  for (let j = 0; j < weights.length; j++) weights[j]! += factor * update[j]!;
  if (free.name === 'none') return;
  const residual = scratch('residual', g, g.length);
  onto.up(projected, residual);
  for (let j = 0; j < residual.length; j++) residual[j] = g[j]! - residual[j]!;
  free.step(residual, weights, about);
}
