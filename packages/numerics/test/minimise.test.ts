import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { minimiseInBox } from '../src/index.js';

/** Problems with bounds, and where scipy ends: scripts/box_fixtures.py. */
const { boxes } = JSON.parse(readFileSync(new URL('fixtures/box.json', import.meta.url), 'utf8')) as {
  boxes: { kind: string; A?: number[]; b?: number[]; x0: number[]; low: number; high: number; x: number[]; value: number }[]; // prettier-ignore
};

describe('minimiseInBox', () => {
  it.each(boxes.map((box, k) => ({ ...box, k })))('problem $k, $kind: where scipy’s L-BFGS-B ends', (box) => {
    const n = box.x0.length;
    const rosenbrock = (x: Float64Array, g: Float64Array) => {
      g.fill(0);
      let sum = 0;
      for (let i = 0; i + 1 < n; i++) {
        const t = x[i + 1]! - x[i]! ** 2;
        sum += 100 * t * t + (1 - x[i]!) ** 2;
        g[i]! += -400 * t * x[i]! - 2 * (1 - x[i]!);
        g[i + 1]! += 200 * t;
      }
      return sum;
    };
    const quadratic = (x: Float64Array, g: Float64Array) => {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        let row = 0;
        for (let j = 0; j < n; j++) row += box.A![i * n + j]! * x[j]!;
        g[i] = row - box.b![i]!;
        sum += x[i]! * (row / 2 - box.b![i]!);
      }
      return sum;
    };
    const found = minimiseInBox(box.kind === 'rosenbrock' ? rosenbrock : quadratic, Float64Array.from(box.x0), {
      lower: new Float64Array(n).fill(box.low),
      upper: new Float64Array(n).fill(box.high),
      ftol: 1e-15,
      gtol: 1e-9,
    });
    expect(found.value).toBeLessThanOrEqual(box.value + 1e-8 * Math.max(1, Math.abs(box.value)));
    found.x.forEach((x, i) => {
      expect(x).toBeCloseTo(box.x[i]!, 4);
      expect(x).toBeGreaterThanOrEqual(box.low);
      expect(x).toBeLessThanOrEqual(box.high);
    });
  });

  it('refuses a start where the function is not finite', () => {
    expect(() => minimiseInBox(() => NaN, new Float64Array(1))).toThrow(/'evaluate\(x0\)' is NaN; must be finite/);
  });
});
