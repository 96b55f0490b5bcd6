/**
 * Which rate applies and which method it favours (spec §4.1, §4.5).
 *
 * The rates are big-O: their hidden constants are unknown and taken as 1, so a lead by a small factor means little. Where
 * constants are estimates, that is lower bounds, every one of them is put at its value and at `inflation` times it, in all
 * combinations; a method is predicted only if it wins in each.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import { checkObject, invalid, positive } from './check.js';
import type { Estimate } from './estimate/estimate.js';
import type { MethodName } from './methods/options.js';
import type { Constants } from './problem.js';
import { checkBudget, checkConstants, gap, type Budget } from './theory/constants.js';
import { rateBound, rateNeeds, type Rate, type RateCase } from './theory/rates.js';
import { theoreticalStepsize } from './theory/stepsize.js';

/** The constants, each known (a number, Infinity where not bounded) or estimated. Δ is needed. */
export type AdviseConstants = { readonly [Name in keyof Constants]: Constants[Name] | Estimate };

/** Options of `advise`. */
export interface AdviseOptions extends Budget {
  /**
   * How far the supremum may lie above an estimate, as a factor ≥ 1. Default 2 (ours: where suprema are known, at d ≤ 20,
   * estimates reached 0.9 of them).
   */
  readonly inflation?: number;
}

/** One of LocalSGD's four rates. */
export interface CaseAdvice {
  readonly rateCase: RateCase;
  /** True when every constant it needs is finite. */
  readonly applies: boolean;
  /** The constants it needs that are not bounded. */
  readonly unbounded: readonly (keyof Constants)[];
  /** At the constants as given. */
  readonly rate: Rate;
}

/** A method's rate. */
export interface MethodAdvice {
  readonly method: MethodName;
  /** At the constants as given, estimates at their value; LocalSGD's is the smallest of its rates that apply. */
  readonly rate: number;
  /** With every estimate `inflation` times as large. */
  readonly inflatedRate: number;
  /** `theoreticalStepsize` at the inflated constants; null where the theory has none. */
  readonly eta: number | null;
}

/** What `advise` returns: plain data. */
export interface Advice {
  /** The method with the smallest rate; of equal rates the one that is simplest and sends least. */
  readonly winner: MethodName | 'not decided';
  /** The methods that win somewhere within the uncertainty of the constants; more than one where nothing is decided. */
  readonly candidates: readonly MethodName[];
  /** The smallest ratio of the next best rate to the winner's; 1 for a tie or where nothing is decided. */
  readonly lead: number;
  /** The case of LocalSGD's smallest rate; null where none applies. */
  readonly rateCase: RateCase | null;
  readonly cases: readonly CaseAdvice[];
  /** In the order of the rate. */
  readonly methods: readonly MethodAdvice[];
  /** The same in words, a line an entry, to print. */
  readonly text: readonly string[];
}

/** Simplest and cheapest first: SCAFFOLD sends twice as much as the others. */
const METHODS = ['minibatchSgd', 'localSgd', 'scaffold'] as const;
const CASES = [0, 1, 2, 3] as const;
const SYMBOLS: Record<keyof Constants, string> = {
  L: 'L',
  zeta: 'ζ',
  zetaBar: 'ζ̄',
  delta: 'δ',
  rho: 'ρ',
  M: 'M',
  sigma: 'σ',
  Delta: 'Δ',
};
/** Rates closer than this are equal: they differ by the order of a sum. */
const TIE = 1 + 1e-9;

/**
 * Says which of LocalSGD's rates apply, the rate of each method and the method they favour.
 *
 * Where it misleads: hidden constants may turn a small lead (in the README's 24 comparisons three came out the other way, all
 * at leads below 1.25); an estimate speaks for its ball only, so a dissimilarity that is not bounded outside looks finite;
 * SCAFFOLD's rate is proved for quadratics alone.
 * @param constants of the problem, with `Delta`; `{ ...estimateConstants(…), sigma, Delta }` where they are not known
 * @param options K, R and n, and how uncertain estimates are
 * @throws RangeError naming the constant or option that is wrong
 */
