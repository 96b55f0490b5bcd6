import type { EvalFunction, MathJsInstance, MathNode } from 'mathjs';
import { requireOptions } from '@assay-ml/numerics/check';
import { invalid } from './check.js';
import type { Problem } from './problem.js';
import { reduce } from './reduce.js';

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

/** Operators of an expression, as mathjs calls them. */
const OPERATORS = ['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'];

/**
 * What an expression may call: what mathjs has a derivative of that is right wherever the function itself is a number. Not
 * `acoth`, whose derivative has the wrong sign there.
 */
const SMOOTH = [
  ...['exp', 'log', 'log10', 'sqrt', 'pow', 'sin', 'cos', 'tan', 'sec', 'csc', 'cot'],
  ...['asin', 'acos', 'atan', 'asec', 'acsc', 'acot', 'sinh', 'cosh', 'tanh', 'sech', 'csch', 'coth'],
  ...['asinh', 'acosh', 'atanh', 'asech', 'acsch'],
];

/** What has a kink or a jump. */
const KINKED = [
  'ConditionalNode',
  'abs',
  'max',
  'min',
  'sign',
  'floor',
  'ceil',
  'round',
  'fix',
  'mod',
  'hypot',
  'norm',
  'cbrt',
  'nthRoot',
];

/** mathjs, once it was asked for. */
let engine: Promise<MathJsInstance> | undefined;

async function load(): Promise<MathJsInstance> {
  const { create, all } = await import('mathjs/number');
  // Its rules for 0 and 1 are to hold for these alone, not for numbers near them.
  return create(all!, { relTol: Number.MIN_VALUE, absTol: 0 });
}

/**
 * The exact problem f = (1/n) Σ f_i of objectives written as text, with gradients by the symbolic derivatives of mathjs,
 * which is loaded at the first call. Everything is compiled once. Elementary functions are the engine's own, so unlike
 * the families the last bits may differ between engines.
 *
 * An expression is made of numbers, variables, parameters, constants such as pi, the operators + - * / ^ and the functions
 * exp, log (also `log(x, base)`), log10, sqrt, pow, the trigonometric and the hyperbolic ones and their inverses. A variable
 * or parameter goes before what mathjs calls by its name.
 * @returns a problem with d = number of variables and n = number of clients, `value` and exact gradients
 * @throws RangeError naming the variable, parameter or expression that is wrong: one that cannot be read, is empty, or has in
 *   it an unknown name or anything else than the above, say a function with a kink
 * @example
 * const problem = await fromExpressions({
 *   variables: ['x', 'y'],
 *   clients: ['a*x^2 + cos(y)', 'x^2 + a*y^2 - x'],
 *   parameters: { a: 0.5 },
 * });
 */
