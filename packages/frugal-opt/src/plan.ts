/** What a training takes of memory, before it is begun. */
import { integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { type Kind, treatmentOf } from './groups.js';
import { matrixOf, type Parameter, sizeOf } from './method.js';
import { PRESET_NAMES, type PresetName, presetOf } from './baselines/index.js';
import { loraSizes } from './baselines/lora.js';
import { type FrugalOptions, NAMES, type Settings, settingsOf } from './options.js';
import { activeUnits, unitsOf } from './projectors/blocks.js';
import { countOf } from './sizes.js';
import { stream } from '@assay-ml/numerics';

/** Bytes of one tensor. */
export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** How it is treated, and why. */
  readonly kind: Kind;
  readonly why: string;
  readonly weights: number;
  readonly gradients: number;
  /** Of the rules. */
  readonly state: number;
  /** Of stored directions. */
  readonly projector: number;
}

/** Bytes of a training. */
export interface MemoryPlan {
  readonly tensors: readonly PlannedTensor[];
  readonly weights: number;
  readonly gradients: number;
  readonly state: number;
  readonly projector: number;
  /** All of it. */
  readonly total: number;
}

const BYTES = { float32: 4, float64: 8, bf16: 2 } as const;

/** Precision of weights, gradients and directions, and of states unless `states` says otherwise; bf16 is for plans of other programs. */
export type Dtype = keyof typeof BYTES;
/** All of them. */
export const DTYPES = Object.keys(BYTES) as readonly Dtype[];

/** A method whose memory can be told beforehand. */
export type PlannedMethod = 'frugal' | 'lora' | PresetName;
/** All of them. */
export const PLANNED: readonly PlannedMethod[] = ['frugal', ...PRESET_NAMES, 'lora'];

/** Options of the method, of which `rate` may be left out; `lora` reads `rank` (default 8), `project` and `groups`. */
export interface PlanOptions extends Partial<FrugalOptions> {
  /** Default `frugal`. */
  readonly method?: PlannedMethod;
}

/** The options of FRUGAL behind a method; LoRA's parts and groups are read as FRUGAL's are. */
function settingsFor(where: string, given: PlanOptions): Settings {
  requireOptions<PlanOptions>(where, given as never, { ...NAMES, method: 1 });
  const { method = 'frugal', ...options } = given;
  oneOf(where, 'method', method, PLANNED);
  if (method === 'frugal') return settingsOf(where, { rate: 0, ...options });
  if (method !== 'lora') return settingsOf(where, presetOf(method, { rate: 0, ...options }));
  const surplus = Object.keys(options).find((name) => !['rate', 'rank', 'project', 'groups'].includes(name));
  if (surplus) throw invalid(where, surplus, options[surplus as keyof typeof options], "left out with method 'lora'", 'It takes rank, project and groups.'); // prettier-ignore
  const { project, groups } = options;
  return settingsOf(where, { rate: 0, ...(project && { project }), ...(groups && { groups }) });
}

/**
 * The memory of weights, gradients, state and projectors under a method and its options, right after a
 * refresh; with blocks, after the first one. It is what the arrays of a state take, to the byte.
 * @param parameters tensors that are trained: `llamaShapes('130M')`, say
 * @param options of the method
 * @param dtype default float32
 * @throws RangeError as the method and its `init` do
 */