export function advise(constants: AdviseConstants, options: AdviseOptions): Advice {
  const where = 'advise';
  checkObject(where, 'constants', constants);
  requireOptions<AdviseOptions>(where, options, { K: 1, R: 1, n: 1, inflation: 1 });
  const inflation = positive(where, 'inflation', options.inflation ?? 2);
  if (inflation < 1) throw invalid(where, 'inflation', inflation, 'at least 1', 'Estimates are lower bounds.');
  checkBudget(where, options);
  const names = Object.keys(SYMBOLS) as (keyof Constants)[];
  const estimated = names.filter((name) => isEstimate(constants[name]));
  /** The constants with some estimates inflated. */
  const at = (inflated: readonly (keyof Constants)[]): Constants => {
    const entries = names.map((name) => {
      const known = constants[name];
      return [name, isEstimate(known) ? known.value * (inflated.includes(name) ? inflation : 1) : known];
    });
    return Object.fromEntries(entries) as Constants;
  };
  const given = at([]);
  checkConstants(where, given);
  gap(where, given);

  const localRates = (k: Constants): Rate[] => CASES.map((c) => rateBound('localSgd', c, k, options));
  const rates = (k: Constants): Record<MethodName, number> => ({
    minibatchSgd: rateBound('minibatchSgd', null, k, options).value,
    localSgd: Math.min(...localRates(k).map(({ value }) => value)),
    scaffold: rateBound('scaffold', null, k, options).value,
  });
  const winners = new Set<MethodName>();
  let lead = Infinity;
  for (let corner = 0; corner < 2 ** estimated.length; corner++) {
    const here = rates(at(estimated.filter((_, bit) => (corner >> bit) % 2 === 1)));
    const best = Math.min(...METHODS.map((method) => here[method]));
    // Without any rate every method is as good a guess.
    if (best === Infinity) METHODS.forEach((method) => winners.add(method));
    const winner = METHODS.find((method) => here[method] <= best * TIE)!;
    winners.add(winner);
    const next = Math.min(...METHODS.filter((method) => method !== winner).map((method) => here[method]));
    lead = Math.min(lead, next > best * TIE ? next / best : 1);
  }
  const candidates = METHODS.filter((method) => winners.has(method));
  const winner = candidates.length === 1 ? candidates[0]! : 'not decided';

  const cases = localRates(given).map((rate, c): CaseAdvice => {
    const rateCase = CASES[c]!;
    const unbounded = rateNeeds[rateCase].filter((name) => given[name] === Infinity);
    return { rateCase, applies: unbounded.length === 0, unbounded, rate };
  });
  const applicable = cases.filter(({ applies }) => applies).sort((a, b) => a.rate.value - b.rate.value);
  const high = at(estimated);
  const [low, inflated] = [rates(given), rates(high)];
  const methods = METHODS.map((method) => ({
    method,
    rate: low[method],
    inflatedRate: inflated[method],
    eta: stepsize(method, high, options),
  })).sort((a, b) => a.rate - b.rate);
  const advice = {
    winner,
    candidates,
    lead: winner === 'not decided' ? 1 : lead,
    rateCase: applicable[0]?.rateCase ?? null,
    cases,
    methods,
  } as const;
  return { ...advice, text: words(advice, estimated, inflation) };
}

function isEstimate(constant: number | Estimate | undefined): constant is Estimate {
  return typeof constant === 'object' && constant !== null;
}

/** The theory's step size, or null where a constant it needs is not bounded. */
function stepsize(method: MethodName, constants: Constants, budget: Budget): number | null {
  const needs = { minibatchSgd: ['sigma'], localSgd: ['sigma', ...rateNeeds[3]], scaffold: rateNeeds.scaffold }[method];
  const bounded = needs.every((name) => constants[name as keyof Constants] !== Infinity);
  return bounded ? theoreticalStepsize(method, constants, budget) : null;
}

function words(
  { winner, candidates, lead, rateCase, cases, methods }: Omit<Advice, 'text'>,
  estimated: readonly (keyof Constants)[],
  inflation: number,
): string[] {
  const list = (names: readonly (keyof Constants)[]): string => names.map((name) => SYMBOLS[name]).join(', ');
  const number = (value: number): string => (value === Infinity ? 'no bound' : value.toPrecision(3));
  return [
    ...cases.map(({ rateCase: c, applies, unbounded, rate }) =>
      applies
        ? `LocalSGD case ${c} applies: ${number(rate.value)}${c === rateCase ? ', its smallest rate' : ''}`
        : `LocalSGD case ${c} does not apply: ${list(unbounded)} not bounded`,
    ),
    ...methods.map(
      ({ method, rate, inflatedRate, eta }) =>
        `${method}: rate ${number(rate)}${inflatedRate > rate ? ` to ${number(inflatedRate)}` : ''}, step size ${eta === null ? 'to be tuned' : number(eta)}`,
    ),
    ...(estimated.length > 0
      ? [`${list(estimated)}: estimates, lower bounds in a ball; taken up to ${inflation} times as large`]
      : []),
    winner === 'not decided'
      ? `not decided: ${candidates.join(' or ')} may win; tune them`
      : `predicted: ${winner}, ${
          lead === 1
            ? 'level with another that is no simpler'
            : lead === Infinity
              ? 'the only one with a rate'
              : `ahead by a factor of ${number(lead)}${lead < 3 ? '; hidden constants may turn so small a lead: tune' : ''}`
        }`,
  ];
}
