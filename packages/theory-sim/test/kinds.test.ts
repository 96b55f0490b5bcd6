import { expect, it } from 'vitest';
import { farDecrease, gridSearch, newton, plFactor } from '../src/index.js';

it.each([undefined, null, 3, 'x'])('%j in place of a record or a function is refused by name', (value) => {
  expect(() => farDecrease(value as never, 1)).toThrow(/^farDecrease: 'constants' is .+; must be an object with c0, c1\. clip/);
  expect(() => plFactor(1, value as never, 1)).toThrow(/^plFactor: 'constants' is .+; must be an object with c0, c1\. clip/);
  expect(() => newton(value as never, [0])).toThrow(/^newton: 'f' is .+; must be an object/);
  expect(() => gridSearch({ a: [1] }, value as never)).toThrow(/^gridSearch: 'score' is .+; must be a function of a point\. It/);
}); // prettier-ignore
