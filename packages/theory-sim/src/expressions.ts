import type { EvalFunction, MathNode } from 'mathjs';
import { invalid } from './check.js';
import type { Problem } from './problem.js';

/** A finite sum written as text. */
export interface Expressions {
  /** Name of the problem, part of the random key of noise that is added to it. Default 'problem'. */
  readonly name?: string;
  /** Names of the coordinates of x, in their order. */
  readonly variables: readonly string[];
  /** f_i of each client: an expression in numbers, in the syntax of mathjs. */
  readonly clients: readonly string[];
  /** Values of the other names in the expressions. */
  readonly parameters?: Readonly<Record<string, number>>;
}

/**
 * The exact problem f = (1/n) Σ f_i of objectives written as text, with gradients by the symbolic derivatives of mathjs,
 * which is loaded at the first call. Everything is compiled once. Elementary functions are the engine's own, so unlike
 * the families the last bits may differ between engines.
 * @returns a problem with d = number of variables and n = number of clients, `value` and exact gradients
 * @throws RangeError naming the variable, parameter or expression that is wrong: one that cannot be read, uses an unknown
 *   name or has no symbolic derivative; when called, for an expression whose value is not a number
 * @example
 * const problem = await fromExpressions({
 *   variables: ['x', 'y'],
 *   clients: ['a*x^2 + cos(y)', 'x^2 + a*y^2 - x'],
 *   parameters: { a: 0.5 },
 * });
 */
export async function fromExpressions({ name, variables, clients, parameters = {} }: Expressions): Promise<Problem> {
  const where = 'fromExpressions';
  const math = await import('mathjs/number');
  const d = nonEmpty(where, 'variables', variables, 'name');
  const n = nonEmpty(where, 'clients', clients, 'expression');
  // Values by name: variables are set before each evaluation.
  const scope = new Map<string, number>();
  const declare = (option: string, symbol: string, value: number): void => {
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(symbol)) throw invalid(where, option, symbol, 'a name: letters and digits');
    if (scope.has(symbol)) throw invalid(where, option, symbol, 'a name that no other variable or parameter has');
    scope.set(symbol, value);
  };
  variables.forEach((variable, j) => declare(`variables[${j}]`, variable, 0));
  for (const [parameter, value] of Object.entries(parameters)) {
    declare('parameters', parameter, value);
    if (!Number.isFinite(value)) throw invalid(where, `parameters.${parameter}`, value, 'a finite number');
  }
  const attempt = <T>(client: number, allowed: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw invalid(where, `clients[${client}]`, clients[client], allowed, `mathjs: ${(error as Error).message}`);
    }
  };
  const values: EvalFunction[] = [];
  const slopes: EvalFunction[][] = [];
  clients.forEach((text, i) => {
    const node = attempt(i, 'an expression that mathjs can read', () => math.parse(text));
    const unknown = symbols(node).find((symbol) => !scope.has(symbol) && typeof constant(math, symbol) !== 'number');
    if (unknown !== undefined) {
      const known = [...scope.keys()].join(', ');
      throw invalid(where, `clients[${i}]`, text, `an expression in ${known}`, `'${unknown}' is none of them.`);
    }
    values.push(node.compile());
    slopes.push(
      variables.map((variable) =>
        attempt(i, `differentiable in ${variable}`, () => math.derivative(node, variable)).compile(),
      ),
    );
  });
  const at = (x: Float64Array): void => {
    for (let j = 0; j < d; j++) scope.set(variables[j]!, x[j]!);
  };
  const number = (compiled: EvalFunction, client: number): number => {
    const value: unknown = compiled.evaluate(scope);
    if (typeof value !== 'number') {
      throw invalid(where, `clients[${client}]`, clients[client], 'a number', `It is a ${typeof value}.`);
    }
    return value;
  };
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    at(x);
    for (let j = 0; j < d; j++) out[j] = number(slopes[client]![j]!, client);
  };
  return {
    ...(name === undefined ? {} : { name }),
    n,
    d,
    exact: true,
    grad: clientGrad,
    clientGrad,
    value(x) {
      at(x);
      return values.reduce((sum, value, client) => sum + number(value, client) / n, 0);
    },
  };
}

function nonEmpty(where: string, option: string, list: readonly string[], what: string): number {
  if (!Array.isArray(list) || list.length === 0) throw invalid(where, option, list, `an array of at least one ${what}`);
  return list.length;
}

/** Names in an expression, without those of functions. */
function symbols(node: MathNode): string[] {
  const found: string[] = [];
  node.traverse((part, path) => {
    if (part.type === 'SymbolNode' && path !== 'fn') found.push((part as MathNode & { name: string }).name);
  });
  return found;
}

/** What mathjs exports by a name: a number for pi, e and its like. */
function constant(math: object, name: string): unknown {
  return (math as Record<string, unknown>)[name];
}
