import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spent } from '../../../vitest.linear.mjs';
import { fromExpressions, localSgd, scaffold, type Expressions } from '../src/index.js';

const given: Expressions = {
  name: 'text',
  variables: ['x', 'y'],
  clients: ['a*x^2 + cos(y)', 'x^2/(1 + x^2) + a*y^2 - x*y', 'log(1 + exp(-x)) + pi*y'],
  parameters: { a: 0.5 },
};
const at = Float64Array.of(0.7, -1.2);

describe('fromExpressions', () => {
  it('has the gradients and the value of the text', async () => {
    const problem = await fromExpressions(given);
    expect(problem).toMatchObject({ name: 'text', n: 3, d: 2, exact: true });
    const [x, y] = at as unknown as [number, number];
    const expected = [
      [x, -Math.sin(y)],
      [(2 * x) / (1 + x ** 2) ** 2 - y, y - x],
      [-1 / (1 + Math.exp(x)), Math.PI],
    ];
    const out = new Float64Array(2);
    expected.forEach((slopes, client) => {
      problem.grad(client, at, out, undefined as never);
      slopes.forEach((slope, j) => expect(out[j]).toBeCloseTo(slope, 14));
      problem.clientGrad!(client, at, out);
      slopes.forEach((slope, j) => expect(out[j]).toBeCloseTo(slope, 14));
    });
    const f =
      0.5 * x ** 2 +
      Math.cos(y) +
      x ** 2 / (1 + x ** 2) +
      0.5 * y ** 2 -
      x * y +
      Math.log(1 + Math.exp(-x)) +
      Math.PI * y;
    expect(problem.value!(at)).toBeCloseTo(f / 3, 14);
  });

  it('runs as the same problem in code does', async () => {
    const text = await fromExpressions({
      variables: ['u', 'v'],
      clients: ['(l*u^2 + v^2)/2 + 0.3*u', '(l*u^2 + v^2)/2 - 0.3*u'],
      parameters: { l: 0.1 },
    });
    const code = {
      n: 2,
      d: 2,
      exact: true as const,
      grad(client: number, x: Float64Array, out: Float64Array) {
        out[0] = 0.1 * x[0]! + (client === 0 ? 0.3 : -0.3);
        out[1] = x[1]!;
      },
    };
    const options = { eta: 0.4, K: 3, R: 10, x0: [3, 3], metrics: true };
    scaffold(text, options).x.forEach((v, j) => expect(v).toBeCloseTo(scaffold(code, options).x[j]!, 13));
    localSgd(text, options).history!.forEach(({ gradientNorm2 }, r) =>
      expect(gradientNorm2).toBeCloseTo(localSgd(code, options).history![r]!.gradientNorm2, 13),
    );
  });

  it('lets a variable or a parameter be called as a constant of mathjs is', async () => {
    const problem = await fromExpressions({ variables: ['e'], clients: ['tau*e^2'], parameters: { tau: 3 } });
    const out = new Float64Array(1);
    problem.clientGrad!(0, Float64Array.of(2), out);
    expect(out[0]).toBe(12);
  });

  it('gives a gradient that is no number outside its domain to the method, which names it', async () => {
    const problem = await fromExpressions({ variables: ['x'], clients: ['sqrt(x)'] });
    expect(() => localSgd(problem, { eta: 1, K: 1, R: 1, x0: [-1] })).toThrow(
      'localSgd: the gradient of client 0 is NaN in round 0, local step 0',
    );
  });

  it.each([
    [{ variables: [] }, "'variables' is []; must be an array of at least one name."],
    [{ clients: [] }, "'clients' is []; must be an array of at least one expression."],
    [{ clients: 'x' }, "'clients' is 'x'; must be an array of at least one expression."],
    [{ variables: ['x', '2y'] }, "'variables[1]' is '2y'; must be a name: letters and digits."],
    ...['Infinity', 'true', 'a b', 'x#', '', 'x;'].map((name): [object, string] => [
      { variables: [name] },
      `'variables[0]' is '${name}'; must be a name: letters and digits. Words of mathjs, as Infinity and true, are none.`,
    ]),
    [{ variables: ['x', 'x'] }, "'variables[1]' is 'x'; must be a name that no other variable or parameter has."],
    [{ parameters: { y: 1 } }, "'parameters' is 'y'; must be a name that no other variable or parameter has."],
    [{ parameters: { a: NaN } }, "'parameters.a' is NaN; must be a finite number."],
    [
      { clients: ['x', 'x^^2'] },
      "'clients[1]' is 'x^^2'; must be an expression that mathjs can read. mathjs: Value expected (char 3)",
    ],
    [{ clients: ['x + z'] }, "'clients[0]' is 'x + z'; must be an expression in x, y, a. 'z' is none of them."],
    [
      { clients: ['log(x, 2, 3)'] },
      "'clients[0]' is 'log(x, 2, 3)'; must be an expression that mathjs can evaluate. mathjs: Too many arguments",
    ],
    [{ clients: ['x^'] }, "'clients[0]' is 'x^'; must be an expression that mathjs can read. mathjs: Unexpected end"],
    [{ clients: [3] }, "'clients[0]' is 3; must be a text."],
    [
      { clents: ['x'] },
      "'clents' is no option; must be one of name, variables, clients, parameters. Did you mean 'clients'?",
    ],
  ])('names what is wrong: %o', async (wrong, message) => {
    const error = await fromExpressions({ ...given, ...wrong } as Expressions).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toContain(`fromExpressions: ${message}`);
  });

  describe('O2: refuses what is no differentiable number, at construction', () => {
    const smooth = 'must be made of numbers, names, + - * / ^ and smooth functions.';
    const kink = (name: string) => `'${name}' has no derivative everywhere: smooth it, as sqrt(x^2 + 1e-6) does |x|.`;
    it.each([
      ['', 'It is empty.'],
      ['#x', 'It is empty.'],
      ['"abc"', '"abc" is no finite number.'],
      ['true', 'true is no finite number.'],
      ['x + NaN', 'NaN is no finite number.'],
      ['x + 1e999', 'Infinity is no finite number.'],
      ['null', 'null is no finite number.'],
      ['random()*x', "'random' is none of them. The functions are exp, log, log10, sqrt, pow,"],
      ['x^2+foo(2)', "'foo' is none of them."],
      ['x(2)', "'x' is none of them."],
      ["x'", "'ctranspose' is none of them."],
      ['x .* x', "'dotMultiply' is none of them."],
      ['x!', "'factorial' is none of them."],
      ['x = 2', "'AssignmentNode' is none of them."],
      ['x; x', "'BlockNode' is none of them."],
      ['[x, 1]', "'ArrayNode' is none of them."],
      ['x > 1', "'larger' is none of them."],
      ['acoth(x)', "'acoth' is none of them."],
      ['add(x, 1)', "'add' is none of them."],
      ['floor(x)', kink('floor')],
      ['abs(x)', kink('abs')],
      ['max(x, 0)', kink('max')],
      ['x % 2', kink('mod')],
      ['cbrt(x)', kink('cbrt')],
      ['x > 1 ? x : 1', kink('ConditionalNode')],
    ])('%j', async (text, why) => {
      const error = await fromExpressions({ variables: ['x'], clients: ['x', text] }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(RangeError);
      const { message } = error as Error;
      expect(message).toContain(`fromExpressions: 'clients[1]' is '${text}'; ${smooth} ${why}`);
    });

    it.each(['i', 'version', 'toString', '__proto__'])('no finite constant is called %s', async (name) => {
      const read = fromExpressions({ variables: ['x'], clients: [`x + ${name}`] });
      await expect(read).rejects.toThrow(`must be an expression in x. '${name}' is none of them.`);
    });
  });

  // Names that mathjs gives a meaning of its own.
  const names = ['e', 'pi', 'i', 'E', 'tau', 'phi', 'log', 'exp', 'sin', 'x', 'derivative', 'x_0', 'x_1'];
  const leaf = (variables: readonly string[]) =>
    fc.oneof(fc.constantFrom(...variables, 'LN2'), fc.constantFrom('2', '0.5', '1', '0', '1e-3', '(1+1e-13)'));
  const tree = (variables: readonly string[]) =>
    fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        leaf(variables),
        fc
          .tuple(fc.constantFrom('+', '-', '*', '/', '^'), tie('node'), tie('node'))
          .map(([op, a, b]) => `(${a} ${op} ${b})`),
        fc
          .tuple(
            fc.constantFrom('sin', 'tan', 'log', 'exp', 'sqrt', 'atan', 'tanh', 'asinh', 'sech', 'acot', 'log10'),
            tie('node'),
          )
          .map(([f, a]) => `${f}(${a})`),
        fc.tuple(tie('node'), tie('node')).map(([a, b]) => `log(${a}, ${b})`),
        tie('node').map((a) => `(-${a})`),
      ),
    })).node;

  it('O1: the gradient is that of its own value, whatever variables and parameters are called', async () => {
    const out = new Float64Array(2);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc
          .shuffledSubarray(names, { minLength: 3, maxLength: 3 })
          .chain((three) => fc.tuple(fc.constant(three), tree(three))),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.oneof(fc.constantFrom(-1, 0, 1, 2), fc.double({ min: 0.1, max: 2, noNaN: true })),
        async ([[u, v, p], text], a, b, c) => {
          const problem = await fromExpressions({
            variables: [u!, v!],
            clients: [text],
            parameters: { [p!]: c },
          });
          problem.clientGrad!(0, Float64Array.of(a, b), out);
          for (const j of [0, 1]) {
            // Outside the domain, which the methods name.
            if (!Number.isFinite(out[j])) continue;
            const along = (h: number) => problem.value!(Float64Array.of(a + (1 - j) * h, b + j * h));
            const difference = (h: number) => (along(h) - along(-h)) / (2 * h);
            // Of order 6; where two widths disagree, a difference tells nothing: near a pole, or where rounding makes stairs
            // of the value, as in log(x, (1+1e-13)^x).
            const order6 = (h: number) => 1.5 * difference(h) - 0.6 * difference(2 * h) + 0.1 * difference(3 * h);
            const [slope, wider] = [order6(1e-3), order6(1e-2)];
            const scale = Math.max(1e-6, Math.abs(slope), Math.abs(along(0)));
            if (!(Math.abs(slope - wider) < 5e-7 * scale)) continue;
            compared++;
            expect(Math.abs(out[j]! - slope)).toBeLessThan(1e-6 * scale);
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(300);
  });

  it.each([
    'exp',
    'log',
    'log10',
    'sqrt',
    'sin',
    'cos',
    'tan',
    'sec',
    'csc',
    'cot',
    'asin',
    'acos',
    'atan',
    'asec',
    'acsc',
    'acot',
    'sinh',
    'cosh',
    'tanh',
    'sech',
    'csch',
    'coth',
    'asinh',
    'acosh',
    'atanh',
    'asech',
    'acsch',
  ])('O1: the derivative of %s is that of its value, on both sides of 0 and 1', async (name) => {
    const problem = await fromExpressions({ variables: ['x'], clients: [`${name}(x)`] });
    const out = new Float64Array(1);
    let compared = 0;
    for (const x of [-2.3, -1.4, -0.7, -0.2, 0.3, 0.6, 1.2, 1.7, 2.6]) {
      const value = problem.value!(Float64Array.of(x));
      problem.clientGrad!(0, Float64Array.of(x), out);
      if (Number.isNaN(value)) continue;
      compared++;
      const difference = (h: number) =>
        (problem.value!(Float64Array.of(x + h)) - problem.value!(Float64Array.of(x - h))) / (2 * h);
      expect(out[0]).toBeCloseTo((4 * difference(1e-4) - difference(2e-4)) / 3, 8);
    }
    expect(compared).toBeGreaterThan(1);
  });

  it('O1: a parameter called e is the parameter: the run ends at its minimum', async () => {
    const problem = await fromExpressions({
      variables: ['x'],
      clients: ['0.5*x^2 + x*log(e)'],
      parameters: { e: 0.5 },
    });
    expect(localSgd(problem, { eta: 0.5, K: 1, R: 100, x0: [0] }).x[0]).toBeCloseTo(Math.LN2, 12);
  });

  it('O1: small numbers are not 0, and exponents near 1 not 1', async () => {
    const problem = await fromExpressions({
      variables: ['x'],
      clients: ['1e-17*x^2', 'a*x^2', '1e20*(x^(1 + 4e-13) - x)'],
      parameters: { a: 1e-200 },
    });
    const slope = (client: number) => {
      const out = new Float64Array(1);
      problem.clientGrad!(client, Float64Array.of(3), out);
      return out[0];
    };
    expect(slope(0)).toBe(6e-17);
    expect(slope(1)).toBe(6e-200);
    expect(slope(2)! / (4e7 * (1 + Math.log(3)))).toBeCloseTo(1, 2);
  });

  it('O1: an exponent of 0 or 1 by parameter has no pole', async () => {
    const problem = await fromExpressions({ variables: ['x'], clients: ['x^p', 'x^q'], parameters: { p: 0, q: 1 } });
    const out = new Float64Array(1);
    problem.clientGrad!(0, Float64Array.of(0), out);
    expect(out[0]).toBe(0);
    problem.clientGrad!(1, Float64Array.of(0), out);
    expect(out[0]).toBe(1);
  });

  it('O1: builds 22 terms in 20 variables in much less than the 46 seconds it took', async () => {
    const variables = Array.from({ length: 20 }, (_, i) => `x${i}`);
    const terms = variables.map((x, i) => `a*(${x} - ${i / 10})^2/(1 + ${x}^2)`);
    const from = spent();
    await fromExpressions({
      variables,
      clients: [[...terms, 'sin(x0*x1)', 'log(1 + exp(-x2 + x3))'].join(' + ')],
      parameters: { a: 0.5 },
    });
    expect(spent() - from).toBeLessThan(5000);
  });
});
