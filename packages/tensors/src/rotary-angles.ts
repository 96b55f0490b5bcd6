/** The angles of rotary position embedding. */
import { scalar } from '@assay-ml/numerics';

/** The last ones of each base and size: every layer of a model, and every step, asks for the same. */
const last = new Map<string, { readonly offset: number; readonly angles: Float32Array }>();

/**
 * Cosines and sines, [time, 2, half]: pair i turns by (offset + time) · base^(−i/half) radians.
 * @returns shared; not to be written to
 */
export function anglesOf(time: number, half: number, base: number, offset: number): Float32Array {
  const key = `${base} ${half}`;
  const known = last.get(key);
  const from = known ? 2 * half * (offset - known.offset) : -1;
  if (from >= 0 && from + 2 * half * time <= known!.angles.length) {
    return known!.angles.subarray(from, from + 2 * half * time);
  }
  const angles = new Float32Array(2 * half * time);
  for (let i = 0; i < half; i++) {
    const frequency = scalar.pow(base, -i / half);
    for (let t = 0; t < time; t++) {
      const angle = (offset + t) * frequency;
      angles[2 * half * t + i] = scalar.cos(angle);
      angles[2 * half * t + half + i] = scalar.sin(angle);
    }
  }
  last.set(key, { offset, angles });
  return angles;
}