export async function fromExpressions(expressions: Expressions): Promise<Problem> {
  const where = 'fromExpressions';
  requireOptions<Expressions>(where, expressions, { name: 1, variables: 1, clients: 1, parameters: 1 });
  const { name, variables, clients, parameters = {} } = expressions;
  const math = await (engine ??= load());
  const d = nonEmpty(where, 'variables', variables, 'name');
  const n = nonEmpty(where, 'clients', clients, 'expression');
  /** What a name stands for: a variable by a name that nothing else has, or a number. */
  const meanings = new Map<string, MathNode>();
  const declare = (option: string, symbol: string, meaning: MathNode): void => {
    if (!isName(math, symbol)) {
      throw invalid(
        where,
        option,
        symbol,
        'a name: letters and digits',
        'Words of mathjs, as Infinity and true, are none.',
      );
    }
    if (meanings.has(symbol)) throw invalid(where, option, symbol, 'a name that no other variable or parameter has');
    meanings.set(symbol, meaning);
  };
  const coordinates = Array.from({ length: d }, (_, j) => `x_${j}`);
  variables.forEach((variable, j) => declare(`variables[${j}]`, variable, new math.SymbolNode(coordinates[j]!)));
  for (const [parameter, value] of Object.entries(parameters)) {
    declare('parameters', parameter, new math.ConstantNode(value));
    if (!Number.isFinite(value)) throw invalid(where, `parameters.${parameter}`, value, 'a finite number');
  }
  const attempt = <T>(client: number, allowed: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw invalid(where, `clients[${client}]`, clients[client], allowed, `mathjs: ${(error as Error).message}`);
    }
  };
  const refused = (client: number, todo: string): RangeError =>
    invalid(
      where,
      `clients[${client}]`,
      clients[client],
      'made of numbers, names, + - * / ^ and smooth functions',
      todo,
    );
  /** The expression with names replaced by what they stand for. */
  const resolved = (node: MathNode, client: number): MathNode => {
    const inner = (child: MathNode): MathNode => resolved(child, client);
    if (math.isParenthesisNode(node)) return inner(node.content);
    if (math.isConstantNode(node)) {
      if (Number.isFinite(node.value)) return node;
      throw refused(client, node.value === undefined ? 'It is empty.' : `${node.toString()} is no finite number.`);
    }
    if (math.isSymbolNode(node)) {
      const meaning = meanings.get(node.name);
      // A node of its own: the product rule of mathjs tells factors apart by identity.
      if (meaning) return meaning.clone();
      const constant: unknown = (math as unknown as Record<string, unknown>)[node.name];
      if (Number.isFinite(constant)) return new math.ConstantNode(constant as number);
      const known = [...meanings.keys()].join(', ');
      throw invalid(where, `clients[${client}]`, clients[client], `an expression in ${known}`, `'${node.name}' is none of them.`); // prettier-ignore
    }
    if (math.isOperatorNode(node) && OPERATORS.includes(node.fn)) {
      return new math.OperatorNode(node.op, node.fn, node.args.map(inner));
    }
    if (math.isFunctionNode(node) && SMOOTH.includes(node.fn.name)) {
      const args = node.args.map(inner);
      // mathjs takes the natural logarithm where the base is 0 or NaN.
      return node.fn.name === 'log' && args.length === 2
        ? new math.OperatorNode('/', 'divide', args.map((arg) => new math.FunctionNode('log', [arg]))) // prettier-ignore
        : new math.FunctionNode(node.fn.name, args);
    }
    const called = math.isFunctionNode(node) ? node.fn.name : math.isOperatorNode(node) ? node.fn : node.type;
    throw refused(
      client,
      KINKED.includes(called)
        ? `'${called}' has no derivative everywhere: smooth it, as sqrt(x^2 + 1e-6) does |x|.`
        : `'${called}' is none of them. The functions are ${SMOOTH.join(', ')}.`,
    );
  };
  const scope = new Map<string, number>(coordinates.map((coordinate) => [coordinate, 0]));
  const compiled = (node: MathNode, client: number): EvalFunction => {
    const code = reduce(math, node).compile();
    attempt(client, 'an expression that mathjs can evaluate', () => code.evaluate(scope));
    return code;
  };
  const values: EvalFunction[] = [];
  const slopes: EvalFunction[][] = [];
  clients.forEach((text, i) => {
    if (typeof text !== 'string') throw invalid(where, `clients[${i}]`, text, 'a text');
    const node = resolved(
      attempt(i, 'an expression that mathjs can read', () => math.parse(text)),
      i,
    );
    values.push(compiled(node, i));
    slopes.push(
      variables.map((variable, j) =>
        compiled(
          attempt(i, `differentiable in ${variable}`, () =>
            math.derivative(node, coordinates[j]!, { simplify: false }),
          ),
          i,
        ),
      ),
    );
  });
  const at = (x: Float64Array): void => {
    for (let j = 0; j < d; j++) scope.set(coordinates[j]!, x[j]!);
  };
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    at(x);
    for (let j = 0; j < d; j++) out[j] = slopes[client]![j]!.evaluate(scope) as number;
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
      return values.reduce((sum, value) => sum + (value.evaluate(scope) as number) / n, 0);
    },
  };
}

function nonEmpty(where: string, option: string, list: readonly string[], what: string): number {
  if (!Array.isArray(list) || list.length === 0) throw invalid(where, option, list, `an array of at least one ${what}`);
  return list.length;
}

function isName(math: MathJsInstance, symbol: string): boolean {
  try {
    const node = math.parse(symbol);
    return math.isSymbolNode(node) && node.name === symbol;
  } catch {
    return false;
  }
}
