/** The state-full rules by name, with their options. */
import { atLeast, fraction, invalid, oneOf, options, positive } from '@assay-ml/numerics/check';
import { adamMini } from './adam-mini.js';
import { adam } from './adam.js';
import { lion } from './lion.js';
import { muon } from './muon.js';
import type { Rule } from './rule.js';
import { sgdm } from './sgdm.js';

/** State-full rules. */
export type RuleName = 'adam' | 'lion' | 'sgdm' | 'muon' | 'adam-mini';

/** Options of a rule; those of another are refused. */
export interface RuleOptions {
  /** Adam, Adam-mini, Lion: default 0.9. */
  readonly beta1?: number;
  /** Adam, Adam-mini: default 0.999. Lion: 0.99. */
  readonly beta2?: number;
  /** Adam, Adam-mini: default 1e-8. */
  readonly eps?: number;
  /** SGDM: default 0.9. Muon: 0.95. */
  readonly momentum?: number;
  /** SGDM: default 0. */
  readonly dampening?: number;
  /** SGDM: default false. Muon: true. */
  readonly nesterov?: boolean;
}

const NAMES = { beta1: 1, beta2: 1, eps: 1, momentum: 1, dampening: 1, nesterov: 1 };

const RULES: Readonly<
  Record<RuleName, { readonly make: (o: RuleOptions) => Rule; readonly takes: readonly (keyof RuleOptions)[] }>
> = {
  adam: { make: adam, takes: ['beta1', 'beta2', 'eps'] },
  'adam-mini': { make: adamMini, takes: ['beta1', 'beta2', 'eps'] },
  lion: { make: lion, takes: ['beta1', 'beta2'] },
  sgdm: { make: sgdm, takes: ['momentum', 'dampening', 'nesterov'] },
  muon: { make: muon, takes: ['momentum', 'nesterov'] },
};

/** @throws RangeError for a name that is none, or an option that the rule does not have or that is out of range */
export function ruleOf(where: string, name: RuleName, given: RuleOptions = {}): Rule {
  oneOf(where, 'rule', name, Object.keys(RULES) as RuleName[]);
  options<RuleOptions>(where, given, NAMES);
  const { make, takes } = RULES[name];
  for (const [option, value] of Object.entries(given) as [keyof RuleOptions, never][]) {
    if (!takes.includes(option)) {
      throw invalid(where, `ruleOptions.${option}`, value, `left out with '${name}'`, `It takes ${takes.join(', ')}.`);
    }
    if (option === 'eps') positive(where, 'ruleOptions.eps', value, 'Leave it out for 1e-8.');
    else if (option === 'dampening') atLeast(where, 'ruleOptions.dampening', value, 0, 'Leave it out for 0.');
    else if (option !== 'nesterov') fraction(where, `ruleOptions.${option}`, value, 'Leave it out for the default.');
  }
  return make(given);
}
