import type { MathJsInstance, MathNode } from 'mathjs';

/**
 * An expression with what is a number computed, and with the sums and products that 0 and 1 leave as they are, or 0, taken
 * out: symbolic derivatives are full of them. One pass; mathjs's own `simplify` takes minutes on twenty terms, and takes
 * numbers near 0 for 0.
 */
export function reduce(math: MathJsInstance, node: MathNode): MathNode {
  const is = (part: MathNode, value: number): boolean => math.isConstantNode(part) && part.value === value;
  const number = (value: number): MathNode => new math.ConstantNode(value);
  const visit = (before: MathNode): MathNode => {
    const part = before.map(visit);
    if (!math.isOperatorNode(part) && !math.isFunctionNode(part)) return part;
    if (part.args.every(math.isConstantNode)) return number(part.evaluate() as number);
    if (!math.isOperatorNode(part) || part.args.length !== 2) return part;
    const [a, b] = part.args as [MathNode, MathNode];
    switch (part.fn as string) {
      case 'add':
        return is(a, 0) ? b : is(b, 0) ? a : part;
      case 'subtract':
        return is(a, 0) ? new math.OperatorNode('-', 'unaryMinus', [b]) : is(b, 0) ? a : part;
      case 'multiply':
        return is(a, 0) || is(b, 0) ? number(0) : is(a, 1) ? b : is(b, 1) ? a : part;
      case 'divide':
        return is(a, 0) ? number(0) : is(b, 1) ? a : part;
      case 'pow':
        return is(b, 0) ? number(1) : is(b, 1) ? a : part;
      default:
        return part;
    }
  };
  return visit(node);
}
