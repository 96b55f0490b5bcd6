/** Every method of the table in the paper's notation, written out one by one and without sharing: what `update` must equal. */

export interface Constants {
  readonly gamma: number;
  readonly b0: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eta: number;
  readonly level: number;
}

/** x_0, …, x_T along the gradients g_0, …, g_{T−1}; one b for all coordinates. */
export function reference(
  name: string,
  c: Constants,
  x0: readonly number[],
  gradients: readonly (readonly number[])[],
): number[][] {
  // prettier-ignore
  let x = [...x0];
  let m = x.map(() => 0);
  let b2 = c.b0 ** 2;
  const path = [x];
  for (const raw of gradients) {
    const norm = Math.hypot(...raw);
    const g = name.startsWith('Clip-') && norm > c.level ? raw.map((v) => (v / norm) * c.level) : raw;
    const g2 = g.reduce((sum, v) => sum + v * v, 0);
    m = m.map((v, j) => c.beta1 * v + (1 - c.beta1) * g[j]!);
    const before = Math.sqrt(b2);
    switch (name.replace('Clip-', '').replace('D-', '-')) {
      case 'AdaGrad-Norm':
      case 'M-AdaGrad-Norm':
        b2 += g2;
        break;
      case 'RAdaGrad-Norm':
        b2 += c.eta * g2;
        break;
      case 'Adam-Norm':
        b2 = c.beta2 * b2 + (1 - c.beta2) * g2;
        break;
    }
    const b = /D-Norm$/.test(name) ? before : Math.sqrt(b2);
    const direction = /M-|Adam/.test(name) ? m : g;
    x = x.map((v, j) => v - (name.endsWith('SGD') ? c.gamma * g[j]! : (c.gamma * direction[j]!) / b));
    path.push(x);
  }
  return path;
}
