import { describe, expect, it } from 'vitest';
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
    [{ variables: ['x', 'x'] }, "'variables[1]' is 'x'; must be a name that no other variable or parameter has."],
    [{ parameters: { y: 1 } }, "'parameters' is 'y'; must be a name that no other variable or parameter has."],
    [{ parameters: { a: NaN } }, "'parameters.a' is NaN; must be a finite number."],
    [
      { clients: ['x', 'x^^2'] },
      "'clients[1]' is 'x^^2'; must be an expression that mathjs can read. mathjs: Value expected (char 3)",
    ],
    [{ clients: ['x + z'] }, "'clients[0]' is 'x + z'; must be an expression in x, y, a. 'z' is none of them."],
    [
      { clients: ['floor(x)'] },
      "'clients[0]' is 'floor(x)'; must be differentiable in x. mathjs: Cannot process function",
    ],
    [{ clients: ['x > 1 ? x : 1'] }, "'clients[0]' is 'x > 1 ? x : 1'; must be differentiable in x. mathjs:"],
    [{ clients: ['blub(y)'] }, "'clients[0]' is 'blub(y)'; must be differentiable in"],
  ])('names what is wrong: %o', async (wrong, message) => {
    const error = await fromExpressions({ ...given, ...wrong } as Expressions).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toContain(`fromExpressions: ${message}`);
  });

  it('names an expression whose value is not a number', async () => {
    const problem = await fromExpressions({ variables: ['x'], clients: ['true'] });
    expect(() => problem.value!(Float64Array.of(1))).toThrow(
      new RangeError("fromExpressions: 'clients[0]' is 'true'; must be a number. It is a boolean."),
    );
  });
});
