/** Which tensors are split, which keep the whole state, and which are left alone. */
import { atLeast, invalid, oneOf, options } from '@assay-ml/numerics/check';
import { matrixOf, type Parameter } from './method.js';

/** What a tensor is part of. */
export type Part = 'linear' | 'embedding' | 'norm' | 'output' | 'bias';
/** All parts. */
const PARTS: readonly Part[] = ['linear', 'embedding', 'norm', 'output', 'bias'];

/** `projectable`: split; `regular`: all of it has state; `free`: none of it has; `frozen`: not trained. */
export type Kind = 'projectable' | 'regular' | 'free' | 'frozen';

/** Tensors that are treated otherwise than their part says. */
export interface Group {
  /** A regular expression that is looked for in names; the first group that fits takes a tensor. */
  readonly match: string;
  readonly kind?: Kind;
  /** Multiplies the rate. Default 1. */
  readonly rateScale?: number;
  /** In place of the method's. */
  readonly weightDecay?: number;
}

const ROLES: Readonly<Record<string, Part>> = {
  ...{ kernel: 'linear', bias: 'bias', classifier: 'output', output: 'output', 'classifier-bias': 'bias' },
  ...{ embedding: 'embedding', 'norm-scale': 'norm', 'norm-offset': 'norm' },
};

/** The part of a tensor, by its role, else by its name, else by its shape, with the reason in words. */
function partOf({ name, shape, role }: Parameter): { readonly part: Part; readonly why: string } {
  const byRole = role === undefined ? undefined : ROLES[role];
  if (byRole) return { part: byRole, why: `its role is ${role}` };
  const found = /embed/i.exec(name) ?? /norm/i.exec(name) ?? /lm_head|output_layer|classifier|logits/i.exec(name);
  if (found) {
    const [word] = found;
    const part = /embed/i.test(word) ? 'embedding' : /norm/i.test(word) ? 'norm' : 'output';
    return { part, why: `its name holds '${word}'` };
  }
  const [rows] = matrixOf(shape);
  return shape.length >= 2 && rows > 1
    ? { part: 'linear', why: `its shape is [${shape.join(', ')}]` }
    : { part: 'bias', why: `its shape, [${shape.join(', ')}], is no matrix` };
}

/** How one tensor is treated. */
export interface Treatment {
  readonly kind: Kind;
  readonly rateScale: number;
  readonly weightDecay: number | null;
  readonly why: string;
}

function isPattern(text: unknown): boolean {
  try {
    return typeof text === 'string' && new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** @throws RangeError for a group that is none */
export function checkGroups(where: string, groups: readonly Group[], project: readonly Part[]): void {
  for (const part of project) oneOf(where, 'project', part, PARTS);
  for (const group of groups) {
    options<Group>(where, group, { match: 1, kind: 1, rateScale: 1, weightDecay: 1 });
    if (!isPattern(group.match)) throw invalid(where, 'groups.match', group.match, 'the text of a regular expression', "Say 'query|value'."); // prettier-ignore
    oneOf(where, 'groups.kind', group.kind ?? 'regular', ['projectable', 'regular', 'free', 'frozen']);
    atLeast(where, 'groups.rateScale', group.rateScale ?? 1, 0, 'Leave it out for 1.');
    atLeast(where, 'groups.weightDecay', group.weightDecay ?? 0, 0, 'Leave it out for that of the method.');
  }
}

/** How a tensor is treated, and why. */
export function treatmentOf(parameter: Parameter, project: readonly Part[], groups: readonly Group[]): Treatment {
  const group = groups.find(({ match }) => new RegExp(match).test(parameter.name));
  const { part, why } = partOf(parameter);
  const byPart: Kind = project.includes(part) ? 'projectable' : 'regular';
  return {
    kind: group?.kind ?? byPart,
    rateScale: group?.rateScale ?? 1,
    weightDecay: group?.weightDecay ?? null,
    why: group?.kind ? `the group '${group.match}' takes it` : `${part}: ${why}`,
  };
}