export function plan(
  parameters: readonly Parameter[],
  options: PlanOptions = {},
  dtype: Dtype = 'float32',
): MemoryPlan {
  oneOf('plan', 'dtype', dtype, DTYPES);
  const settings = settingsFor('plan', options);
  const rank = options.method === 'lora' ? integer('plan', 'rank', options.rank ?? 8, 1, 'Leave it out for 8.') : null;
  const bytes = BYTES[dtype];
  const treated = parameters.map((parameter) => treatmentOf(parameter, settings.project, settings.groups));
  const active = activeBlocks(
    settings,
    parameters.filter((_, i) => treated[i]!.kind === 'projectable'),
  );
  const tensors = parameters.map((parameter, i): PlannedTensor => {
    const { name, shape } = parameter;
    const { kind, why } = treated[i]!;
    const size = sizeOf(shape);
    const [state, projector] = kept(settings, parameter, kind, active.has(name), bytes, rank);
    const weights = bytes * size;
    return { name, shape, kind, why, weights, gradients: kind === 'frozen' ? 0 : weights, state, projector }; // prettier-ignore
  });
  const sum = (what: 'weights' | 'gradients' | 'state' | 'projector') => tensors.reduce((all, tensor) => all + tensor[what], 0); // prettier-ignore
  const [weights, gradients, state, projector] = [sum('weights'), sum('gradients'), sum('state'), sum('projector')];
  return { tensors, weights, gradients, state, projector, total: weights + gradients + state + projector };
}

const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

/** Bytes of a tensor's state and of its directions. */
function kept(
  settings: Settings,
  parameter: Parameter,
  kind: Kind,
  active: boolean,
  bytes: number,
  rank: number | null,
): readonly [number, number] {
  const moments = (sizes: readonly number[]) => total(sizes.map((n) => settings.states?.bytes(n) ?? bytes * n));
  const matrix = matrixOf(parameter.shape);
  if (kind === 'frozen') return [0, 0];
  if (kind === 'regular') return [moments(settings.regularRule.sizes(matrix)), 0];
  if (rank !== null) {
    const adapters = loraSizes(matrix, rank);
    return kind === 'free' ? [0, 0] : [bytes * total(adapters.moments), bytes * total(adapters.basis)];
  }
  const extra = bytes * total(settings.free.keeps);
  if (kind === 'free') return [extra, 0];
  const { projector } = settings;
  if (projector === null) return [extra + (active ? moments(settings.rule.sizes(matrix)) : 0), 0];
  const count = countOf(settings, parameter, startOf(settings));
  if (count === 0) return [extra, 0];
  return [
    extra + moments(settings.rule.sizes(projector.shape(matrix, count))),
    bytes * total(projector.stores(matrix, count)),
  ];
}

const startOf = ({ rho }: Settings) => (typeof rho === 'number' ? rho : rho.start);

function activeBlocks(settings: Settings, split: readonly Parameter[]): ReadonlySet<string> {
  if (settings.projector !== null) return new Set();
  const units = unitsOf(split.map(({ name }) => name), settings.unit); // prettier-ignore
  const draw = stream(settings.seed, 'frugal', 0);
  const { active } = activeUnits(settings.order, units.length, startOf(settings), 0, draw, settings.round);
  return new Set(active.flatMap((unit) => units[unit]!.map((i) => split[i]!.name)));
}

/**
 * The largest rho, a multiple of 1/64, at which a training stays within a budget.
 * @param options those of `frugal` but `rho`, and `budget` in bytes
 * @throws RangeError for a budget that rho = 0 exceeds, with what the least is
 */
export function fit(
  parameters: readonly Parameter[],
  options: Omit<PlanOptions, 'rho'> & { readonly budget: number },
  dtype: Dtype = 'float32',
): { readonly rho: number; readonly plan: MemoryPlan } {
  requireOptions<PlanOptions & { budget: number }>('fit', options as never, { ...NAMES, method: 1, budget: 1 });
  const { budget, ...rest } = options;
  const least = plan(parameters, { ...rest, rho: 0 }, dtype);
  if (!(budget >= least.total)) {
    throw invalid('fit', 'budget', budget, `at least ${least.total} bytes`, `Weights and gradients alone take ${least.weights + least.gradients}.`); // prettier-ignore
  }
  for (let k = 64; k > 0; k--) {
    let found: MemoryPlan;
    try {
      found = plan(parameters, { ...rest, rho: k / 64 }, dtype);
    } catch (error) {
      // A small rho may leave a small tensor nothing: then the next one does, too.
      if (error instanceof RangeError) break;
      throw error;
    }
    if (found.total <= budget) return { rho: k / 64, plan: found };
  }
  return { rho: 0, plan: least };
}
